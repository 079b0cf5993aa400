"""Samples that were drawn elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import DataError, MappedFile, SettingsError, digest_arrays, located
from dcgan_eval.data import ImageSet, integer_labels
from dcgan_eval.samples.function import checked_samples
from dcgan_eval.samples.source import BATCH, SampleSource


class GivenSource(SampleSource):
    """Sample i is image i of an array, with its label; seeds change nothing.

    Parameters
    ----------
    images : (n, height, width) or (n, height, width, channels)
        uint8, or floats in [0, 1]; usually a map.
    labels : (n,)
        What each is meant to be.
    name
        See `dcgan_eval.core.Subject`.
    """

    kind = "samples"
    random = False

    def __init__(self, images: NDArray[Any], labels: NDArray[Any], name: str) -> None:
        self.name = name
        with located(name):
            self.labels = integer_labels(np.asarray(labels))
        if images.ndim not in (3, 4) or len(images) != len(self.labels):
            raise DataError(
                f"{name}: images {images.shape}, {len(self.labels)} labels; give (n, height, "
                "width[, channels]), and a label each"
            )
        self.images, self.mapped = images, MappedFile.of(images)
        self._digest = digest_arrays([("images", images), ("labels", self.labels)])

    def identity_values(self) -> dict[str, Any]:
        """The samples themselves."""
        return {"samples": self._digest}

    def limit(self, train: ImageSet) -> int | None:
        """All samples."""
        return len(self.images)

    def check(self, train: ImageSet, count: int) -> None:
        """Refuse another size, other classes, values that are no pixels, and too few samples."""
        if count > len(self.images):
            raise SettingsError(
                f"{self.name}: {count:,} samples asked for, there are {len(self.images):,}; lower "
                "protocol.rungs"
            )
        shape = (*self.images.shape[1:], 1)[:3]
        if shape != train.image_shape:
            raise DataError(
                f"{self.name}: samples are {shape}, images {train.image_shape}; give samples of "
                "their size"
            )
        outside = np.flatnonzero((self.labels < 0) | (self.labels >= len(train.class_names)))
        if len(outside):
            raise DataError(
                f"{self.name}: sample {outside[0]} has label {self.labels[outside[0]]}; expected "
                f"0 … {len(train.class_names) - 1}"
            )
        for start in range(0, len(self.images), 32 * BATCH):
            block = self.images[start : start + 32 * BATCH]
            checked_samples(block, len(block), f"{self.name}, from sample {start}")

    @override
    def batch(
        self, train: ImageSet, seed: int, number: int, labels: NDArray[np.int64]
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        part = slice(number * BATCH, min(number * BATCH + len(labels), len(self.images)))
        images = checked_samples(self.images[part], part.stop - part.start, self.name)
        return images, self.labels[part]
