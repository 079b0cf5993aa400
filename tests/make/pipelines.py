"""A small pipeline, files of such, and what their runs leave behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

PIPELINE: dict[str, Any] = {
    "name": "small",
    "data": {"name": "digits"},
    "representations": [
        {"kind": "pixels"},
        {"kind": "network", "network": "dcgan8", "batch_norm": "dataset", "seeds": 2},
    ],
    "protocol": {"kind": "full_labels", "train_size": 100, "grid": [0.01, 0.1]},
    "results": "results",
}


def outcomes(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Outcome and predictions of every record of a folder."""
    found = {}
    for path in folder.glob("*.json"):
        record = json.loads(path.read_text())
        beside = path.with_name(path.name.removesuffix(".json") + ".predictions.npz")
        found[record["id"]] = (json.dumps(record["outcome"]), beside.read_bytes())
    return found


def write_pipeline(**changed: Any) -> str:
    """A file in the working folder that evaluates pixels with all labels; keywords replace keys."""
    plain = {"representations": [{"kind": "pixels"}], "protocol": {"kind": "full_labels"}}
    Path("p.yaml").write_text(yaml.safe_dump({**PIPELINE, **plain, **changed}, sort_keys=False))
    return "p.yaml"


def write_row(**keys: Any) -> str:
    """The same of another row."""
    return write_pipeline(representations=[keys])
