"""What a reader gives: one part (training or test) of a data set on disk, not yet read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, digest_file

Picture = bytes | Path | NDArray[np.uint8]
"""An encoded image (PNG, JPEG, WebP), a file that holds one, or its pixels (H×W or H×W×C)."""

# An image is decoded whole in memory and labels are held whole, while a few kilobytes of a
# compressed file may claim any number. 8192 × 4096 pixels; more images than ImageNet has.
MOST_PIXELS = 1 << 25
MOST_IMAGES = 1 << 24


class Item(NamedTuple):
    """An image as the source has it, and its path within the source, if it has one."""

    picture: Picture
    path: str | None = None


class Source(ABC):
    """One part of a data set on disk. Constructing it reads nothing.

    Attributes
    ----------
    path
        File or folder it is read from.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def content(self) -> Any:
        """What decides pixels, labels and paths, as a JSON value: hashes of the files."""
        return digest_file(self.path)

    def with_label_column(self, name: str) -> Source:
        """The same with the labels of another column.

        Raises
        ------
        DataError
            It has no columns.
        """
        raise DataError(f"{self.path}: has no columns; leave label_column out")

    def class_names(self) -> tuple[str, ...] | None:
        """Names of the classes in the order of this source's labels, if it says them."""
        return None

    @abstractmethod
    def labels(self) -> NDArray[np.integer]:
        """All labels, (n,)."""

    @abstractmethod
    def items(self) -> Iterator[Item]:
        """All images in order, read bit by bit."""


@runtime_checkable
class Reader(Protocol):
    """Finds and opens data of one kind."""

    def places(self, root: Path | None, name: str, split: str) -> tuple[Path, ...]:
        """Where the data would lie below a root; with no root, data that come with a library."""
        ...

    def fits(self, path: Path) -> bool:
        """Whether a file or folder that exists is of this kind."""
        ...

    def open(self, path: Path, split: str) -> Source:
        """Make a source of a path that fits."""
        ...


def refuse_too_many(n: int) -> None:
    """Refuse more labels, or images, than are ever meant."""
    if n > MOST_IMAGES:
        raise DataError(f"claims {n} labels or images; at most {MOST_IMAGES} are read")


def refuse_too_large(height: int, width: int) -> None:
    """Refuse an image of more pixels than are ever meant."""
    if height * width > MOST_PIXELS:
        raise DataError(f"claims {width}×{height} pixels; at most {MOST_PIXELS} are decoded")


def integer_labels(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Labels of a file as flat int64, or an error that says what was found instead."""
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.reshape(-1)
    if labels.ndim != 1:
        raise DataError(f"labels of shape {labels.shape}; expected one number an image")
    if not np.issubdtype(labels.dtype, np.integer):
        whole = np.issubdtype(labels.dtype, np.floating) and bool(np.all(labels % 1 == 0))
        if not whole:
            raise DataError(f"labels of type {labels.dtype}; expected whole numbers")
    return labels.astype(np.int64, copy=False)
