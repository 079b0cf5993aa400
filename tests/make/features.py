"""A representation with the images that its features are wanted of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dcgan_eval.core import Work
from dcgan_eval.data import ImageSet
from dcgan_eval.features import FeatureMatrix, ImageRepresentation


@dataclass(frozen=True)
class Extraction:
    """What decides features."""

    representation: ImageRepresentation
    images: ImageSet
    reference: ImageSet

    @property
    def key(self) -> str:
        """Of the features in the cache."""
        return self.representation.key(self.images, self.reference)


def extract(one: Extraction, cache: Path, device: str = "cpu") -> FeatureMatrix:
    """The features."""
    return one.representation.features(one.images, one.reference, Work(cache, device))
