"""Nothing that was published or cached changes unsaid: see `making`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.net import making

pytestmark = pytest.mark.slow


def fixture(name: str) -> Any:
    return json.loads((making.HERE / f"{name}.json").read_text())


RUNS = fixture("runs")
TEXTS = fixture("texts")
OLDER_THAN_GEOMETRY = ("736802098940e7c101c68c139b4cd5e4cafad180b394264e3d0aed37941a08ee",)


def test_every_committed_record_has_the_id_that_it_had() -> None:
    found = making.record_ids()
    assert found == fixture("records")
    for path, record in making.committed():
        assert record.id == found[path]


@pytest.mark.parametrize("folder", sorted(TEXTS))
def test_tables_and_comparisons_of_committed_records(folder: str) -> None:
    found = {name: making.digest(text) for name, text in making.texts(folder)}
    assert found == TEXTS[folder]


@pytest.mark.parametrize("folder", sorted(TEXTS))
def test_reports_of_committed_records(folder: str) -> None:
    assert making.digest(making.report(folder)) == fixture("reports")[folder]


def test_every_folder_with_records_is_held() -> None:
    assert making.folders() == sorted(TEXTS) == sorted(fixture("reports"))


@pytest.mark.parametrize("name", making.AT_HAND)
def test_ids_and_cache_keys_of_pipelines(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(making.REPOSITORY)
    assert making.plans(name) == fixture("plans")[name]


@pytest.fixture(scope="module")
def decoded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that the pipelines of one data set share."""
    return tmp_path_factory.mktemp("decoded")


@pytest.mark.parametrize("name", making.PUBLISHED)
def test_ids_and_cache_keys_of_pipelines_on_published_data(
    name: str, data_root: Path, checkpoint_root: Path, decoded: Path
) -> None:
    held = fixture("plans")[name]
    assert making.plans(name, (data_root,), (checkpoint_root,), decoded) == held
    # What runs today is what was committed; one record of mnist is older than its geometry's place
    # in the id.
    known = {*fixture("records").values(), *(OLDER_THAN_GEOMETRY if name == "mnist" else ())}
    assert {job["id"] for job in held} <= known


@pytest.mark.parametrize("name", sorted(RUNS))
def test_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found, predictions = making.demo(tmp_path) if name == "demo" else making.run(name, tmp_path)
    held = RUNS[name]
    assert found["features"] == held["features"]
    assert [one["id"] for one in found["records"]] == [one["id"] for one in held["records"]]
    with np.load(making.HERE / "predictions.npz") as arrays:
        for one, before in zip(found["records"], held["records"], strict=True):
            assert one["name"] == before["name"]
            assert one["chosen"] == before["chosen"]
            assert [m[0] for m in one["metrics"]] == [m[0] for m in before["metrics"]]
            for metric, as_before in zip(one["metrics"], before["metrics"], strict=True):
                assert metric[1:] == pytest.approx(as_before[1:], abs=1e-6)
            assert np.mean(predictions[one["id"]] == arrays[one["id"]]) >= 0.999
