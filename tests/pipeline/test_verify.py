"""Stored records run again: the same, what differs and by how much, and what cannot be run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from dcgan_eval.core import RecordError
from dcgan_eval.pipeline import Options, Verified, pipeline_from, run_pipeline, verify_records
from dcgan_eval.pipeline import verify as verify_module
from dcgan_eval.records import Record, ResultStore, StoredRecord, read_records
from tests.make.records import sign
from tests.net import making

pytestmark = pytest.mark.slow

NETWORK = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}
PIPELINE: dict[str, Any] = {
    "name": "small",
    "data": {"name": "digits"},
    "representations": [
        {"kind": "pixels"},
        {**NETWORK, "seeds": 2},
        {**NETWORK, "name": "layers", "batch_norm": "batch", "ablate": ["each"]},
    ],
    "protocol": {"kind": "full_labels", "train_size": 100, "grid": [0.01, 0.1]},
    "results": "results",
}


def run(folder: Path, name: str = "results", limit: int | None = None, **changes: Any) -> Path:
    options = Options(
        folder / "cache",
        results=folder / name,
        limit=limit,
        checkpoint_roots=(making.REPOSITORY / "zoo",),
        allow_code=True,
    )
    run_pipeline(pipeline_from({**PIPELINE, **changes}), options)
    return folder / name


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    run(folder)
    return folder


@pytest.fixture
def box(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path


def verified(box: Path, match: str = "*", name: str = "results", **options: Any) -> list[Verified]:
    chosen = Options(box / "cache", **options)
    return list(verify_records([box / name], chosen, match))


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the jobs that are run."""
    names: list[str] = []
    original = verify_module.run_job

    def counted(plan: Any, job: Any, *rest: Any) -> StoredRecord:
        names.append(job.subject.name)
        return original(plan, job, *rest)

    monkeypatch.setattr(verify_module, "run_job", counted)
    return names


def edit(box: Path, change: Callable[[dict[str, Any]], None], match: str = "raw-pixels") -> None:
    """Another record, as a run would have stored it."""
    (path,) = (box / "results").glob(f"{match}.*.json")
    stored = StoredRecord(read(path), path)
    values = stored.record.model_dump(mode="json")
    change(values)
    record = Record.model_validate(values)
    ResultStore(box / "results").save(record, stored.predictions(), stored.exhibits())


def read(path: Path) -> Record:
    (stored,), _ = read_records([path])
    return stored.record


def test_every_record_is_run_again_and_is_the_same(box: Path, jobs: list[str]) -> None:
    before = {path: path.read_bytes() for path in (box / "results").iterdir()}
    journals = sorted((box / "cache" / "journals").rglob("*"))
    found = verified(box)
    assert len(found) == len(jobs) == 1 + 2 + 4
    assert all(one.same and ": same (" in one.line() for one in found)
    # Nothing is left, and nothing of what was there is changed or served.
    assert {path: path.read_bytes() for path in (box / "results").iterdir()} == before
    assert sorted((box / "cache" / "journals").rglob("*")) == journals
    assert not list((box / "cache").rglob("*verified*"))


@pytest.mark.parametrize("match", ["layers, layer2 alone", "*layer2*", "id"])
def test_only_what_matches_is_run_and_no_more_of_its_row(
    match: str, box: Path, jobs: list[str]
) -> None:
    (path,) = (box / "results").glob("layers-layer2-alone.*.json")
    chosen = read(path).id[:10] if match == "id" else match
    (one,) = verified(box, chosen)
    assert one.same and jobs == ["layers, layer2 alone"]


def test_the_new_records_are_kept_where_one_asks_for_them(box: Path, jobs: list[str]) -> None:
    for _ in range(2):  # a finished record there is not served either
        verified(box, "raw*", results=box / "again")
    assert jobs == ["raw pixels"] * 2
    (new,) = ResultStore(box / "again").load()
    assert new.record.outcome == read(next((box / "results").glob("raw-*.json"))).outcome


def test_what_differs_is_told_with_how_much(box: Path) -> None:
    def change(values: dict[str, Any]) -> None:
        values["outcome"]["metrics"][0]["value"] -= 0.5
        values["outcome"]["selection"][0]["chosen"] = 0.3
        values["run"]["environment"]["torch"] = "1.0"

    edit(box, change)
    (one,) = verified(box, "raw*")
    assert not one.same and one.reason is None
    assert one.differs[0].startswith("C ") and one.differs[0].endswith(" chosen, was 0.3")
    assert one.differs[1].startswith("accuracy ") and one.differs[1].endswith("(+0.5)")
    assert "torch: 1.0 in A" in one.line()


def test_a_difference_within_the_tolerances_is_the_same(box: Path) -> None:
    def change(values: dict[str, Any]) -> None:
        values["outcome"]["metrics"][0]["value"] += 4e-7

    edit(box, change)
    (one,) = verified(box, "raw*")
    assert one.same and "same; metrics within 4e-07" in one.line()


@pytest.mark.parametrize(("wrong", "same"), [(1, False), (0, True)])
def test_predictions_are_compared(box: Path, wrong: int, same: bool) -> None:
    (path,) = (box / "results").glob("raw-pixels.*.json")
    stored = StoredRecord(read(path), path)
    predictions = stored.predictions()
    assert predictions is not None
    predictions.values[0, :wrong] = (predictions.values[0, :wrong] + 1) % 10
    ResultStore(box / "results").save(stored.record, predictions, stored.exhibits())
    (one,) = verified(box, "raw*")
    assert one.same == same
    assert ("1 of 360 predictions differ" in one.line()) == (not same)


def test_a_record_from_before_there_were_decision_values_is_the_same(box: Path) -> None:
    (path,) = (box / "results").glob("raw-pixels.*.json")
    stored = StoredRecord(read(path), path)
    predictions = stored.predictions()
    assert predictions is not None and predictions.scores is not None
    without = replace(predictions, scores=None)
    ResultStore(box / "results").save(stored.record, without, stored.exhibits())
    (one,) = verified(box, "raw*")
    assert one.same and ": same (" in one.line()


def test_predictions_that_are_not_there_are_not_the_same(box: Path) -> None:
    next((box / "results").glob("raw-pixels.*.predictions.npz")).unlink()
    found = verified(box, "raw*")
    assert [one.same for one in found] == [False, False]
    assert "no predictions beside it" in found[0].line()
    assert found[1].differs == ("predictions cannot be compared: the record's are not there",)


@pytest.mark.parametrize("name", sorted(making.RUNS))
def test_every_protocol(name: str, tmp_path: Path) -> None:
    changes = {"generators": None, "representations": None, **making.RUNS[name]}
    run(tmp_path, **changes)
    roots = (making.REPOSITORY / "zoo",)
    found = verified(tmp_path, checkpoint_roots=roots, allow_code=True)
    assert found and all(one.same for one in found), [one.line() for one in found]


def test_a_preset_and_a_smoke_run(tmp_path: Path) -> None:
    protocol = {"kind": "few_labels", "preset": "svhn1000", "per_class": 2, "draws": 2}
    protocol |= {"grid": [0.01], "selection_draws": 2, "validation": 20}
    run(tmp_path, limit=60, protocol=protocol, representations=[{"kind": "pixels"}])
    (one,) = verified(tmp_path)
    assert one.same, one.line()


def test_settings_that_past_releases_knew(box: Path) -> None:
    def change(values: dict[str, Any]) -> None:
        values["run"]["settings"]["protocol"]["device"] = "cpu"
        values["run"]["settings"]["protocol"]["probe"]["device"] = "cpu"

    edit(box, change)
    (one,) = verified(box, "raw*")
    assert one.same, one.line()


def cannot(box: Path, fragment: str, match: str = "raw*", **options: Any) -> None:
    (one,) = verified(box, match, **options)
    assert not one.same and one.reason is not None
    assert "cannot be run again: " in one.line() and fragment in one.line()


def test_missing_data(box: Path) -> None:
    def change(values: dict[str, Any]) -> None:
        values["run"]["settings"]["data"]["name"] = "nowhere"

    edit(box, change)
    cannot(box, "nowhere/train: no such data")


def test_other_data_of_the_same_name(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(values: dict[str, Any]) -> None:
        values["run"]["settings"]["data"]["channels"] = "rgb"

    edit(box, change)
    cannot(box, "its pipeline gives another id today: data.train.fingerprint: ")


@pytest.fixture
def trained(tmp_path: Path) -> Iterator[Path]:
    """Two rows of one kind; the checkpoint of the first can be taken away."""
    shutil.copy(making.REPOSITORY / "zoo" / "digits_dcgan8.safetensors", tmp_path / "a.safetensors")
    shutil.copy(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    rows = [
        {"kind": "checkpoint", "path": str(tmp_path / "a.safetensors"), "name": "a"},
        {"kind": "checkpoint", "path": str(tmp_path / "b.safetensors"), "grid": 2, "name": "b"},
    ]
    run(tmp_path, representations=rows)
    yield tmp_path


def test_missing_checkpoints(trained: Path) -> None:
    (trained / "a.safetensors").unlink()
    cannot(trained, "representation.identity.grid: 4 in the record, 2 in today's", "a")
    (one,) = verified(trained, "b")
    assert one.same
    (trained / "b.safetensors").write_bytes(b"nothing")
    cannot(trained, "b.safetensors", "b")
    (trained / "b.safetensors").unlink()
    cannot(trained, "no checkpoint there", "b")


def test_other_weights_in_the_same_file(trained: Path) -> None:
    torch.save(nn.Sequential(nn.Conv2d(1, 2, 3)).state_dict(), trained / "x.pth")
    shutil.move(trained / "x.pth", trained / "b.safetensors")
    (one,) = verified(trained, "b")
    assert not one.same and one.reason


def test_code_is_not_run_unasked(tmp_path: Path) -> None:
    run(tmp_path, **{**making.RUNS["nearest_samples"], "representations": None})
    cannot(tmp_path, "--allow-code", "drawn")


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        (lambda run: run.update(settings={}), "are missing"),
        (lambda run: run["settings"].update(representations="x"), "representations"),
        (lambda run: run["settings"].update(representations=[{}]), "no row of its pipeline"),
        (lambda run: run["settings"].update(dtype=3), "dtype"),
        (lambda run: run["settings"]["representations"][0].update(kin="x"), "unknown key 'kin'"),
    ],
)
def test_settings_of_a_stranger(
    change: Callable[[dict[str, Any]], None], fragment: str, box: Path
) -> None:
    edit(box, lambda values: change(values["run"]))
    cannot(box, fragment)


def test_one_bad_record_does_not_stop_the_others(box: Path) -> None:
    (path,) = (box / "results").glob("raw-pixels.*.json")
    path.write_text(json.dumps({"schema_version": 2}))
    found = verified(box, "layers*")
    assert [one.same for one in found] == [False] + [True] * 4
    assert found[0].line().startswith(f"{path.name}: cannot be run again: ")


def test_what_is_asked_for_is_not_there(box: Path) -> None:
    with pytest.raises(RecordError, match="no record matches 'raw pixel'; did you mean 'raw pix"):
        verified(box, "raw pixel")
    with pytest.raises(RecordError, match="no such record or folder"):
        verified(box, name="absent")


def test_committed_records_say_what_is_missing(tmp_path: Path, data_root: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        (one,) = verify_records(
            [making.RESULTS / "mnist"], Options(tmp_path, data_roots=(data_root,)), "*csinva*"
        )
        assert one.reason is not None and "no checkpoint there" in one.reason


def test_the_record_older_than_its_geometrys_place_in_the_id(
    tmp_path: Path, data_root: Path, checkpoint_root: Path
) -> None:
    (path,) = (making.RESULTS / "mnist").glob("DCGAN-csinva.*.json")
    values = json.loads(path.read_text())
    del values["outcome"]["representation"]["identity"]["geometry"]
    old = tmp_path / f"DCGAN-csinva.{'0' * 12}.json"
    sign(old, {**values, "id": "0" * 64})
    for kind in ("predictions", "exhibits"):
        shutil.copy(path.with_suffix(f".{kind}.npz"), old.with_suffix(f".{kind}.npz"))
    options = Options(tmp_path, data_roots=(data_root,), checkpoint_roots=(checkpoint_root,))
    (one,) = verify_records([old], options)
    assert one.reason is not None
    assert "representation.identity.geometry.input: absent in the record, [28, 28] in" in one.reason
