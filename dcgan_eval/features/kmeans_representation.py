"""K-means features of one layer, fitted on the reference images (Coates et al. 2011)."""

from __future__ import annotations

from typing import Any

import numpy as np

from dcgan_eval.core import Progress
from dcgan_eval.data import ImageSet
from dcgan_eval.features.extraction import ImageRepresentation
from dcgan_eval.features.kmeans import (
    Dictionary,
    Standardized,
    TriangleFeatures,
    fit_columns,
    fit_dictionary,
)
from dcgan_eval.features.matrix import Spans
from dcgan_eval.features.representation import Extractor, State


class KMeansRepresentation(ImageRepresentation):
    """Triangle activations of K-means centroids, summed over quadrants: one layer, ``kmeans``.

    Parameters
    ----------
    maps
        Number of centroids K; there are 4·K columns.
    patch
        Height and width of a patch in pixels.
    patches
        Patches that the centroids are fitted on.
    iterations
        Of K-means, at most.
    seed
        Of the patches and of the first centroids.
    standardize
        Reference images, spread evenly over all of them, by whose features each column is brought
        to mean 0 and variance 1; 0 leaves the columns as they are.
    name
        What tables call it.
    """

    kind = "kmeans"

    def __init__(
        self,
        *,
        maps: int,
        patch: int,
        patches: int,
        iterations: int,
        seed: int,
        standardize: int,
        name: str | None = None,
    ) -> None:
        self.maps, self.patch, self.patches = maps, patch, patches
        self.iterations, self.standardize = iterations, standardize
        self.seed: int = seed
        self.name = name or f"K-means, {maps:,} maps"

    def identity_values(self) -> dict[str, Any]:
        """All settings; the reference images are in the key of the features."""
        return {
            "kind": self.kind,
            "maps": self.maps,
            "patch": self.patch,
            "patches": self.patches,
            "iterations": self.iterations,
            "seed": self.seed,
            "standardize": self.standardize,
        }

    def spans(self, image_shape: tuple[int, int, int]) -> Spans:
        """Four columns a map."""
        return {"kmeans": (0, 4 * self.maps)}

    def needs_reference(self) -> bool:
        """Whitening and centroids are fitted on the reference images."""
        return True

    def fit(self, reference: ImageSet, device: str, progress: Progress) -> State:
        """Whiten and cluster patches of the reference images."""
        dictionary = fit_dictionary(
            reference,
            maps=self.maps,
            side=self.patch,
            patches=self.patches,
            iterations=self.iterations,
            seed=self.seed,
            progress=progress,
        )
        state = dict(vars(dictionary))
        if self.standardize:
            some = min(self.standardize, len(reference))
            rows = np.arange(some, dtype=np.int64) * len(reference) // some
            extractor = TriangleFeatures(dictionary, self.patch, device)
            state["column_mean"], state["column_sd"] = fit_columns(
                extractor, reference.take(rows), 4 * self.maps, device, progress
            )
        return state

    def extractor(self, state: State, device: str) -> Extractor:
        """Features by the fitted dictionary, standardised where the state says how."""
        arrays = {name: np.asarray(value) for name, value in state.items()}
        columns = [arrays.pop(name) for name in ("column_mean", "column_sd") if name in arrays]
        extractor = TriangleFeatures(Dictionary(**arrays), self.patch, device)
        return Standardized(extractor, *columns) if columns else extractor
