"""What labelled samples come from: a generator, the training data, or changed training data."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, SettingsError, generator
from dcgan_eval.data import ImageSet
from dcgan_eval.features.matrix import Spans
from dcgan_eval.features.representation import Extractor, Representation, State
from dcgan_eval.models import Generator

# A sample may depend on its batch, so the batch is part of the definition (arXiv 1511.06434, code).
BATCH = 128


class SampleSource(Representation):
    """A stream of labelled samples; sample i is a function of (seed, i) alone.

    Batches are 128 consecutive ids and always whole, however many samples are wanted: where a
    sample depends on its batch, the first 50,000 of a million are the 50,000 of a shorter run.

    Attributes
    ----------
    random
        Whether another seed gives other samples.
    """

    has_features = False
    random: bool = True

    def limit(self, train: ImageSet) -> int | None:
        """How many samples there are; None: as many as are wanted."""
        return None

    def on(self, device: str) -> SampleSource:
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

    def spans(self, image_shape: tuple[int, int, int]) -> Spans:
        """No columns."""
        return {}

    def extractor(self, state: State, device: str) -> Extractor:
        """Refuse: samples are no features."""
        raise SettingsError(f"{self.name}: is a source of samples, it has no features")


class GeneratorSource(SampleSource):
    """Samples of a class-conditional generator.

    Parameters
    ----------
    drawn
        The generator.
    kind, name
        Kind of representation, and what tables call it.
    beyond_weights
        What else decides the samples, as JSON values.
    """

    def __init__(
        self, drawn: Generator, *, kind: str, name: str, beyond_weights: dict[str, Any]
    ) -> None:
        self.drawn, self.kind, self.name = drawn, kind, name
        self.beyond_weights = beyond_weights
        self.weights = drawn.weights_hash

    def identity_values(self) -> dict[str, Any]:
        """Weights, and what they do not say."""
        spec = self.drawn.spec.identity_values()
        return {"weights": self.weights, "spec": spec, **self.beyond_weights}

    def on(self, device: str) -> SampleSource:
        """See the base."""
        self.drawn.to(device)
        return self

    def check(self, train: ImageSet, count: int) -> None:
        """Refuse another image size or number of classes."""
        channels, height, width = self.drawn.spec.image_shape
        if (height, width, channels) != train.image_shape:
            raise DataError(
                f"{self.name}: samples are {(height, width, channels)}, images "
                f"{train.image_shape}; set data.resize or data.channels"
            )
        if self.drawn.spec.n_classes != len(train.class_names):
            raise DataError(
                f"{self.name}: generates {self.drawn.spec.n_classes} classes, {train.name} has "
                f"{len(train.class_names)}; give a generator of the same classes"
            )

    def batch(
        self, train: ImageSet, seed: int, number: int, labels: NDArray[np.int64]
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """See the base."""
        stream = generator("nearest_samples", seed, "z", number)
        try:
            return self.drawn.sample_float(self.drawn.latent(len(labels), stream), labels), labels
        except DataError as error:
            raise DataError(f"{self.name}: batch {number} of seed {seed}: {error}") from None
