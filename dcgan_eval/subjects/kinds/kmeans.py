"""K-means features of one layer, fitted on the split's reference images (Coates et al. 2011)."""

from __future__ import annotations

from typing_extensions import override

from dcgan_eval.core import Subject, identity
from dcgan_eval.features import KMeansRepresentation
from dcgan_eval.subjects.settings import Place, SubjectSettings


class KMeans(SubjectSettings):
    """Settings of ``kind: kmeans``.

    Attributes
    ----------
    maps, patch, patches, iterations, seed, standardize
        See `dcgan_eval.features.KMeansRepresentation`; the defaults of `iterations` and of the
        patch are those of the paper and of its authors' demonstration.

    Examples
    --------
    >>> from dcgan_eval import KMeans, evaluate
    >>> subject = KMeans(maps=5, patch=3, patches=500, iterations=2)
    >>> few = {"train_size": 100, "grid": [0.01], "progress": False}
    >>> results = evaluate(subject, train="digits", test="digits", protocol="full_labels", **few)
    >>> results[0].record.outcome.representation.columns
    20
    """

    kind: str = identity("kmeans")
    maps: int = identity(1600, ge=2)
    patch: int = identity(6, ge=2)
    patches: int = identity(400_000, ge=2)
    iterations: int = identity(50, ge=1)
    seed: int = identity(0, ge=0)
    standardize: int = identity(5000, ge=0)

    @override
    def make(self, part: int, place: Place) -> list[Subject]:
        return [
            KMeansRepresentation(
                maps=self.maps,
                patch=self.patch,
                patches=self.patches,
                iterations=self.iterations,
                seed=self.seed,
                standardize=self.standardize,
                name=self.name,
            )
        ]


SUBJECT = KMeans
