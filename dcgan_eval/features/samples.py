"""What labelled samples come from: a generator, the training data, or changed training data."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import SettingsError
from dcgan_eval.data import ImageSet
from dcgan_eval.features.matrix import Spans
from dcgan_eval.features.representation import Extractor, Representation, State

# A sample may depend on its batch, so the batch is part of the definition (arXiv 1511.06434, code).
BATCH = 128


class SampleSource(Representation):
    """A stream of labelled samples; sample i is a function of (seed, i) and its batch alone."""

    has_features = False

    @abstractmethod
    def check(self, train: ImageSet, count: int) -> None:
        """Refuse data that do not fit, before any work."""

    @abstractmethod
    def batch(
        self, train: ImageSet, seed: int, number: int, labels: NDArray[np.int64]
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Samples 128·number … as uint8, or floats in [0, 1], (n, height, width, channels).

        Parameters
        ----------
        labels : (n,)
            What is asked for; the labels that are returned are what the samples are.
        """

    def spans(self, image_shape: tuple[int, int, int]) -> Spans:
        """No columns."""
        return {}

    def extractor(self, state: State, device: str) -> Extractor:
        """Refuse: samples are no features."""
        raise SettingsError(f"{self.name}: is a source of samples, it has no features")
