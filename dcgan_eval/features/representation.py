"""`Representation`: what gives features of items."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
    """

    independent: bool = True

    @abstractmethod
    def __call__(self, images: NDArray[np.uint8], out: NDArray[np.floating]) -> None:
        """Write features of images (n, height, width, channels) into `out` (n, columns)."""
