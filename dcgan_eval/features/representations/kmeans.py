"""K-means features of one layer, fitted on the split's reference images (Coates et al. 2011)."""

from __future__ import annotations

from typing import Any

import numpy as np

from dcgan_eval.core import Progress, identity
from dcgan_eval.data import ImageSet
from dcgan_eval.features.kinds import RepresentationKind
from dcgan_eval.features.kmeans import Dictionary, TriangleFeatures, fit_dictionary
from dcgan_eval.features.matrix import Spans
from dcgan_eval.features.representation import (
    Extractor,
    Place,
    Representation,
    RepresentationSettings,
    State,
)


class KMeansSettings(RepresentationSettings):
    """Settings of ``kind: kmeans``.

    Attributes
    ----------
    maps
        Number of centroids K; there are 4·K columns.
    patch
        Height and width of a patch in pixels.
    patches
        Patches that the centroids are fitted on.
    iterations
        Of K-means, at most; those of the paper's authors' demonstration.
    seed
        Of the patches and of the first centroids.
    """

    maps: int = identity(1600, ge=2)
    patch: int = identity(6, ge=2)
    patches: int = identity(400_000, ge=2)
    iterations: int = identity(50, ge=1)
    seed: int = identity(0, ge=0)


class KMeansRepresentation(Representation):
    """Triangle activations of K-means centroids, summed over quadrants: one layer, ``kmeans``."""

    kind = "kmeans"

    def __init__(self, settings: KMeansSettings) -> None:
        self.settings = settings
        self.name = settings.name or f"K-means, {settings.maps:,} maps"
        self.seed = settings.seed

    def identity_values(self) -> dict[str, Any]:
        """All settings; the reference images are in the key of the features."""
        return self.settings.identity_values()

    def spans(self, image_shape: tuple[int, int, int]) -> Spans:
        """Four columns a map."""
        return {"kmeans": (0, 4 * self.settings.maps)}

    def needs_reference(self) -> bool:
        """Whitening and centroids are fitted on the reference images."""
        return True

    def fit(self, reference: ImageSet, device: str, progress: Progress) -> State:
        """Whiten and cluster patches of the reference images."""
        dictionary = fit_dictionary(
            reference,
            maps=self.settings.maps,
            side=self.settings.patch,
            patches=self.settings.patches,
            iterations=self.settings.iterations,
            seed=self.settings.seed,
            progress=progress,
        )
        return vars(dictionary)

    def extractor(self, state: State, device: str) -> Extractor:
        """Features by the fitted dictionary."""
        dictionary = Dictionary(**{name: np.asarray(state[name]) for name in state})
        return TriangleFeatures(dictionary, self.settings.patch, device)


class _KMeans(RepresentationKind):
    """``kind: kmeans``."""

    settings = KMeansSettings

    def make(self, settings: KMeansSettings, place: Place) -> list[Representation]:
        """One representation."""
        return [KMeansRepresentation(settings)]


KIND = _KMeans()
