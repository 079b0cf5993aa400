"""Small image sets for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import digest_arrays
from dcgan_eval.data import ImageSet


def made_images(
    name: str,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64],
    class_names: tuple[str, ...],
    fingerprint: str,
) -> ImageSet:
    """A set of images in memory."""
    return ImageSet(
        name=name,
        labels=labels,
        class_names=class_names,
        fingerprint=fingerprint,
        pixels=pixels,
    )


def random_images(
    n: int, shape: tuple[int, int, int] = (8, 8, 1), n_classes: int = 3, seed: int = 0
) -> ImageSet:
    """Random pixels, brighter with the class, so that classes can be told apart."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n, dtype=np.int64) % n_classes
    pixels = rng.integers(0, 128, (n, *shape), dtype=np.uint8)
    pixels += (labels * (127 // n_classes)).astype(np.uint8)[:, None, None, None]
    names = tuple(str(label) for label in range(n_classes))
    fingerprint = digest_arrays([("pixels", pixels), ("labels", labels)])
    return made_images(f"random{n}", pixels, labels, names, fingerprint)
