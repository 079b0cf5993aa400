"""What is told of a run: each job with its number, and what was there before it as such."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dcgan_eval.core import Advance, Silent
from dcgan_eval.pipeline import Options, make_plan, pipeline_from, run_pipeline
from dcgan_eval.records import Journal

pytestmark = pytest.mark.slow

PIXELS = {"kind": "pixels"}
FEW = {"kind": "few_labels", "per_class": 2, "grid": [0.01, 0.1], "extend": False}
WITHIN = {**FEW, "draws": 4, "selection": "within_draw", "folds": 2}
SHARED = {**FEW, "draws": 15, "validation": 200, "selection_draws": 2}
TRIALS = {"kind": "supervised", "per_class": 2, "validation": 100, "trials": 3, "rungs": [1]}
SAMPLES = {"kind": "nearest_samples", "rungs": [200, 600], "seeds": 1, "compared": 50, "block": 128}


class Watched(Silent):
    """Keeps jobs, and of each task what was computed and what was there."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, int, int]] = []
        self.tasks: dict[str, list[int]] = {}

    @contextmanager
    def job(self, name: str, number: int, of: int) -> Iterator[None]:
        self.jobs.append((name, number, of))
        yield

    @contextmanager
    def task(self, what: str, total: int, unit: str) -> Iterator[Advance]:
        found = self.tasks.setdefault(what, [0, 0, 0])
        found[2] += total

        def advance(done: int, *, computed: bool = True) -> None:
            found[0 if computed else 1] += done

        yield advance


class Killed(Exception):
    """What ends a run."""


def run(folder: Path, watched: Watched, **keys: Any) -> None:
    values = {"name": "small", "data": {"name": "digits"}, "results": str(folder / "results")}
    run_pipeline(pipeline_from({**values, **keys}), Options(folder / "cache"), watched)


def test_jobs_are_numbered(tmp_path: Path) -> None:
    """Also where a unit makes several, and where only some units are this process's."""
    network = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset", "ablate": ["each"]}
    keys: dict[str, Any] = {
        "representations": [PIXELS, network],
        "protocol": {"kind": "full_labels", "train_size": 60, "grid": [0.01]},
    }
    watched = Watched()
    run(tmp_path, watched, **keys)
    numbers = [(number, of) for _, number, of in watched.jobs]
    assert len(numbers) > 3 and numbers == [(n, len(numbers)) for n in range(1, len(numbers) + 1)]
    assert watched.jobs[0][0] == "raw pixels"
    assert watched.tasks["features"][1] == 0

    values = {"name": "small", "data": {"name": "digits"}, "results": "r", **keys}
    plan = make_plan(pipeline_from(values), Options(tmp_path / "cache"))
    assert plan.counted(plan.units[1]) == (1, 2)
    plan.jobs(plan.units[1])
    assert plan.counted(plan.units[1]) == (1, len(numbers))


@pytest.mark.parametrize(
    ("what", "after", "computed", "there", "keys"),
    [
        # Of a draw: its folds' errors and its predictions. Two draws are finished.
        ("labelled draws", 4, 2, 2, {"representations": [PIXELS], "protocol": WITHIN}),
        # Ten draws are fitted together, of the selection and then.
        ("labelled draws", 20, 5, 10, {"representations": [PIXELS], "protocol": SHARED}),
        # A state and an error of the first trial.
        (
            "rung 1",
            2,
            2,
            1,
            {
                "representations": [{"kind": "architecture", "network": "dcgan8"}],
                "protocol": {**TRIALS, "kept": [2], "epochs": 1},
            },
        ),
        # The states behind 128, 256 samples, the first rung before the second of them.
        (
            "samples of seed 0",
            3,
            600 - 256,
            256,
            {"generators": [{"kind": "deformed"}], "protocol": SAMPLES},
        ),
    ],
    ids=["within", "shared", "trials", "samples"],
)
def test_what_was_there_before_a_kill_is_told_apart(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    after: int,
    computed: int,
    there: int,
    keys: dict[str, Any],
) -> None:
    put, told = Journal.put, []

    def killing(self: Journal, key: str, values: Any) -> None:
        if key not in ("guard", "devices"):
            told.append(key)
            if len(told) > after:
                raise Killed
        put(self, key, values)

    monkeypatch.setattr(Journal, "put", killing)
    with pytest.raises(Killed):
        run(tmp_path, Watched(), **keys)
    monkeypatch.setattr(Journal, "put", put)
    watched = Watched()
    run(tmp_path, watched, **keys)
    assert watched.tasks[what][:2] == [computed, there], told
    shutil.rmtree(tmp_path / "results")
    again = Watched()
    run(tmp_path, again, **keys)
    assert again.tasks.get(what, [0])[0] == 0
