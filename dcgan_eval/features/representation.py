"""What a row of a table is: an encoder, its layers, and whatever is fitted on unlabelled images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Progress, Settings, execution, identity
from dcgan_eval.data import ImageSet
from dcgan_eval.features.matrix import Spans

State = Mapping[str, NDArray[Any]]


class RepresentationSettings(Settings):
    """Base of the settings of all kinds of representation.

    Attributes
    ----------
    kind
        Name of the kind, a file in ``features/representations/``.
    name
        What tables call it.
    """

    kind: str = identity()
    name: str | None = execution(None)


@dataclass(frozen=True)
class Place:
    """Where and how representations are made; nothing of it decides what comes out.

    Attributes
    ----------
    checkpoint_roots
        Folders in which relative paths of checkpoints are looked for, after the working folder.
    allow_code
        Whether ``module:`` may run the user's code.
    """

    checkpoint_roots: tuple[Path, ...] = ()
    allow_code: bool = False


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


class Representation(ABC):
    """One representation: a checkpoint, one seed of a random network, pixels.

    Attributes
    ----------
    kind, name
        Kind and display name.
    method, seed, step
        What several seeds (or steps of one training) have in common, and which one this is.
    weights
        Hash of the weights, where there are weights.
    layers
        Names of the layers, in the order of the columns, where there are several.
    has_features
        Whether there is anything to extract (not from a network that is still to be trained).
    """

    kind: str
    name: str
    method: str | None = None
    seed: int | None = None
    step: int | None = None
    weights: str | None = None
    layers: Sequence[str] = ()
    has_features: bool = True

    @property
    def extracted(self) -> Representation:
        """Whose features are extracted: this one's, unless it is a choice of columns of another."""
        return self

    @abstractmethod
    def identity_values(self) -> dict[str, Any]:
        """Everything that decides the features but the images, as JSON values."""

    @abstractmethod
    def spans(self, image_shape: tuple[int, int, int]) -> Spans:
        """Columns of each layer for images of this shape; a misfit is a DataError."""

    def needs_reference(self) -> bool:
        """Tell whether something is fitted on the split's reference images."""
        return False

    def fit(self, reference: ImageSet, device: str, progress: Progress) -> State:
        """Fit what is fitted on unlabelled images; the state is cached."""
        return {}

    @abstractmethod
    def extractor(self, state: State, device: str) -> Extractor:
        """Make the function from images to features."""
