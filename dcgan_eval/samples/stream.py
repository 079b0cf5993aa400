"""The stream of a source's samples: any of them, by seed and number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import rng_for
from dcgan_eval.data import ImageSet
from dcgan_eval.samples.source import BATCH, SampleSource


def asked_labels(seed: int, start: int, stop: int, n_classes: int) -> NDArray[np.int64]:
    """Label of each sample: a permutation of the classes for every n_classes consecutive ids."""
    first, last = start // n_classes, -(-stop // n_classes)
    groups = [
        rng_for("nearest_samples", seed, "labels", group).permutation(n_classes)
        for group in range(first, last)
    ]
    return np.concatenate(groups)[start - first * n_classes : stop - first * n_classes]


def samples(
    source: SampleSource, train: ImageSet, seed: int, start: int, stop: int
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Samples start … stop − 1 (images, and what they are); their batches are drawn whole."""
    first, last = start // BATCH, -(-stop // BATCH)
    pieces = []
    for number in range(first, last):
        asked = asked_labels(seed, number * BATCH, (number + 1) * BATCH, len(train.class_names))
        pieces.append(source.batch(train, seed, number, asked))
    part = slice(start - first * BATCH, stop - first * BATCH)
    images, labels = zip(*pieces, strict=True)
    return np.concatenate(images)[part], np.concatenate(labels)[part]


def picked(
    source: SampleSource, train: ImageSet, seed: int, ids: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Single samples, drawn again, as uint8 images (ids, height, width, channels)."""
    images = [samples(source, train, seed, int(one), int(one) + 1)[0] for one in ids]
    return as_bytes(np.concatenate(images)) if images else np.empty((0, 1, 1, 1), np.uint8)


def as_bytes(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Images as uint8, of floats in [0, 1] the nearest."""
    return images if images.dtype == np.uint8 else np.rint(images * 255).astype(np.uint8)


def rows_like(images: NDArray[np.uint8], like: NDArray[Any]) -> NDArray[Any]:
    """Images as rows in the units of some samples: uint8, or float32 in [0, 1]."""
    rows = images.reshape(len(images), -1)
    return rows if like.dtype == np.uint8 else rows.astype(np.float32) / np.float32(255)
