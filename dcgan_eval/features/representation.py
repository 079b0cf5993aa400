"""`Representation`: what gives features of items."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Subject, Work
from dcgan_eval.data import Items
from dcgan_eval.features.matrix import FeatureMatrix, Spans

State = Mapping[str, NDArray[Any]]
"""What was fitted on unlabelled images."""


class Representation(Subject):
    """Gives features of items: rows in their order, columns by layer."""

    @abstractmethod
    def columns(self, items: Items) -> Spans:
        """Columns of each layer: name → (first, last + 1).

        Raises
        ------
        DataError
            Items that it has no features of.
        """

    @abstractmethod
    def features(self, items: Items, reference: Items, work: Work) -> FeatureMatrix:
        """Features of items, from the cache or computed into it.

        Parameters
        ----------
        items
            What features are wanted of.
        reference
            What may be fitted on without labels, in order.
        work
            Where they are computed and cached.

        Returns
        -------
        FeatureMatrix
            (len(items), columns), mapped read-only.

        Raises
        ------
        DataError
            Items that it has no features of.
        StorageError
            The disk is full or cannot be written to.
        """

    def stored_as(self, dtype: str) -> Self:
        """The same, stored as float32 or float16; itself where nothing is stored."""
        return self

    @abstractmethod
    def key(self, items: Items, reference: Items) -> str:
        """Hash of everything that decides the features."""

    @abstractmethod
    def is_cached(self, items: Items, reference: Items, cache: Path) -> bool:
        """Whether the features lie in a cache (they are still checked when they are used)."""

    @abstractmethod
    def stored_bytes(self, items: Items) -> int:
        """What the features take on disk."""


class Extractor(ABC):
    """Images in, features out; everything that had to be fitted is fitted.

    Attributes
    ----------
    independent
        Whether a row depends on its own image alone (false where batch norm uses the batch).
    block_bytes
        Memory that a block takes while it is computed. Blocks are then computed side by side, each
        by a `twin` in a thread of its own in which torch uses one thread. None where that may not
        be: one block after another, with the threads that there are.
    """

    independent: bool = True
    block_bytes: int | None = None

    def twin(self) -> Self:
        """Another for another thread; the same where a call changes nothing of it."""
        return self

    @abstractmethod
    def __call__(self, images: NDArray[Any], out: NDArray[np.floating]) -> None:
        """Write features of images (n, height, width, channels) into `out` (n, columns).

        Images are uint8; that of an encoder takes float32 in [0, 1], too.
        """
