"""`Items`: what protocols take, labelled items; `ImageSet`: items with pixels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, digest_json


@dataclass(frozen=True, kw_only=True)
class Items:
    """Labelled items. Features that were computed elsewhere need no more than this.

    Attributes
    ----------
    name
        Such as ``"cifar10/train"``; only for messages.
    labels : int64 array, (M,)
        In 0 … len(class_names) − 1; −1 of items of no class, which are in no row.
    class_names
        One name a class.
    fingerprint
        Hash of what the items are, of labels, and of the choice of rows.
    groups : int64 array, (M,), optional
        Items that share a number belong together (digits cut from one photo).
    rows : int64 array, (N,), optional
        Which of the M items this set consists of, in order; all of them when None.
    ids : (M,), optional
        What the items are called where the data say it; their numbers when None.
    part
        Which part of a data set the M items are; None for a set that is no part of one.
    """

    name: str
    labels: NDArray[np.int64] = field(repr=False)
    class_names: tuple[str, ...]
    fingerprint: str
    groups: NDArray[np.int64] | None = field(default=None, repr=False)
    rows: NDArray[np.int64] | None = field(default=None, repr=False)
    ids: NDArray[Any] | None = field(default=None, repr=False)
    part: Literal["train", "test"] | None = None

    def __len__(self) -> int:
        return len(self.labels) if self.rows is None else len(self.rows)

    @property
    def y(self) -> NDArray[np.int64]:
        """Labels of the chosen rows, (N,)."""
        return self.labels if self.rows is None else self.labels[self.rows]

    @property
    def item_groups(self) -> NDArray[np.int64] | None:
        """Groups of the chosen rows, (N,), or None."""
        if self.groups is None or self.rows is None:
            return self.groups
        return self.groups[self.rows]

    @property
    def item_ids(self) -> NDArray[Any]:
        """Ids of the chosen rows, (N,)."""
        ids = np.arange(len(self.labels)) if self.ids is None else self.ids
        return ids if self.rows is None else ids[self.rows]

    def take(self, rows: NDArray[np.integer]) -> Self:
        """Choose rows of this set, in the order given."""
        chosen = np.asarray(rows, dtype=np.int64)
        if len(chosen) and (chosen.min() < 0 or chosen.max() >= len(self)):
            raise DataError(f"{self.name}: rows must lie in 0 … {len(self) - 1}")
        if self.rows is not None:
            chosen = self.rows[chosen]
        return replace(
            self, rows=chosen, fingerprint=digest_json([self.fingerprint, chosen.tolist()])
        )


@dataclass(frozen=True, kw_only=True)
class ImageSet(Items):
    """Images of one size, uint8, with labels.

    Attributes
    ----------
    pixels : uint8 array, (M, height, width, channels)
        Usually a file-backed map. Channels are 1 (grey) or 3 (RGB). A choice of rows copies none.

    Examples
    --------
    >>> import numpy as np
    >>> from dcgan_eval import load_images
    >>> train = load_images("digits", "train")
    >>> few = train.take(np.arange(3))
    >>> few.images(0, 3).shape, few.y.tolist()
    ((3, 8, 8, 1), [0, 1, 2])
    """

    pixels: NDArray[np.uint8] = field(repr=False)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        height, width, channels = self.pixels.shape[1:]
        return int(height), int(width), int(channels)

    def images(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Images start … stop − 1 of the chosen rows, (stop − start, height, width, channels)."""
        if self.rows is None:
            return self.pixels[start:stop]
        return self.pixels[self.rows[start:stop]]

    def images_of(self, rows: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Images of some of the chosen rows, in the order given."""
        chosen: NDArray[np.uint8] = self.pixels[rows if self.rows is None else self.rows[rows]]
        return chosen


def check_ids(ids: NDArray[Any] | None, n: int) -> None:
    """Refuse ids that are not one a row, whole numbers or texts, each once.

    Raises
    ------
    DataError
        They are not.
    """
    if ids is None:
        return
    if ids.shape != (n,):
        raise DataError(f"{n} rows, ids {ids.shape}; give one id a row")
    if ids.dtype.kind not in "iuU":
        raise DataError(f"ids are {ids.dtype}; give whole numbers or texts")
    names, counts = np.unique(ids, return_counts=True)
    if len(names) < n:
        raise DataError(f"id {names[counts > 1][0]} stands twice; give each once")


def with_pixels(items: Items) -> ImageSet:
    """Items that must have pixels.

    Raises
    ------
    DataError
        They are labels alone.
    """
    if not isinstance(items, ImageSet):
        raise DataError(f"{items.name}: has labels and no images; give a set of images")
    return items
