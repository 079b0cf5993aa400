"""Data that people have: what is wrong with them stands in the record and under the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan_eval.pipeline import Options, make_plan, pipeline_from, run_pipeline
from dcgan_eval.pipeline import plan as plan_module
from dcgan_eval.reporting import table
from tests.make.images import random_images

pytestmark = pytest.mark.slow

Labels = NDArray[np.int64]


def write(
    folder: Path, y: Labels, y_test: Labels, same: bool = False, shift: int = 0
) -> dict[str, Any]:
    """A data set; its test images are new or the first training ones, their labels shifted."""
    kinds = int(max(y.max(), y_test.max())) + 1
    pixels = random_images(len(y), n_classes=kinds).pixels
    test = pixels[: len(y_test)] if same else random_images(len(y_test), seed=1).pixels
    rng = np.random.default_rng(0)
    # Classes are told by one bright corner each, so that labels decide what is right.
    for images, labels in ((pixels, y), (test, y_test)):
        if not same:
            images[:] = rng.integers(0, 60, images.shape)
            images[np.arange(len(labels)), 0, labels] = 250
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "train.npz", images=pixels, labels=y)
    np.savez(folder / "test.npz", images=test, labels=(y_test + shift) % kinds)
    return {"name": folder.name, "root": str(folder.parent)}


def run(folder: Path, data: dict[str, Any], **protocol: Any) -> Any:
    values = {"kind": "full_labels", "grid": [0.1], "extend": False, "validation": 12, **protocol}
    pipeline = pipeline_from(
        {
            "name": "p",
            "data": data,
            "representations": [{"kind": "pixels"}],
            "protocol": values,
            "results": "r",
        },
    )
    options = Options(cache=folder / "cache", results=folder / "results")
    (record,) = run_pipeline(pipeline, options)
    return record


EVEN = np.arange(80) % 4


@pytest.mark.parametrize(
    ("y", "y_test", "same", "shift", "notes"),
    [
        (EVEN, EVEN[:40], False, 0, []),
        (np.r_[EVEN[EVEN < 3], 3], EVEN[:40], False, 0, ["class 3 has a single training image"]),
        (EVEN, EVEN[EVEN != 1], False, 0, ["class 1 has no test image: of such a class the score"]),
        (
            EVEN,
            EVEN[:40],
            True,
            0,
            ["40 of 40 test images (100 %) are also training images, under the same labels"],
        ),
        (EVEN, EVEN[:40], False, 1, ["accuracy is worse than chance (25 %)"]),
        (
            EVEN,
            EVEN[:40],
            True,
            1,
            ["accuracy is worse than chance (25 %)", "40 of them under another label"],
        ),
    ],
    ids=["even", "rare", "miss", "same", "shifted", "same and shifted"],
)
def test_what_is_wrong_with_data_is_said(
    y: Labels, y_test: Labels, same: bool, shift: int, notes: list[str], tmp_path: Path
) -> None:
    record = run(tmp_path, write(tmp_path / "data", y, y_test, same, shift))
    said = record.outcome.notes
    assert len(said) == len(notes)
    shown = table(tmp_path / "results", "md")
    for one, wanted in zip(said, notes, strict=True):
        assert wanted in one
        assert one[1:] in shown


def test_a_class_without_test_images_makes_balanced_accuracy(tmp_path: Path) -> None:
    record = run(tmp_path, write(tmp_path / "data", EVEN, EVEN[EVEN != 1]))
    assert [one.name for one in record.outcome.metrics] == ["accuracy", "balanced accuracy"]
    assert "balanced accuracy" in table(tmp_path / "results", "md", metric="all")


def test_only_the_training_rows_that_are_used_count(tmp_path: Path) -> None:
    data = write(tmp_path / "data", EVEN, EVEN[:40], same=True)
    (note,) = [
        one
        for one in run(tmp_path, data, train_size=40).outcome.notes
        if "also training images" in one
    ]
    assert int(note.split()[0]) < 40


def test_images_are_compared_once_a_plan_and_only_when_a_job_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    notes_on = plan_module.notes_on
    monkeypatch.setattr(plan_module, "notes_on", lambda *sets: told.append(sets) or notes_on(*sets))
    pipeline = pipeline_from(
        {
            "name": "p",
            "data": write(tmp_path / "data", EVEN, EVEN[:40]),
            "representations": [{"kind": "pixels"}, {"kind": "kmeans", "maps": 3, "patch": 3}],
            "protocol": {"kind": "full_labels", "grid": [0.1], "validation": 12},
            "results": "r",
        },
    )
    options = Options(cache=tmp_path / "cache", results=tmp_path / "results")
    make_plan(pipeline, options).all_jobs()
    assert not told
    run_pipeline(pipeline, options)
    assert len(told) == 1
    run_pipeline(pipeline, options)
    assert len(told) == 1
