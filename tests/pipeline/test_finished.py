"""Which stored records are served: whole ones, under today's names."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcgan_eval.core import RecordWarning, Silent
from dcgan_eval.pipeline import Options, dry_run_lines, make_plan, pipeline_from, run_pipeline
from dcgan_eval.pipeline import run as run_module
from dcgan_eval.records import ResultStore
from tests.make.pipelines import PIPELINE, outcomes

pytestmark = pytest.mark.slow

PIXELS = {"representations": [{"kind": "pixels"}]}
CLASSES = [f"digit {i}" for i in range(10)]


class Told(Silent):
    """Progress that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def run(folder: Path, overwrite: str = "never", **changes: Any) -> tuple[Any, list[str]]:
    told = Told()
    options = Options(folder / "cache", results=folder / "results", overwrite=overwrite)
    values = {**PIPELINE, **PIXELS, **changes}
    (record,) = run_pipeline(pipeline_from(values), options, told)
    return record, told.lines


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    run(folder)
    return folder


@pytest.fixture
def box(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path


def stored(folder: Path, what: str = "json") -> Path:
    (path,) = (folder / "results").glob(f"*.{what}")
    return path


def edited(folder: Path) -> None:
    path = stored(folder)
    values = json.loads(path.read_text())
    values["outcome"]["metrics"][0]["value"] += 1.0
    path.write_text(json.dumps(values))


def without_exhibits(folder: Path) -> None:
    """As a protocol's exhibit of another run."""
    np.savez(stored(folder, "exhibits.npz"), x=np.arange(3))


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "json": lambda folder: stored(folder).write_text("{"),
    "edited": edited,
    "no predictions": lambda folder: stored(folder, "predictions.npz").unlink(),
    "truncated predictions": lambda folder: stored(folder, "predictions.npz").write_bytes(b"PK"),
    "no exhibits": lambda folder: stored(folder, "exhibits.npz").unlink(),
    "other exhibits": without_exhibits,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_overwrite_failed_makes_again_what_is_not_whole(damage: str, box: Path) -> None:
    before = outcomes(box / "results")
    files = sorted(path.name for path in (box / "results").iterdir())
    DAMAGES[damage](box)
    plan = make_plan(
        pipeline_from({**PIPELINE, **PIXELS}),
        Options(box / "cache", results=box / "results", overwrite="failed"),
    )
    with pytest.warns(RecordWarning, match="made again"):
        assert "to do" in dry_run_lines(plan, box / "results")[1]
    with pytest.warns(RecordWarning, match="made again"):
        record, lines = run(box, "failed")
    assert not any("done before" in line for line in lines)
    assert outcomes(box / "results") == before
    assert sorted(path.name for path in (box / "results").iterdir()) == files
    found = ResultStore(box / "results").find(record.id)
    assert found is not None
    found.check()
    assert "done before" in run(box, "failed")[1][-1]


def test_a_record_without_digests_is_not_made_again_for_that(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dcgan_eval.records import store

    read = store.read_record
    monkeypatch.setattr(
        store, "read_record", lambda path: read(path).model_copy(update={"digests": {}})
    )
    assert "done before" in run(box, "failed")[1][-1]
    stored(box, "predictions.npz").unlink()
    with pytest.warns(RecordWarning, match="no predictions beside it; made again"):
        run(box, "failed")


@pytest.mark.parametrize("overwrite", ["never", "failed"])
@pytest.mark.parametrize(
    ("changes", "new"),
    [
        ({"representations": [{"kind": "pixels", "name": "shades"}]}, {"name": "shades"}),
        ({"data": {"name": "digits", "class_names": CLASSES}}, {"class_names": CLASSES}),
    ],
)
def test_new_names_reach_the_record_without_computing(
    overwrite: str,
    changes: dict[str, Any],
    new: dict[str, Any],
    box: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = json.loads(stored(box).read_text())

    def refused(*arguments: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(run_module, "run_job", refused)
    record, lines = run(box, overwrite, **changes)
    assert [line for line in lines if "renamed, not computed again" in line] == lines[-1:]
    after = json.loads(stored(box).read_text())
    assert after["id"] == before["id"] == record.id
    part = "representation" if "name" in new else "data"
    assert after["outcome"][part] == {**before["outcome"][part], **new}
    for one in (before, after):
        one["outcome"].pop(part)
    assert {**after["outcome"], "run": after["run"]} == {
        **before["outcome"],
        "run": before["run"],
    }
    (again,) = ResultStore(box / "results").load()
    again.check()
    assert len(list((box / "results").iterdir())) == 3
    assert "done before" in run(box, overwrite, **changes)[1][-1]
    # And back, byte for byte.
    run(box)
    assert json.loads(stored(box).read_text())["digests"] == before["digests"]


def test_a_method_has_a_name_too(tmp_path: Path) -> None:
    row = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}
    one, _ = run(tmp_path, representations=[row])
    other, lines = run(tmp_path, representations=[{**row, "name": "noise"}])
    assert one.id == other.id and other.outcome.representation.method == "noise"
    assert "renamed" in lines[-1]


def test_computed_again_under_a_new_name_it_leaves_no_second_file(box: Path) -> None:
    run(box, "always", representations=[{"kind": "pixels", "name": "shades"}])
    assert stored(box).name.startswith("shades.")
    assert len(list((box / "results").iterdir())) == 3


def test_what_is_not_whole_is_not_renamed(box: Path) -> None:
    stored(box, "predictions.npz").unlink()
    with pytest.warns(RecordWarning, match="not renamed: run again with --overwrite failed"):
        record, _ = run(box, representations=[{"kind": "pixels", "name": "shades"}])
    assert record.outcome.representation.name == "raw pixels"
    assert stored(box).name.startswith("raw-pixels.")
