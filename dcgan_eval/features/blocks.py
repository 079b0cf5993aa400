"""Blocks of features: computed, compared with stored ones, written where they are missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Advance, DataError, projected, same_but_for_rounding
from dcgan_eval.data import ImageSet
from dcgan_eval.features.blockfile import BlockFile
from dcgan_eval.features.representation import Extractor

# Images that are computed together. The authors' number; it is part of what `dataset` and `batch`
# statistics mean, and with one fixed number the same images give the same bits.
BATCH = 128


def same_first_block(stored: NDArray[np.floating], images: ImageSet, extractor: Extractor) -> bool:
    """Whether the first block computed now equals the stored one but for rounding."""
    now = _block(images, 0, len(stored), extractor, stored.shape[1])
    return same_but_for_rounding(stored, now.astype(stored.dtype))


def witness(images: ImageSet, extractor: Extractor, columns: int) -> NDArray[np.float32]:
    """A number an image of the first block, which any change of its features changes."""
    return projected(_block(images, 0, min(BATCH, len(images)), extractor, columns))[:, 0]


def compute_missing(
    file: BlockFile, images: ImageSet, extractor: Extractor, device: str, advance: Advance
) -> None:
    """Compute and write the blocks that are not there yet, noting the device."""
    done = file.start()
    file.note_device(device)
    with file.writer() as writer:
        for index in range(file.n_blocks):
            first, last = file.rows(index)
            if index not in done:
                values = _block(images, first, last, extractor, file.shape[1])
                with np.errstate(over="ignore"):  # said below
                    stored = values.astype(file.dtype, copy=False)
                _check_finite(stored, first, images)
                writer.write(index, stored)
            advance(last - first, computed=index not in done)


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


def _check_finite(values: NDArray[np.floating], first: int, images: ImageSet) -> None:
    """Refuse features that are not numbers, naming the first image."""
    # One sum is cheap; only when it is not finite is it worth asking where.
    with np.errstate(invalid="ignore"):
        if np.isfinite(values.sum(dtype=np.float64)):
            return
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        raise DataError(
            f"features of image {first + int(bad[0])} of {images.name} are not finite as "
            f"{values.dtype}; check the weights and the preprocessing"
            + ("" if values.dtype == np.float32 else ", or set dtype: float32")
        )
