"""Blocks of features: computed, compared with stored ones, written where they are missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Advance, DataError
from dcgan_eval.data import ImageSet
from dcgan_eval.features.blockfile import BlockFile
from dcgan_eval.features.representation import Extractor

# Images that are computed together. The authors' number; it is part of what `dataset` and `batch`
# statistics mean, and with one fixed number the same images give the same bits.
BATCH = 128

# Two machines or thread counts round differently; edited code differs by more than this share of
# a layer's largest feature.
_SAME = 1e-4


def same_first_block(stored: NDArray[np.floating], images: ImageSet, extractor: Extractor) -> bool:
    """Whether the first block computed now equals the stored one but for rounding."""
    now = _block(images, 0, len(stored), extractor, stored.shape[1])
    now = now.astype(stored.dtype).astype(np.float32)
    scale = float(np.abs(now).max(initial=0.0)) or 1.0
    return bool(np.abs(now - stored.astype(np.float32)).max(initial=0.0) <= _SAME * scale)


def compute_missing(
    file: BlockFile, images: ImageSet, extractor: Extractor, advance: Advance
) -> None:
    """Compute and write the blocks that are not there yet."""
    done = file.start()
    with file.writer() as writer:
        for index in range(file.n_blocks):
            first, last = file.rows(index)
            if index not in done:
                values = _block(images, first, last, extractor, file.shape[1])
                _check_finite(values, first, images)
                writer.write(index, values.astype(file.dtype, copy=False))
            advance(last - first)


def _block(
    images: ImageSet, first: int, last: int, extractor: Extractor, columns: int
) -> NDArray[np.float32]:
    """Features of one block; a short block is padded where images do not see each other."""
    batch = images.images(first, last)
    padding = BATCH - len(batch) if extractor.independent else 0
    if padding:
        batch = np.concatenate([batch, np.zeros((padding, *batch.shape[1:]), np.uint8)])
    out = np.empty((len(batch), columns), np.float32)
    extractor(batch, out)
    return out[: last - first]


def _check_finite(values: NDArray[np.float32], first: int, images: ImageSet) -> None:
    """Refuse features that are not numbers, naming the first image."""
    # One sum is cheap; only when it is not finite is it worth asking where.
    if np.isfinite(values.sum(dtype=np.float64)):
        return
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        raise DataError(
            f"features of image {first + int(bad[0])} of {images.name} are not finite; check the "
            "weights and the preprocessing"
        )
