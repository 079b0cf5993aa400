"""What a reader must know about training and test images that are used together, in words."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dcgan_eval.data.items import ImageSet, Items

# Pixels read at once.
_BLOCK_BYTES = 4 << 20
_CLASSES_NAMED = 3


@dataclass(frozen=True)
class Overlap:
    """Images that are on both sides, pixel by pixel.

    Attributes
    ----------
    images
        Test images that are also training images.
    otherwise_labelled
        Those of them that some training image shows under another label.
    """

    images: int
    otherwise_labelled: int


def overlap(train: ImageSet, test: ImageSet) -> Overlap:
    """Count the test images that are also training images.

    Pixels are read in blocks; what is remembered grows with the number of test images only.
    """
    places: dict[bytes, list[int]] = defaultdict(list)
    for row, digest in enumerate(_digests(test)):
        places[digest].append(row)
    found = np.zeros(len(test), bool)
    otherwise = np.zeros(len(test), bool)
    y, y_test = train.y, test.y
    for row, digest in enumerate(_digests(train)):
        rows = places.get(digest)
        if rows is not None:
            found[rows] = True
            otherwise[rows] |= y_test[rows] != y[row]
    return Overlap(int(found.sum()), int(otherwise.sum()))


def _digests(images: ImageSet) -> Iterator[bytes]:
    """A hash of the pixels of each image."""
    step = max(1, _BLOCK_BYTES // max(1, images.pixels[:1].nbytes))
    for start in range(0, len(images), step):
        for pixels in np.ascontiguousarray(images.images(start, min(start + step, len(images)))):
            yield hashlib.blake2b(pixels.data, digest_size=16).digest()


def notes_on(train: Items, test: Items) -> tuple[str, ...]:
    """Say what must not be left out beside a score on these images.

    Parameters
    ----------
    train, test
        The items that are used, images of one size, with the same classes.
    """
    notes = []
    found = Overlap(0, 0)
    if isinstance(train, ImageSet) and isinstance(test, ImageSet):
        found = overlap(train, test)
    if found.images:
        share, other = 100 * found.images / len(test), found.otherwise_labelled
        labels = f"{other:,} of them under another label" if other else "under the same labels"
        notes.append(
            f"{found.images:,} of {len(test):,} test images ({share:.3g} %) are also training "
            f"images, {labels}"
        )
    counts, test_counts = (
        np.bincount(images.y, minlength=len(train.class_names)) for images in (train, test)
    )
    names = np.array(train.class_names, dtype=object)
    alone, absent = list(names[counts == 1]), list(names[test_counts == 0])
    if alone:
        notes.append(f"{_classes(alone)} a single training image")
    if absent:
        notes.append(f"{_classes(absent)} no test image: of such a class the score says nothing")
    return tuple(notes)


def _classes(names: Sequence[str]) -> str:
    """What classes have, the first of many by name."""
    if len(names) == 1:
        return f"class {names[0]} has"
    named = ", ".join(map(str, names[:_CLASSES_NAMED]))
    more = ", …" if len(names) > _CLASSES_NAMED else ""
    return f"{len(names)} classes ({named}{more}) have"
