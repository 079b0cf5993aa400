"""Training images, deformed at random, as a source of labelled samples: the hand-made rival.

In the manner of InfiMNIST: Loosli, Canu, Bottou, *Training Invariant Support Vector Machines using
Selective Sampling*, 2007, section 3. A pattern x becomes

    x + a (f_x · ∂x/∂col + f_y · ∂x/∂row) + b √((∂x/∂col)² + (∂x/∂row)²),

where f is a smoothed random field, the last term thickens or thins the strokes, and the result is
moved by whole pixels. The amplitudes are our own, chosen by the error on held-out training digits.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from typing_extensions import override

from dcgan_eval.core import rng_for
from dcgan_eval.data import ImageSet
from dcgan_eval.samples.source import SampleSource


@dataclass(frozen=True)
class Deformation:
    """How far images are deformed.

    Attributes
    ----------
    elastic
        Root mean square of the random displacement, pixels along each axis.
    smoothness
        Standard deviation of the Gaussian that smooths the field, pixels.
    thickness
        Most that a stroke's edge moves out or in, pixels.
    shift
        Most that an image moves along each axis, whole pixels.
    """

    elastic: float = 0.5
    smoothness: float = 4.0
    thickness: float = 0.5
    shift: int = 0


class DeformedSource(SampleSource):
    """Sample i is a training image of the class asked for, drawn and deformed at random."""

    kind = "deformed"

    def __init__(self, deformation: Deformation, name: str = "deformed data") -> None:
        self.deformation, self.name = deformation, name

    def identity_values(self) -> dict[str, Any]:
        """The amplitudes."""
        return {"kind": self.kind, **asdict(self.deformation)}

    def check(self, train: ImageSet, count: int) -> None:
        """Whatever the images, they can be deformed."""

    @override
    def batch(
        self, train: ImageSet, seed: int, number: int, labels: NDArray[np.int64]
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        stream = rng_for("nearest_samples", seed, "deformed", number)
        of_class = {label: np.flatnonzero(train.y == label) for label in np.unique(labels)}
        ranks = stream.random(len(labels))
        rows = [
            of_class[label][int(rank * len(of_class[label]))]
            for label, rank in zip(labels, ranks, strict=True)
        ]
        return deform(train.images_of(np.array(rows)), self.deformation, stream), labels


def deform(
    images: NDArray[np.uint8], by: Deformation, stream: np.random.Generator
) -> NDArray[np.uint8]:
    """Deformed copies of images (n, height, width, channels)."""
    n, height, width, _ = images.shape
    sigma = by.smoothness
    field = gaussian_filter(
        stream.standard_normal((2, n, height, width)), (0, 0, sigma, sigma), mode="wrap"
    )
    # White noise of variance 1 has variance 1 / (4π σ²) when smoothed (everywhere, as it wraps).
    field *= by.elastic * np.sqrt(4 * np.pi) * sigma
    thick = stream.uniform(-by.thickness, by.thickness, (n, 1, 1, 1))
    shifts = stream.integers(-by.shift, by.shift + 1, (n, 2))
    x = images.astype(np.float64)
    by_row, by_column = np.gradient(x, axis=(1, 2))
    x += field[0, ..., None] * by_row + field[1, ..., None] * by_column
    x += thick * np.hypot(by_row, by_column)
    moved = np.zeros_like(images)
    deformed = np.rint(np.clip(x, 0, 255)).astype(np.uint8)
    for one, of, (down, right) in zip(moved, deformed, shifts, strict=True):
        one[max(down, 0) : height + down, max(right, 0) : width + right] = of[
            max(-down, 0) : height - down, max(-right, 0) : width - right
        ]
    return moved
