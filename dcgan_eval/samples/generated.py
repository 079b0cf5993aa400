"""Samples of a class-conditional generator."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import DataError, SettingsError, Subject, projected, rng_for
from dcgan_eval.data import ImageSet
from dcgan_eval.models import Generator
from dcgan_eval.samples.source import SampleSource

_GUARD_SAMPLES = 8


class GeneratorSource(SampleSource):
    """Samples of a class-conditional generator.

    Parameters
    ----------
    drawn
        The generator.
    kind, name
        Kind of representation, and what tables call it.
    beyond_weights
        What decides the samples and the generator itself does not say, as JSON values.
    encoder
        In whose features a study measures its samples, such as the discriminator that it was
        trained with; no protocol that only draws samples takes one.
    """

    def __init__(
        self,
        drawn: Generator,
        *,
        kind: str,
        name: str,
        beyond_weights: dict[str, Any] | None = None,
        encoder: Subject | None = None,
    ) -> None:
        self.encoder = encoder
        self.drawn, self.kind, self.name = drawn, kind, name
        self.beyond_weights = {**(beyond_weights or {}), **drawn.beyond_weights}
        self.weights, self.assumed = drawn.weights_hash, drawn.assumed
        if encoder is not None:
            of_encoder = {f"encoder {name}": value for name, value in encoder.assumed.items()}
            self.assumed = {**drawn.assumed, **of_encoder}

    def identity_values(self) -> dict[str, Any]:
        """Weights, and what they do not say; those of the encoder where there is one."""
        spec = self.drawn.spec.identity_values()
        own = {"weights": self.weights, "spec": spec, **self.beyond_weights}
        if self.encoder is None:
            return own
        return {**own, "encoder": {"kind": self.encoder.kind, **self.encoder.identity_values()}}

    def guard(self) -> NDArray[np.float32]:
        """Eight samples, of all classes in turn, and what the encoder gives."""
        n_classes = self.drawn.spec.n_classes
        labels = np.arange(_GUARD_SAMPLES, dtype=np.int64) % n_classes if n_classes else None
        z = self.drawn.latent(_GUARD_SAMPLES, rng_for("guard", "z"))
        drawn = self.drawn.sample_float(z, labels)
        samples = projected(drawn.reshape(_GUARD_SAMPLES, -1))
        of_encoder = None if self.encoder is None else self.encoder.guard()
        return samples if of_encoder is None else np.concatenate([samples, of_encoder])

    @override
    def on(self, device: str) -> Self:
        self.drawn.to(device)
        return self

    def check(self, train: ImageSet, count: int) -> None:
        """Refuse another image size or number of classes, and an encoder."""
        self.check_size(train)
        if self.encoder is not None:
            raise SettingsError(f"{self.name}: encoder has no effect on samples; remove it")
        if self.drawn.spec.n_classes != len(train.class_names):
            raise DataError(
                f"{self.name}: generates {self.drawn.spec.n_classes} classes, {train.name} has "
                f"{len(train.class_names)}; give a generator of the same classes"
            )

    def check_size(self, train: ImageSet) -> None:
        """Refuse another image size."""
        channels, height, width = self.drawn.spec.image_shape
        if (height, width, channels) != train.image_shape:
            raise DataError(
                f"{self.name}: samples are {(height, width, channels)}, images "
                f"{train.image_shape}; set data.resize or data.channels"
            )

    @override
    def batch(
        self, train: ImageSet, seed: int, number: int, labels: NDArray[np.int64]
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        stream = rng_for("nearest_samples", seed, "z", number)
        try:
            return self.drawn.sample_float(self.drawn.latent(len(labels), stream), labels), labels
        except DataError as error:
            raise DataError(f"{self.name}: batch {number} of seed {seed}: {error}") from None
