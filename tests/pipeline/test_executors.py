"""Where units run decides nothing: this process, other processes, any executor."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dcgan_eval.core import CacheWarning, SettingsError, WorkError
from dcgan_eval.pipeline import Options, Unit, make_plan, pipeline_from, processes, run_pipeline
from dcgan_eval.pipeline import run as run_module
from dcgan_eval.pipeline.executors import Serial, free_memory
from tests.make.pipelines import PIPELINE, outcomes

pytestmark = pytest.mark.slow

ROWS: list[dict[str, Any]] = [
    {"kind": "pixels"},
    {"kind": "network", "network": "dcgan8", "batch_norm": "dataset", "ablate": ["each"]},
    {"kind": "network", "network": "dcgan8", "name": "two", "seeds": 2, "batch_norm": "batch"},
]


@pytest.fixture(scope="module")
def two() -> Iterator[ProcessPoolExecutor]:
    with processes(2) as pool:
        yield pool


def run(folder: Path, name: str, executor: Executor | None = None, **changes: Any) -> list[Any]:
    options = Options(cache=folder / f"cache {name}", results=folder / name)
    values = {**PIPELINE, "representations": ROWS, **changes}
    return run_pipeline(pipeline_from(values), options, executor=executor)


def test_two_processes_give_the_bytes_of_one(tmp_path: Path, two: ProcessPoolExecutor) -> None:
    here = run(tmp_path, "here")
    there = run(tmp_path, "there", two)
    assert [one.id for one in here] == [one.id for one in there]
    assert len(here) == 1 + 4 + 2
    assert outcomes(tmp_path / "here") == outcomes(tmp_path / "there")
    for kind in ("features", "journals"):
        names = [
            sorted(
                p.name for p in (tmp_path / f"cache {n}" / kind).iterdir() if p.suffix != ".lock"
            )
            for n in ("here", "there")
        ]
        assert names[0] == names[1]
    # What one began another goes on with: everything is done, whoever asks.
    again = run_pipeline(
        pipeline_from({**PIPELINE, "representations": ROWS}),
        Options(cache=tmp_path / "cache here", results=tmp_path / "here"),
        executor=two,
    )
    assert again == here


@pytest.mark.parametrize("protocol", ["few_labels", "nearest_samples", "supervised"])
def test_every_protocol_in_other_processes(
    tmp_path: Path, two: ProcessPoolExecutor, protocol: str
) -> None:
    from tests.net.making import RUNS

    changes = {"generators": None, "representations": None, **RUNS[protocol]}
    if changes["generators"]:
        changes["generators"] = [{"kind": "real"}, {"kind": "deformed"}]
    for name, executor in (("here", None), ("there", two)):
        run(tmp_path, name, executor, **changes)
    assert outcomes(tmp_path / "here") == outcomes(tmp_path / "there")


def test_a_unit_is_small_and_loads_only_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dcgan_eval.subjects.kinds import network

    made: list[int] = []
    original = network.random_encoder

    def counted(name: str, options: Any, seed: int, initialisation: Any) -> Any:
        made.append(seed)
        return original(name, options, seed, initialisation)

    monkeypatch.setattr(network, "random_encoder", counted)
    pipeline = pipeline_from({**PIPELINE, "representations": [{**ROWS[2], "seeds": 5}]})
    plan = make_plan(pipeline, Options(tmp_path, only=(2, 3)))
    assert plan.units == (Unit(0, 1), Unit(0, 4)) and not made
    assert [job.subject.seed for job in plan.jobs(plan.units[1])] == [4]
    assert made == [4]


def test_a_process_of_an_earlier_run_makes_its_plan_anew(
    tmp_path: Path, two: ProcessPoolExecutor
) -> None:
    """The same settings, and between two runs another file under the same name."""
    rng = np.random.default_rng(0)
    found = []
    for brightness in (0, 60):
        arrays = {"x_train": 60, "x_test": 30}
        images = {k: rng.integers(0, 99, (n, 8, 8), np.uint8) for k, n in arrays.items()}
        labels = {k.replace("x", "y"): np.arange(n) % 3 for k, n in arrays.items()}
        for name, values in images.items():
            values += (brightness * labels[name.replace("x", "y")]).astype(np.uint8)[:, None, None]
        np.savez(tmp_path / "own.npz", **images, **labels)
        (record,) = run(
            tmp_path,
            "own",
            two,
            data={"name": "own", "root": str(tmp_path)},
            representations=ROWS[:1],
            protocol={"kind": "full_labels", "grid": [1e-3]},
        )
        found.append(record)
    assert found[0].id != found[1].id
    assert found[0].outcome.headline.value < found[1].outcome.headline.value


def test_processes_share_the_machine(two: ProcessPoolExecutor) -> None:
    assert two.submit(free_memory).result() < 0.75 * free_memory()
    # Bits of what is trained depend on the number of threads: it is the same everywhere.
    assert two.submit(torch.get_num_threads).result() == torch.get_num_threads()
    with pytest.raises(SettingsError, match=r"processes: 0 with \d+ threads: expected at least 1"):
        processes(0)
    with processes(1, threads=1) as one:
        assert one.submit(torch.get_num_threads).result() == 1


def test_warnings_of_a_unit_are_given_where_it_was_asked_for(
    tmp_path: Path, two: ProcessPoolExecutor
) -> None:
    rows = [{"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}]
    for name, executor in (("here", None), ("there", two)):
        run(tmp_path, name, executor, representations=rows)
        for values in (tmp_path / f"cache {name}" / "features").glob("*/values.bin"):
            content = bytearray(values.read_bytes())
            content[-100] ^= 1
            values.write_bytes(content)
        for path in (tmp_path / name).glob("*.json"):
            path.unlink()
        with pytest.warns(CacheWarning, match="damaged block") as told:
            (record,) = run(tmp_path, name, executor, representations=rows)
        assert {str(one.message) for one in told} == set(record.run.warnings)


def test_the_first_failure_ends_what_has_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Unit] = []
    original = run_module.run_unit

    def failing(run: str, pipeline: Any, options: Any, unit: Unit, progress: Any) -> Any:
        begun.append(unit)
        if unit.row == 1:
            raise WorkError("broken")
        finished = original(run, pipeline, options, unit, progress)
        told = run_module.Told("of the first", CacheWarning, __file__, 1)
        return finished._replace(told=[told])

    monkeypatch.setattr(run_module, "run_unit", failing)
    for executor in (None, Serial()):
        begun.clear()
        with (
            pytest.warns(CacheWarning, match="of the first"),
            pytest.raises(WorkError, match="brok"),
        ):
            run(tmp_path, "failed", executor)
        assert begun == [Unit(0, 0), Unit(1, 0)]


def test_a_bad_checkpoint_is_told_before_any_work_here_and_in_one_line_elsewhere(
    tmp_path: Path, two: ProcessPoolExecutor
) -> None:
    (tmp_path / "bad.pth").write_bytes(b"nothing")
    rows = [{"kind": "pixels"}, {"kind": "checkpoint", "path": str(tmp_path / "bad.pth")}]
    for name, executor in (("here", None), ("there", two)):
        with pytest.raises(ValueError, match=r"bad.pth: not a whole PyTorch file"):
            run(tmp_path, name, executor, representations=rows)
    assert not list((tmp_path / "here").glob("*.json"))


def test_twins_are_refused_here_and_elsewhere(tmp_path: Path, two: ProcessPoolExecutor) -> None:
    rows = [{"kind": "pixels"}, {"kind": "pixels", "name": "again"}]
    for name, executor in (("here", None), ("there", two)):
        with pytest.raises(SettingsError, match="are the same representation; remove one"):
            run(tmp_path, name, executor, representations=rows)


@pytest.mark.system
def test_a_process_that_dies_is_one_line(tmp_path: Path) -> None:
    with processes(1) as pool, warnings.catch_warnings():
        pool.submit(os.getpid).result()
        pool.submit(os._exit, 9)
        with pytest.raises(WorkError, match="a process that ran a unit ended"):
            run(tmp_path, "killed", pool, representations=ROWS[:1])
    run(tmp_path, "killed", representations=ROWS[:1])
    run(tmp_path, "whole", representations=ROWS[:1])
    assert outcomes(tmp_path / "killed") == outcomes(tmp_path / "whole")
