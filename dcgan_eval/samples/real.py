"""The training images as they are, as a source of labelled samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import SettingsError
from dcgan_eval.data import ImageSet
from dcgan_eval.samples.source import BATCH, SampleSource


class RealSource(SampleSource):
    """Sample i is training image i, with its own label; seeds change nothing."""

    kind = "real"
    random = False

    def __init__(self, name: str = "real data") -> None:
        self.name = name

    def identity_values(self) -> dict[str, Any]:
        """Nothing but the kind."""
        return {}

    def limit(self, train: ImageSet) -> int | None:
        """All training images."""
        return len(train)

    def check(self, train: ImageSet, count: int) -> None:
        """Refuse more samples than there are images."""
        if count > len(train):
            raise SettingsError(
                f"{self.name}: {count:,} samples asked for, {train.name} has {len(train):,} "
                "images; lower protocol.rungs"
            )

    @override
    def batch(
        self, train: ImageSet, seed: int, number: int, labels: NDArray[np.int64]
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        part = slice(number * BATCH, min(number * BATCH + len(labels), len(train)))
        return train.images(part.start, part.stop), train.y[part]
