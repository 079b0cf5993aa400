"""Files of predictions in every form, as other programs leave them."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CLASSES = 10


def draw(items: int = 400, error: float = 0.2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Targets, the same for every seed, and predictions with about this error."""
    targets = np.random.default_rng(9).integers(0, CLASSES, items)
    rng = np.random.default_rng(seed)
    wrong = rng.random(items) < error
    return targets, np.where(wrong, (targets + rng.integers(1, CLASSES, items)) % CLASSES, targets)


def write(path: str | Path, columns: Mapping[str, Sequence[Any] | np.ndarray]) -> Path:
    """Write columns as the file's name says; of .npy the only one."""
    path = Path(path)
    lists = {name: np.asarray(one).tolist() for name, one in columns.items()}
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(lists)
            writer.writerows(zip(*lists.values(), strict=True))
    elif path.suffix == ".jsonl":
        rows = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        pq.write_table(pa.table(lists), path)
    elif path.suffix == ".npz":
        np.savez_compressed(path, **{name: np.asarray(one) for name, one in columns.items()})
    else:
        (only,) = columns.values()
        np.save(path, np.asarray(only))
    return path


def write_log(folder: Path, task: str, right: Mapping[str, Sequence[float]], **more: Any) -> Path:
    """A log of lm-evaluation-harness as it leaves it: each document once for each filter.

    Its form is that of ``EvaluationTracker.save_results_samples``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"samples_{task}_2026-01-16T16-02-26.648276.jsonl"
    lines = []
    for filter, values in right.items():
        for doc, value in enumerate(values):
            line = {
                "doc_id": doc,
                "doc": {"question": f"{doc} + {doc}?", "answer": str(2 * doc)},
                "target": str(2 * doc),
                "arguments": {
                    "gen_args_0": {"arg_0": f"Q: {doc} + {doc}?", "arg_1": {"until": ["\n"]}}
                },
                "resps": [[f" the answer is {2 * doc}."]],
                "filtered_resps": [str(2 * doc)],
                "filter": filter,
                "metrics": ["exact_match"],
                "doc_hash": f"{doc:064x}",
                "prompt_hash": f"{doc + 1:064x}",
                "target_hash": f"{doc + 2:064x}",
                "exact_match": value,
            }
            lines.append(json.dumps({**line, **more}))
    path.write_text("\n".join(lines) + "\n")
    return path
