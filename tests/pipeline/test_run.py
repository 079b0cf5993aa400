"""Pipelines from a file to records: the same again, parts of it, killed, and side by side."""

from __future__ import annotations

import os
import shutil
import signal
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dcgan_eval import load_results
from dcgan_eval.core import CacheWarning, DoesNotFitError, SettingsError
from dcgan_eval.pipeline import Options, dry_run_lines, make_plan, pipeline_from, run_pipeline
from dcgan_eval.pipeline import executors as executors_module
from dcgan_eval.pipeline import run as run_module
from dcgan_eval.pipeline.provenance import Run
from tests.make.commands import finish, start
from tests.make.pipelines import PIPELINE, outcomes

DRAWS = {"kind": "few_labels", "per_class": 5, "draws": 12, "selection_draws": 2}
DRAWS |= {"validation": 200, "grid": [0.01, 0.1], "extend": False}


def run(folder: Path, results: str = "results", **changes: Any) -> list[Any]:
    options = {"cache": folder / "cache", "results": folder / results}
    options |= {
        name: changes.pop(name) for name in ("only", "limit", "overwrite") if name in changes
    }
    return run_pipeline(pipeline_from({**PIPELINE, **changes}), Options(**options))


@pytest.mark.slow
def test_a_pipeline_leaves_a_record_a_representation(tmp_path: Path) -> None:
    records = run(tmp_path)
    assert [one.outcome.representation.kind for one in records] == ["pixels", "network", "network"]
    frame = load_results(tmp_path / "results")
    assert frame["record"].nunique() == 3
    for record in records:
        predictions = np.load(next((tmp_path / "results").glob(f"*{record.id[:12]}.pred*.npz")))
        accuracy = 100 * (predictions["values"][0] == predictions["targets"]).mean()
        assert record.outcome.headline.value == pytest.approx(accuracy)
        assert predictions["scores"].shape == (*predictions["values"].shape, 10)
        same = predictions["scores"].argmax(axis=2) == predictions["values"]
        assert same.mean() > 0.99
        assert record.run.seconds.keys() == {"features", "protocol"}
        assert record.run.cpu_seconds.keys() == record.run.seconds.keys()
        assert all(seconds > 0 for seconds in record.run.cpu_seconds.values())
    # Of the machine before all rows: what the first row does is none of the second's load.
    assert len({record.run.load for record in records}) == 1


@pytest.mark.slow
def test_what_is_done_is_read_and_not_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(tmp_path)
    before = outcomes(tmp_path / "results")

    def refused(*arguments: object) -> None:
        raise AssertionError("a finished job was run again")

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "run_job", refused)
        assert [one.id for one in run(tmp_path)] == [one.id for one in first]
        with pytest.raises(AssertionError, match="run again"):
            run(tmp_path, overwrite="always")
    # The same again, with the cache and without it.
    run(tmp_path, overwrite="always")
    assert outcomes(tmp_path / "results") == before
    shutil.rmtree(tmp_path / "cache")
    run(tmp_path, results="again")
    assert outcomes(tmp_path / "again") == before


@pytest.mark.slow
def test_machines_share_the_jobs(tmp_path: Path) -> None:
    shares = [{one.id for one in run(tmp_path, only=(i, 2))} for i in (1, 2)]
    assert [len(share) for share in shares] == [2, 1]
    assert shares[0] | shares[1] == {one.id for one in run(tmp_path)}


@pytest.mark.slow
def test_a_smoke_run_is_marked_and_has_every_class(tmp_path: Path) -> None:
    protocol = {"kind": "full_labels", "grid": [0.1]}
    pixels = [{"kind": "pixels"}]
    (record,) = run(tmp_path, limit=60, representations=pixels, protocol=protocol)
    assert record.outcome.data.subset == "limit"
    assert record.outcome.data.train.size == 60
    (whole,) = run(tmp_path, representations=pixels, protocol=protocol)
    assert whole.id != record.id
    assert whole.outcome.data.subset is None


@pytest.mark.slow
def test_a_dry_run_says_what_will_be_done(tmp_path: Path) -> None:
    pipeline = pipeline_from(PIPELINE)
    options = Options(tmp_path / "cache")
    before = dry_run_lines(make_plan(pipeline, options), tmp_path / "results")
    assert len(before) == 4
    assert all("to do" in line and "not cached" in line for line in before[1:])
    assert "64 columns" in before[1]
    assert not (tmp_path / "results").exists()
    run(tmp_path)
    after = dry_run_lines(make_plan(pipeline, options), tmp_path / "results")
    assert all("done" in line and "not cached" not in line for line in after[1:])


def test_more_memory_than_there_is_is_refused_with_both_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors_module, "available_memory", lambda: 1_000_000)
    with pytest.raises(DoesNotFitError, match=r"needs about \d.* GB of memory, 0.0 GB are"):
        run(tmp_path)
    assert not list((tmp_path / "results").iterdir())


def test_warnings_of_a_phase_that_fails_are_told() -> None:
    run = Run("command", {}, "cpu", None)
    with (
        pytest.warns(CacheWarning, match="before the failure"),
        pytest.raises(ValueError, match="the failure"),
        run.phase("features"),
    ):
        warnings.warn("before the failure", CacheWarning, stacklevel=1)
        raise ValueError("the failure")
    assert run.warnings == ["before the failure"] and "features" in run.seconds


def test_the_same_representation_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="are the same representation; remove one"):
        run(tmp_path, representations=[{"kind": "pixels"}, {"kind": "pixels", "name": "again"}])


@pytest.mark.slow
def test_more_draws_compute_only_the_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = [{"kind": "pixels"}]
    few = run(tmp_path, representations=pixels, protocol={**DRAWS, "draws": 10})[0]
    journal = next((tmp_path / "cache" / "journals").iterdir())
    before = {path.name: path.stat().st_mtime_ns for path in journal.iterdir()}
    more = run(tmp_path, representations=pixels, protocol={**DRAWS, "draws": 20})[0]
    after = {path.name: path.stat().st_mtime_ns for path in journal.iterdir()}
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 10
    assert few.id != more.id
    assert more.outcome.repeats[:10] == few.outcome.repeats


def test_what_a_kill_left_goes_though_no_unit_is_computed(tmp_path: Path) -> None:
    """It was writing a draw that is fitted with others, and that this run does not need."""
    changes: dict[str, Any] = {"representations": [{"kind": "pixels"}], "protocol": DRAWS}
    run(tmp_path, "first", **changes)
    (units,) = (tmp_path / "cache" / "journals").iterdir()
    left = units / ".dcgan-eval-killed.tmp"
    left.write_bytes(b"half")
    kept = {path: path.stat().st_mtime_ns for path in units.glob("*.npz")}
    run(tmp_path, "second", **changes)
    assert {path: path.stat().st_mtime_ns for path in units.glob("*")} == kept


@pytest.mark.system
def test_ended_by_a_batch_system_the_same_command_goes_on(tmp_path: Path) -> None:
    protocol = {**DRAWS, "draws": 40}
    values = {**PIPELINE, "representations": [{"kind": "pixels"}], "protocol": protocol}
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(values))

    def command(name: str) -> list[str]:
        return ["run", "p.yaml", "--cache", f"cache-{name}", "--results", name]

    assert finish(start(command("whole"), tmp_path)).code == 0
    process = start(command("killed"), tmp_path)
    journals = tmp_path / "cache-killed" / "journals"
    while process.poll() is None and len(list(journals.glob("*/*"))) < 12:
        time.sleep(0.005)
    assert process.poll() is None, "it was finished before it could be killed"
    os.kill(process.pid, signal.SIGTERM)
    assert finish(process).code != 0
    assert not list((tmp_path / "killed").glob("*.json"))
    kept = {path: path.stat().st_mtime_ns for path in journals.glob("*/[!.]*")}
    assert finish(start(command("killed"), tmp_path)).code == 0
    again = {path for path, written in kept.items() if path.stat().st_mtime_ns != written}
    # The draws that are fitted together with the one in hand are computed again, no others.
    assert len(again) < 10 <= len(kept) - len(again)
    assert outcomes(tmp_path / "killed") == outcomes(tmp_path / "whole")


@pytest.mark.system
def test_two_processes_share_cache_and_results(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(PIPELINE))
    command = ["run", "p.yaml", "--cache", "cache"]
    processes = [start(command, tmp_path) for _ in range(2)]
    assert [finish(process).code for process in processes] == [0, 0]
    assert (
        finish(start(["run", "p.yaml", "--cache", "other", "--results", "alone"], tmp_path)).code
        == 0
    )
    assert len(outcomes(tmp_path / "alone")) == 3
    assert outcomes(tmp_path / "results") == outcomes(tmp_path / "alone")


@pytest.mark.slow
def test_item_groups_are_part_of_what_decides_the_outcome(tmp_path: Path) -> None:
    """The same images with and without groups are two experiments."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        for label in "ab":
            folder = tmp_path / "own" / part / label
            folder.mkdir(parents=True)
            for number in range(40):
                pixels = rng.integers(0, 255, (6, 6), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"photo{number // 4}_{number}.png")
    protocol = {"kind": "few_labels", "per_class": 2, "draws": 2, "selection_draws": 2}
    protocol |= {"validation": 20, "grid": [0.1]}
    data = {"name": "own", "root": str(tmp_path)}
    grouped = {**data, "item_groups": r"photo(\d+)"}
    pixels = [{"kind": "pixels"}]
    one = run(tmp_path, data=data, representations=pixels, protocol=protocol)[0]
    other = run(tmp_path, data=grouped, representations=pixels, protocol=protocol)[0]
    assert one.id != other.id
    assert one.outcome.data.train.fingerprint == other.outcome.data.train.fingerprint
    assert len(list((tmp_path / "cache" / "journals").iterdir())) == 2
