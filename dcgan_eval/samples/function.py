"""Samples that a function of the user's draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import DataError, projected, rng_for
from dcgan_eval.data import ImageSet
from dcgan_eval.samples.source import BATCH, SampleSource
from dcgan_eval.samples.stream import as_bytes

_GUARD_SAMPLES = 8

Draw = Callable[[NDArray[np.int64], np.random.Generator], Any]
"""Labels (n,) and a random stream to images (n, height, width[, channels])."""


class FunctionSource(SampleSource):
    """What a function draws: uint8, or floats in [0, 1].

    Parameters
    ----------
    function
        Called with 128 labels and a random stream; equal streams must give equal samples.
    kind, name
        See `dcgan_eval.core.Subject`.
    source
        What decides the function, such as a hash of its code.
    """

    def __init__(self, function: Draw, *, kind: str, name: str, source: str) -> None:
        self.function, self.kind, self.name, self.source = function, kind, name, source
        self._classes = 1

    def identity_values(self) -> dict[str, Any]:
        """What decides the function."""
        return {"source": self.source}

    def guard(self) -> NDArray[np.float32]:
        """Eight samples of a batch of all classes in turn."""
        labels = np.arange(BATCH, dtype=np.int64) % self._classes
        drawn = as_bytes(self._drawn(labels, rng_for("guard", "z")))[:_GUARD_SAMPLES]
        return projected(drawn.reshape(_GUARD_SAMPLES, -1).astype(np.float32))

    def check(self, train: ImageSet, count: int) -> None:
        """Draw a batch twice, and refuse samples of another size, or others of an equal stream."""
        self._classes = len(train.class_names)
        labels = np.arange(BATCH, dtype=np.int64) % self._classes
        drawn, again = (self._drawn(labels, rng_for("guard", "z")) for _ in range(2))
        if not np.array_equal(drawn, again):
            raise DataError(
                f"{self.name}: gives other samples of an equal random stream; draw from the stream "
                "alone"
            )
        if drawn.shape[1:] != train.image_shape:
            raise DataError(
                f"{self.name}: samples are {drawn.shape[1:]}, images {train.image_shape}; give "
                "samples of their size, (n, height, width, channels)"
            )

    @override
    def batch(
        self, train: ImageSet, seed: int, number: int, labels: NDArray[np.int64]
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        return self._drawn(labels, rng_for("nearest_samples", seed, "z", number)), labels

    def _drawn(self, labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[Any]:
        """A batch, once it is known to be images."""
        try:
            found = self.function(labels.copy(), rng)
            if hasattr(found, "detach"):
                found = found.detach().cpu().numpy()
            images = np.asarray(found)
        except Exception as error:  # the user's code
            text = " ".join(str(error).split())[:200]
            raise DataError(
                f"{self.name}: fails at {len(labels)} labels and a random stream: "
                f"{type(error).__name__}: {text}"
            ) from error
        return checked_samples(images, len(labels), self.name)


def checked_samples(images: NDArray[Any], count: int, name: str) -> NDArray[Any]:
    """Images as (n, height, width, channels), uint8 or float32 in [0, 1].

    Raises
    ------
    DataError
        Another shape or type, or values outside.
    """
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or len(images) != count or images.shape[3] not in (1, 3):
        raise DataError(
            f"{name}: samples are {images.shape}; expected ({count}, height, width, channels) with "
            "1 or 3 channels"
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f":
        raise DataError(f"{name}: samples are {images.dtype}; give uint8, or floats in [0, 1]")
    if not (images.min() >= 0 and images.max() <= 1):  # a NaN is neither
        raise DataError(
            f"{name}: samples lie in [{images.min():.3g}, {images.max():.3g}]; give uint8, or "
            "floats in [0, 1]"
        )
    return images.astype(np.float32)
