"""Whether samples are copies of training images, and of how many different ones.

Distances from samples to their nearest training image beside those from real test images: of a
generator that has learned the distribution they are alike; of one that remembers, samples are
nearer. Diverse samples are near many different training images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Work
from dcgan_eval.data import ImageSet
from dcgan_eval.probes import NearestNeighborScorer
from dcgan_eval.samples import SampleSource, as_bytes, rows_like, samples

# Samples nearer than this percent of real test images are called copies.
_NEAR = 1.0
_PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
_PAIRS = 25


@dataclass(frozen=True)
class Memorisation:
    """What the nearest training images say.

    Attributes
    ----------
    copied
        Percent of the samples nearer to a training image than all but 1 % of real test images;
        about 1 for samples that are distributed as the test images are.
    distinct
        Different training images that are the nearest of some sample, per 100 samples.
    details
        Percentiles of both kinds of distance (pixels in [0, 1]), counts.
    pairs
        uint8 images: the nearest samples, each followed by its training image.
    """

    copied: float
    distinct: float
    details: dict[str, Any]
    pairs: NDArray[np.uint8]


def memorisation(
    source: SampleSource,
    train: ImageSet,
    test: NDArray[np.uint8],
    count: int,
    block: int,
    work: Work,
) -> Memorisation:
    """Search the training images for the nearest to the first `count` samples of seed 0."""
    images, _ = samples(source, train, 0, 0, count)
    key = f"training images nearest to {count} samples"
    ours = work.units.get(key)
    if ours is None:
        ours = nearest_training_images(images, train, block, work.device)
        work.units.put(key, ours)
        work.progress.say(f"{source.name}: training images nearest to {count:,} samples")
    real = work.units.get("training images nearest to the test images")
    if real is None:
        real = nearest_training_images(test, train, block, work.device)
        work.units.put("training images nearest to the test images", real)
    near = float(np.percentile(real["distances"], _NEAR))
    order = np.argsort(ours["distances"], kind="stable")[:_PAIRS]
    pairs = np.stack([as_bytes(images[order]), train.images_of(ours["ids"][order])], axis=1)
    n_distinct = len(np.unique(ours["ids"]))
    return Memorisation(
        copied=100.0 * float(np.mean(ours["distances"] < near)),
        distinct=100.0 * n_distinct / count,
        details={
            "samples": count,
            "percentiles": list(_PERCENTILES),
            "distance_of_samples": _percentiles(ours["distances"]),
            "distance_of_test_images": _percentiles(real["distances"]),
            "distinct_training_images": n_distinct,
            "distinct_of_test_images": len(np.unique(real["ids"][:count])),
        },
        pairs=pairs.reshape(-1, *pairs.shape[2:]),
    )


def nearest_training_images(
    images: NDArray[Any], train: ImageSet, block: int, device: str
) -> dict[str, NDArray[Any]]:
    """Nearest training image of each image: ``ids``, and ``distances`` for pixels in [0, 1].

    Parameters
    ----------
    images : (n, height, width, channels)
        uint8, or float32 in [0, 1].
    train
        Where they are looked for; ties go to the lowest id.
    block
        Training images held at a time.
    device
        Torch device.
    """
    scorer = NearestNeighborScorer(images.reshape(len(images), -1), device=device)
    for start in range(0, len(train), block):
        rows = rows_like(train.images(start, min(start + block, len(train))), images)
        scorer.partial_fit(rows, np.zeros(len(rows), np.int64))
    found = scorer.neighbors()
    unit = 255.0 if images.dtype == np.uint8 else 1.0
    return {"ids": found.ids, "distances": found.distances / unit}


def _percentiles(distances: NDArray[np.float64]) -> list[float]:
    return [float(value) for value in np.percentile(distances, _PERCENTILES)]
