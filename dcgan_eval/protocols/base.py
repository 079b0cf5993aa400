"""What a protocol is: what is fitted on what, selected on what, scored on what.

The pipeline calls `split`, `needs`, `cost` and `run` in this order and knows nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol as Structural

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Progress, Settings
from dcgan_eval.data import ImageSet, Split
from dcgan_eval.records import Design, Journal, Metric, Repeat, Selection


class Matrix(Structural):
    """Rows of features: anything with a shape, a dtype and slices (`FeatureMatrix`, an array)."""

    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def __getitem__(self, rows: Any) -> NDArray[np.floating]: ...


@dataclass(frozen=True)
class Features:
    """What a protocol is run on: the features of the images that its split names.

    Attributes
    ----------
    train, test
        Row i belongs to image ``split.train[i]`` (``split.test[i]``).
    spans
        Columns of each layer: name → (first, last + 1).
    """

    train: Matrix
    test: Matrix
    spans: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Cost:
    """What a protocol will take, before it is run."""

    memory_bytes: int
    fits: int


@dataclass(frozen=True)
class Result:
    """What a protocol found; the pipeline adds provenance and makes a record of it.

    Attributes
    ----------
    predictions : integer array, (rows, items)
        Predicted classes; rows are draws or seeds, one row where there are none.
    exhibits
        Named arrays that lie beside the record for reports (2-d coordinates, confusion …).
    """

    metrics: tuple[Metric, ...]
    design: Design
    predictions: NDArray[np.integer]
    selection: tuple[Selection, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    exhibits: dict[str, NDArray[Any]] = field(default_factory=dict)


class ProtocolSettings(Settings):
    """Base of the settings of all protocols."""


class EvaluationProtocol(ABC):
    """Base of all protocols on features.

    Attributes
    ----------
    version
        Raised whenever the same inputs would give another outcome.
    """

    version: ClassVar[int]
    settings: ProtocolSettings

    @abstractmethod
    def split(self, train: ImageSet, test: ImageSet) -> Split:
        """Choose rows from labels, groups and named seeds alone."""

    @abstractmethod
    def cost(self, split: Split, columns: int) -> Cost:
        """Predict memory and number of fits."""

    @abstractmethod
    def run(
        self,
        features: Features,
        train: ImageSet,
        test: ImageSet,
        split: Split,
        journal: Journal,
        progress: Progress,
    ) -> Result:
        """Fit, select and score."""
