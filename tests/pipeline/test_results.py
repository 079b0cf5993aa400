"""`Results`: stored records as one object, from files and from Python."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import dcgan_eval
from dcgan_eval import Results, compare, load_results, read_pipeline, run_pipeline, table
from dcgan_eval.core import DataError, RecordError
from dcgan_eval.data import DataSettings
from dcgan_eval.pipeline import Options, image_finder

PIPELINE: dict[str, Any] = {
    "name": "small",
    "data": {"name": "digits"},
    "representations": [
        {"kind": "pixels"},
        {"kind": "network", "network": "dcgan8", "batch_norm": "dataset", "seeds": 2},
    ],
    "protocol": {"kind": "full_labels", "train_size": 100, "grid": [0.01]},
    "results": "results",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with a pipeline in it."""
    place = tmp_path_factory.mktemp("results")
    (place / "p.yaml").write_text(yaml.safe_dump(PIPELINE))
    return place


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    """The pipeline's results, run by its path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DCGAN_EVAL_CACHE", str(folder / "cache"))
        return run_pipeline("p.yaml")


def test_a_path_is_a_pipeline(folder: Path, results: Results) -> None:
    assert read_pipeline(str(folder / "p.yaml")) == read_pipeline(folder / "p.yaml")
    assert (folder / "cache" / "features").is_dir()
    assert len(results) == 3 and results.folders == (Path("results"),)
    assert repr(results) == "<Results: 3 records in results>"
    again = run_pipeline(
        read_pipeline(folder / "p.yaml"), Options(folder / "cache", results=folder / "results")
    )
    assert [one.record for one in again] == [one.record for one in results]


def test_everything_that_is_stored_can_be_asked(
    folder: Path, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    stored = folder / "results"
    assert results.table() == table([stored]) == table(results)
    assert results.table("csv", view="representations", sort="name") == table(
        [stored], "csv", sort="name"
    )
    # Seeds of one method are one row, as those of a folder are.
    (pair,) = results.compare().pairs
    assert pair.sentence == compare(stored).pairs[0].sentence == compare(results).pairs[0].sentence
    found, read = results.frame(), load_results(stored)
    assert set(found["record"]) == set(read["record"]) and len(found) == len(read)
    assert results.records[0].predictions() is not None
    page = results.report(folder / "page.html", title="Small")
    text = page.read_text()
    assert page == folder / "page.html" and "Small" in text
    # Test images are found where the data were: those that were most often missed.
    assert "data:image/png" in text
    html = results._repr_html_()
    assert "<table" in html and "3 records in results" in html


@pytest.mark.parametrize("key", ["root", "train", "test", "labels", "item_groups"])
def test_what_only_a_record_names_is_not_opened_nor_searched_for(
    folder: Path, results: Results, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []

    def load(settings: DataSettings, *arguments: Any, **keys: Any) -> Any:
        opened.append(settings)
        raise DataError("not here")

    monkeypatch.setattr("dcgan_eval.pipeline.results.load_images", load)
    record = results[0].record
    said = {"name": "digits", key: "/home/somebody/private"}
    run = record.run.model_copy(update={"settings": {"data": said}})
    stranger = record.model_copy(update={"run": run})
    assert image_finder((), folder / "cache")(stranger, np.arange(3)) is None
    assert [getattr(one, key) for one in opened] == [None]


def test_results_are_joined_and_cut(results: Results) -> None:
    assert [one.id for one in results[1:]] == [one.id for one in results][1:]
    assert isinstance(results[1:], Results)
    joined = results[:2] + results[1:]
    assert [one.id for one in joined] == [one.id for one in results]
    assert sum((results[1:2], results[2:]), results[:1]).records == results.records
    with pytest.raises(TypeError):
        results + 1  # type: ignore[operator]


def test_one_result_is_not_compared(results: Results) -> None:
    with pytest.raises(RecordError, match="1 result given"):
        results[:1].compare()
    assert results[:0]._repr_html_() == "<p>Results: 0 records in memory</p>"


def test_a_record_goes_to_other_processes(results: Results) -> None:
    assert pickle.loads(pickle.dumps(results.records)) == results.records


def test_the_door_is_lazy() -> None:
    assert dcgan_eval.Results is Results
