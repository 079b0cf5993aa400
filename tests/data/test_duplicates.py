"""``dedup``: near-duplicates that a study has found are left out of the training part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcgan_eval.core import DataError, SettingsError, build
from dcgan_eval.data import DataSettings, load_dataset, load_images
from dcgan_eval.pipeline import Options, make_plan, pipeline_from
from tests.make.images import write_duplicates

WHOLE, TEST = load_dataset("digits")
GROUPS = [[3, 17, 900], [5, 6]]


def settings(file: Path | str, **values: Any) -> DataSettings:
    return build(DataSettings, {"name": "digits", "dedup": str(file), **values})


def test_the_first_of_each_group_is_kept(tmp_path: Path) -> None:
    file = write_duplicates(tmp_path / "found.json", WHOLE, GROUPS)
    train, test = load_dataset(settings(file))
    kept = np.setdiff1d(np.arange(len(WHOLE)), [17, 900, 6])
    np.testing.assert_array_equal(train.images(0, len(train)), WHOLE.pixels[kept])
    np.testing.assert_array_equal(train.y, WHOLE.y[kept])
    assert test.fingerprint == TEST.fingerprint
    assert train.fingerprint == WHOLE.take(kept).fingerprint
    other = write_duplicates(tmp_path / "other.json", WHOLE, GROUPS[:1])
    assert load_images(settings(other), "train").fingerprint != train.fingerprint
    none = write_duplicates(tmp_path / "none.json", WHOLE, [])
    assert len(load_images(settings(none), "train")) == len(WHOLE)


def test_some_classes_of_a_set_use_the_record_of_all(tmp_path: Path) -> None:
    sevens = np.flatnonzero(WHOLE.y == 7)
    file = write_duplicates(tmp_path / "found.json", WHOLE, [sevens[[0, 4]].tolist(), [0, 1]])
    train = load_images(settings(file, classes=["7", "1"]), "train")
    ones = np.flatnonzero(WHOLE.y == 1)
    expected = np.setdiff1d(np.concatenate([sevens, ones]), [sevens[4], 1])
    np.testing.assert_array_equal(train.images(0, len(train)), WHOLE.pixels[expected])


def test_a_file_is_looked_for_in_the_roots_and_its_place_decides_nothing(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_duplicates(tmp_path / folder / "found.json", WHOLE, GROUPS)
    found = [
        load_images(settings("found.json"), "train", roots=[tmp_path / one]) for one in ("a", "b")
    ]
    assert found[0].fingerprint == found[1].fingerprint != WHOLE.fingerprint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no record of dcgan-eval study dedup (No such file or directory)"),
        ("{}", "no record of dcgan-eval study dedup ('outcome')"),
        ("\0", "no record of dcgan-eval study dedup (Expecting value"),
        ([[0, 1437]], "groups have rows outside 0 … 1436"),
        ([[-1, 2]], "groups have rows outside 0 … 1436"),
        ([[0, 1.5]], "groups have rows outside 0 … 1436"),
        (["12"], "groups have rows outside 0 … 1436"),
        ([[[1], [2]]], "groups have rows outside 0 … 1436"),
        ([[0, 1 << 70]], "no record of dcgan-eval study dedup"),
        ([[0, 1], [2, 1]], "a row stands in two groups, or twice in one"),
        ([[4, 4]], "a row stands in two groups, or twice in one"),
    ],
)
def test_a_file_that_is_none_is_one_line(tmp_path: Path, content: Any, said: str) -> None:
    file = tmp_path / "found.json"
    if isinstance(content, str):
        file.write_text(content)
    elif content is not None:
        write_duplicates(file, WHOLE, content)
    with pytest.raises(DataError) as error:
        load_images(settings(file), "train")
    assert said in str(error.value) and f"data.dedup: {file}: " in str(error.value)
    assert "\n" not in str(error.value)


def test_a_record_of_other_images_is_refused(tmp_path: Path) -> None:
    file = write_duplicates(tmp_path / "found.json", TEST, GROUPS)
    with pytest.raises(DataError, match="of other images than digits/train; make it anew with"):
        load_images(settings(file), "train")
    file = write_duplicates(tmp_path / "found.json", WHOLE, GROUPS)
    with pytest.raises(DataError, match="of other images than digits/train"):
        load_images(settings(file, resize={"side": 6}), "train")


def test_a_class_that_is_left_without_images_is_said(tmp_path: Path) -> None:
    rows = np.concatenate([[0], np.flatnonzero(WHOLE.y == 7)]).tolist()
    file = write_duplicates(tmp_path / "found.json", WHOLE, [rows])
    with pytest.raises(DataError, match=r"without near-duplicates: class 7 \(7\) has no image"):
        load_images(settings(file), "train")


def test_labels_alone_have_no_duplicates() -> None:
    labels = {"train": "a.npy", "test": "b.npy"}
    with pytest.raises(SettingsError, match="labels has no images: remove dedup"):
        build(DataSettings, {"name": "x", "labels": labels, "dedup": "found.json"})


def test_a_plan_says_that_near_duplicates_are_left_out(tmp_path: Path) -> None:
    file = write_duplicates(tmp_path / "found.json", WHOLE, GROUPS)
    values = {
        "name": "few",
        "data": {"name": "digits", "dedup": str(file)},
        "representations": [{"kind": "pixels"}],
        "protocol": {"kind": "full_labels", "grid": [0.01]},
        "results": "few",
    }
    plan = make_plan(pipeline_from(values), Options(tmp_path / "cache"))
    assert plan.data.subset == "without near-duplicates"
    assert plan.data.train.size == len(WHOLE) - 3
