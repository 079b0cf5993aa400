"""Processes that are killed in the middle of a protocol, and the same command again."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.make.commands import finish, start

pytestmark = pytest.mark.system

FEW = {
    "representations": [{"kind": "pixels"}],
    "protocol": {
        "kind": "few_labels",
        "per_class": 4,
        "grid": [1e-4, 1e-3],
        "extend": False,
        "selection_draws": 20,
        "draws": 30,
        "validation": 300,
    },
}
TRIALS = {
    "representations": [{"kind": "architecture", "network": "dcgan8"}],
    "protocol": {
        "kind": "supervised",
        "per_class": 10,
        "validation": 200,
        "trials": 5,
        "rungs": [1],
        "kept": [2],
        "epochs": 2,
    },
}

SAMPLES = {
    "generators": [{"kind": "deformed"}],
    "protocol": {
        "kind": "nearest_samples",
        "rungs": [200, 600],
        "seeds": 2,
        "compared": 100,
        "block": 128,
    },
}

# Tells every unit that is finished; before the one behind `last` the process kills itself.
KILLER = """
import os, signal, sys
from dcgan_eval.records import Journal
put, told = Journal.put, []
def killing(self, key, arrays):
    if key == "devices":  # what is noted beside the units
        return put(self, key, arrays)
    if len(told) == {last}:
        os.kill(os.getpid(), signal.SIGKILL)
    put(self, key, arrays)
    told.append(key)
    print("unit:" + key, file=sys.stderr, flush=True)
Journal.put = killing
"""


def run(folder: Path, results: str, last: int) -> tuple[int, list[str], str]:
    """Run the pipeline in a process: exit status, finished units, what was said."""
    code = KILLER.format(last=last)
    arguments = ["run", "pipeline.yaml", "--results", results]
    ended = finish(start(arguments, folder, code=code))
    lines = ended.err.splitlines()
    return ended.code, [line for line in lines if line.startswith("unit:")], ended.err


def outcome(folder: Path) -> dict[str, bytes]:
    """What running again must give byte for byte."""
    found = {path.name: path.read_bytes() for path in folder.glob("*.npz")}
    (record,) = folder.glob("*.json")
    found[record.name] = json.dumps(json.loads(record.read_text())["outcome"]).encode()
    assert len(found) == 3
    return found


# Seven processes, each of which imports torch.
@pytest.mark.parametrize(
    # Units of few_labels: 20 selection draws, 30 draws, ten at a time. Of the trials: a state and
    # an error for each of 5, then of 2, and the test predictions. Of samples: for each seed two
    # rungs, and a state after each of five blocks; and two of training images.
    # Draws that share the lost one's fit are fitted again, and a rung whose state was not written.
    ("values", "kills", "units", "again"),
    [(FEW, [24], 50, 9), (TRIALS, [5, 7], 15, 0), (SAMPLES, [4, 7], 16, 2)],
    ids=["draws", "trials", "samples"],
)
def test_killed_gives_the_same_outcome(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, Any],
    kills: list[int],
    units: int,
    again: int,
) -> None:
    pipeline = {"name": "killed", "data": {"name": "digits"}, "results": "results", **values}
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(pipeline))
    monkeypatch.setenv("DCGAN_EVAL_CACHE", str(tmp_path / "cache-whole"))
    code, whole, said = run(tmp_path, "whole", -1)
    assert code == 0, said
    assert len(whole) == units

    monkeypatch.setenv("DCGAN_EVAL_CACHE", str(tmp_path / "cache"))
    finished: list[str] = []
    for last in kills:
        code, told, said = run(tmp_path, "killed", last)
        assert code == -signal.SIGKILL, said
        assert len(told) == last
        finished += told
        assert not list((tmp_path / "killed").glob("*.json"))
    code, told, said = run(tmp_path, "killed", -1)
    assert code == 0, said
    # What was finished is not computed again.
    assert len(told) + len(finished) - units <= again
    assert set(told) | set(finished) == set(whole)
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "whole")
