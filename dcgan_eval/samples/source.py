"""`SampleSource`: what gives labelled samples."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Subject
from dcgan_eval.data import ImageSet

# A sample may depend on its batch, so the batch is part of the definition (arXiv 1511.06434, code).
BATCH = 128


class SampleSource(Subject):
    """A stream of labelled samples; sample i is a function of (seed, i) alone.

    Batches are 128 consecutive ids and always whole, however many samples are wanted: where a
    sample depends on its batch, the first 50,000 of a million are the 50,000 of a shorter run.

    Attributes
    ----------
    random
        Whether another seed gives other samples.
    """

    random: bool = True

    def limit(self, train: ImageSet) -> int | None:
        """How many samples there are; None: as many as are wanted."""
        return None

    def on(self, device: str) -> Self:
        """Draw samples on a torch device, where the source uses torch."""
        return self

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
        labels : (128,)
            What is asked for; the labels that are returned are what the samples are.
        """
