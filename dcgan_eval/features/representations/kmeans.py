"""K-means features of one layer, fitted on the split's reference images (Coates et al. 2011)."""

from __future__ import annotations

from typing import Any

import numpy as np

from dcgan_eval.core import Progress, identity
from dcgan_eval.data import ImageSet
from dcgan_eval.features.kinds import RepresentationKind
from dcgan_eval.features.kmeans import (
    Dictionary,
    Standardized,
    TriangleFeatures,
    fit_columns,
    fit_dictionary,
)
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
    standardize
        Reference images, spread evenly over all of them, by whose features each column is brought
        to mean 0 and variance 1; 0 leaves the columns as they are.
    """

    maps: int = identity(1600, ge=2)
    patch: int = identity(6, ge=2)
    patches: int = identity(400_000, ge=2)
    iterations: int = identity(50, ge=1)
    seed: int = identity(0, ge=0)
    standardize: int = identity(5000, ge=0)


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
        state = dict(vars(dictionary))
        if self.settings.standardize:
            some = min(self.settings.standardize, len(reference))
            rows = np.arange(some, dtype=np.int64) * len(reference) // some
            extractor = TriangleFeatures(dictionary, self.settings.patch, device)
            state["column_mean"], state["column_sd"] = fit_columns(
                extractor, reference.take(rows), 4 * self.settings.maps, progress
            )
        return state

    def extractor(self, state: State, device: str) -> Extractor:
        """Features by the fitted dictionary, standardised where the state says how."""
        arrays = {name: np.asarray(value) for name, value in state.items()}
        columns = [arrays.pop(name) for name in ("column_mean", "column_sd") if name in arrays]
        extractor = TriangleFeatures(Dictionary(**arrays), self.settings.patch, device)
        return Standardized(extractor, *columns) if columns else extractor


class _KMeans(RepresentationKind):
    """``kind: kmeans``."""

    settings = KMeansSettings

    def make(self, settings: KMeansSettings, place: Place) -> list[Representation]:
        """One representation."""
        return [KMeansRepresentation(settings)]


KIND = _KMeans()
