"""What is said of training and test images that are used together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcgan_eval.data import ImageSet, notes_on
from dcgan_eval.data import notes as notes_module
from dcgan_eval.data.notes import Overlap, overlap
from tests.make.images import random_images


def plain_overlap(train: ImageSet, test: ImageSet) -> Overlap:
    """Every image with every other."""
    same = [
        [
            int(y)
            for image, y in zip(train.images(0, len(train)), train.y, strict=True)
            if np.array_equal(image, one)
        ]
        for one in test.images(0, len(test))
    ]
    differ = [any(label != y for label in labels) for labels, y in zip(same, test.y, strict=True)]
    return Overlap(sum(map(bool, same)), sum(differ))


@pytest.mark.parametrize("block", [1, 100, 1 << 22])
def test_images_on_both_sides_are_counted(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes_module, "_BLOCK_BYTES", block)
    train, test = random_images(40), random_images(30, seed=1)
    pixels, labels = test.pixels.copy(), test.labels.copy()
    pixels[[3, 4, 7, 8]] = train.pixels[[9, 10, 11, 11]]
    labels[[3, 4, 7, 8]] = train.labels[[9, 10, 11, 11]]
    labels[8] = (labels[8] + 1) % 3
    test = replace(test, pixels=pixels, labels=labels)
    twice = train.pixels.copy()
    twice[20] = twice[9]  # of another class than row 9
    train = replace(train, pixels=twice)
    assert overlap(train, test) == plain_overlap(train, test) == Overlap(4, 2)
    # Only the rows that are used count.
    rows = np.array([11, 2, 0]), np.array([8, 0, 3, 7])
    some = train.take(rows[0]), test.take(rows[1])
    assert overlap(*some) == plain_overlap(*some) == Overlap(2, 1)


def test_nothing_is_said_of_sets_that_are_apart() -> None:
    assert notes_on(random_images(40), random_images(30, seed=1)) == ()


def test_what_is_said() -> None:
    train = random_images(120)
    (note,) = notes_on(train, train.take(np.arange(60)))
    assert note == ("60 of 60 test images (100 %) are also training images, under the same labels")
    shifted = replace(train, labels=(train.labels + 1) % 3).take(np.arange(3))
    others = random_images(2000, seed=1)
    mixed = replace(
        others,
        pixels=np.concatenate([shifted.pixels[:3], others.pixels]),
        labels=np.concatenate([shifted.labels[:3], others.labels]),
    )
    (note,) = notes_on(train, mixed)
    assert note == (
        "3 of 2,003 test images (0.15 %) are also training images, 3 of them under another label"
    )


def test_classes_that_have_too_few_images_are_named() -> None:
    train, test = random_images(60, n_classes=6), random_images(60, n_classes=6, seed=1)
    alone = train.take(np.flatnonzero((train.y != 2) | (np.arange(60) == 2)))
    assert notes_on(alone, test) == ("class 2 has a single training image",)
    few = train.take(np.flatnonzero((train.y > 3) | (np.arange(60) < 4)))
    assert notes_on(few, test) == ("4 classes (0, 1, 2, …) have a single training image",)
    absent = test.take(np.flatnonzero((test.y != 5) & (test.y != 0)))
    assert notes_on(train, absent) == (
        "2 classes (0, 5) have no test image: of such a class the score says nothing",
    )
