"""A class-conditional generator in a file, as a source of labelled samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, execution, generator, identity
from dcgan_eval.data import ImageSet
from dcgan_eval.features.kinds import RepresentationKind
from dcgan_eval.features.locate import find_checkpoints
from dcgan_eval.features.representation import Place, Representation, RepresentationSettings
from dcgan_eval.features.samples import SampleSource
from dcgan_eval.models import Generator, load_generator


class GeneratorKindSettings(RepresentationSettings):
    """Settings of ``kind: generator``.

    Attributes
    ----------
    path
        As in ``kind: checkpoint``.
    geometry
        What a state dict does not say: ``image``, ``slope``, ``output``, ``z``, ``label``.
    """

    path: str = execution()
    geometry: dict[str, Any] | None = identity(None)


class GeneratorSource(SampleSource):
    """Samples of a generator.

    Parameters
    ----------
    drawn
        The generator.
    name
        What tables call it.
    geometry
        As given.
    """

    kind = "generator"

    def __init__(self, drawn: Generator, name: str, geometry: dict[str, Any] | None) -> None:
        self.drawn, self.name, self.geometry = drawn, name, geometry
        self.weights = drawn.weights_hash

    def identity_values(self) -> dict[str, Any]:
        """Weights, and what they do not say."""
        spec = self.drawn.spec.identity_values()
        return {"weights": self.weights, "spec": spec, "geometry": self.geometry}

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


class _Generator(RepresentationKind):
    """``kind: generator``."""

    settings = GeneratorKindSettings

    def make(self, settings: GeneratorKindSettings, place: Place) -> list[Representation]:
        """One source a file."""
        paths = find_checkpoints(settings.path, place)
        made: list[Representation] = []
        for path in paths:
            name = settings.name or path.stem
            shown = f"{name}, {path.stem}" if len(paths) > 1 else name
            drawn = load_generator(path, geometry=settings.geometry)
            made.append(GeneratorSource(drawn, shown, settings.geometry))
        return made


KIND = _Generator()
