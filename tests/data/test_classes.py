"""``classes``: the images of some classes alone, numbered as they are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcgan_eval.core import DataError, SettingsError, build
from dcgan_eval.data import DataSettings, load_dataset, load_images
from dcgan_eval.pipeline import Options, make_plan, pipeline_from, run_pipeline


def chosen(*classes: str) -> DataSettings:
    return build(DataSettings, {"name": "digits", "classes": list(classes)})


def test_the_images_of_the_named_classes_in_the_order_of_their_labels() -> None:
    whole, _ = load_dataset("digits")
    train, test = load_dataset(chosen("7", "3"))
    assert train.class_names == test.class_names == ("7", "3")
    rows = np.flatnonzero(np.isin(whole.y, [3, 7]))
    assert len(train) == len(rows) < len(whole)
    np.testing.assert_array_equal(train.images(0, len(train)), whole.pixels[rows])
    np.testing.assert_array_equal(train.y, np.where(whole.y[rows] == 7, 0, 1))
    some = np.array([5, 0, 5])
    np.testing.assert_array_equal(train.images_of(some), train.images(0, 6)[some])


def test_one_class_is_enough_to_train_on_and_too_few_to_tell_apart() -> None:
    sevens = load_images(chosen("7"), "train")
    assert len(sevens) > 100
    assert not sevens.y.any()
    with pytest.raises(DataError, match="digits: one class has nothing to tell apart"):
        make_plan(pipeline(["7"]), Options(Path("cache")))


def test_what_is_chosen_is_in_fingerprints_and_identities_where_it_is_given() -> None:
    plain = build(DataSettings, {"name": "digits"})
    assert "classes" not in plain.identity_values()
    assert chosen("7", "3").identity_values()["classes"] == ["7", "3"]
    sets = [plain, chosen("7", "3"), chosen("3", "7"), chosen("7"), chosen(*"0123456789")]
    assert len({load_images(one, "train").fingerprint for one in sets}) == len(sets)


def test_unknown_classes_and_ones_that_stand_twice() -> None:
    with pytest.raises(DataError, match="digits/train: class 'seven' is not among the classes"):
        load_images(chosen("seven"), "train")
    for wrong in ([], ["7", "7"]):
        with pytest.raises(SettingsError, match="at least one name, all different"):
            chosen(*wrong)
    values = {"name": "x", "classes": ["a"], "labels": {"train": "a.npy", "test": "b.npy"}}
    with pytest.raises(SettingsError, match="labels has no images: remove classes"):
        build(DataSettings, values)


def pipeline(classes: list[str] | None) -> Any:
    data = {"name": "digits"} if classes is None else {"name": "digits", "classes": classes}
    return pipeline_from(
        {
            "name": "some",
            "data": data,
            "representations": [{"kind": "pixels"}],
            "protocol": {"kind": "full_labels", "grid": [0.01], "validation": 40},
            "results": "results",
        }
    )


@pytest.mark.slow
def test_a_pipeline_says_that_these_are_some_classes(box: Path) -> None:
    record = run_pipeline(pipeline(["7", "3"]), Options(Path("cache"), results=Path("out")))[0]
    data = record.outcome.data
    assert data.subset == "classes 7, 3"
    assert data.class_names == ("7", "3")
    ids = {
        make_plan(pipeline(one), Options(Path("cache"))).all_jobs()[0].id
        for one in (None, ["7", "3"], ["3", "7"])
    }
    assert len(ids) == 3
