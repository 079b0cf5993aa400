"""Blocks of features: computed, compared with stored ones, written where they are missing.

A block is computed by one worker with one torch thread, so that its bits do not depend on how many
threads there are; reading, converting and checking one block hide behind the network of another.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import Advance, DataError, projected, same_but_for_rounding
from dcgan_eval.data import ImageSet
from dcgan_eval.features.blockfile import BlockFile
from dcgan_eval.features.representation import Extractor
from dcgan_eval.features.workers import workers

# Images that are computed together. The authors' number; it is part of what `dataset` and `batch`
# statistics mean, and with one fixed number the same images give the same bits.
BATCH = 128


def same_first_block(
    stored: NDArray[np.floating], images: ImageSet, extractor: Extractor, device: str
) -> bool:
    """Whether the first block computed now equals the stored one but for rounding."""
    now = np.empty(stored.shape, np.float32)
    _fill_first(now, images, extractor, device)
    return same_but_for_rounding(stored, now.astype(stored.dtype))


def witness(
    images: ImageSet, extractor: Extractor, columns: int, device: str
) -> NDArray[np.float32]:
    """A number an image of the first block, which any change of its features changes."""
    now = np.empty((min(BATCH, len(images)), columns), np.float32)
    _fill_first(now, images, extractor, device)
    return projected(now)[:, 0]


def fill(
    values: NDArray[np.floating],
    images: ImageSet,
    extractor: Extractor,
    device: str,
    advance: Advance,
) -> None:
    """Compute all blocks into an array in memory."""
    starts = range(0, len(images), BATCH)
    with workers(extractor, device) as shared:

        def block(own: Extractor, first: int) -> int:
            rows = values[first : first + BATCH]
            _compute(own, images, first, rows)
            return len(rows)

        for count in shared.in_order(block, starts):
            advance(count)


def compute_missing(
    file: BlockFile,
    images: ImageSet,
    extractor: Extractor,
    device: str,
    device_name: str,
    advance: Advance,
) -> None:
    """Compute and write the blocks that are not there yet, noting the device."""
    done = file.start()
    file.note_device(device_name)
    for index in sorted(done):
        first, last = file.rows(index)
        advance(last - first, computed=False)
    missing = (index for index in range(file.n_blocks) if index not in done)
    with workers(extractor, device) as shared, file.writer() as writer:

        def block(own: Extractor, index: int) -> tuple[int, NDArray[np.floating]]:
            first, last = file.rows(index)
            rows = np.empty((last - first, file.shape[1]), file.dtype)
            _compute(own, images, first, rows)
            return index, rows

        for index, rows in shared.in_order(block, missing):
            writer.write(index, rows)
            advance(len(rows), computed=True)


def _fill_first(
    rows: NDArray[np.float32], images: ImageSet, extractor: Extractor, device: str
) -> None:
    """Compute the first block, or the part of it that there is, as any other."""
    with workers(extractor, device) as shared:
        list(shared.in_order(lambda own, first: _compute(own, images, first, rows), [0]))


def _compute(
    extractor: Extractor, images: ImageSet, first: int, rows: NDArray[np.floating]
) -> None:
    """Write the features of one block; a short one is padded where images do not see each other."""
    batch = images.images(first, first + len(rows))
    padding = BATCH - len(batch) if extractor.independent else 0
    if padding:
        batch = np.concatenate([batch, np.zeros((padding, *batch.shape[1:]), np.uint8)])
    direct = rows.dtype == np.float32 and not padding
    whole = rows if direct else np.empty((len(batch), rows.shape[1]), np.float32)
    extractor(batch, whole)
    if not direct:
        with np.errstate(over="ignore"):  # said below
            rows[:] = whole[: len(rows)]
    check_finite(rows, first, images)


def check_finite(rows: NDArray[np.floating], first: int, images: ImageSet) -> None:
    """Refuse features that are not numbers, naming the first image."""
    # One sum is cheap; only when it is not finite is it worth asking where.
    if torch.from_numpy(rows).sum(dtype=torch.float32).isfinite():
        return
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise DataError(
            f"features of image {first + int(bad[0])} of {images.name} are not finite as "
            f"{rows.dtype}; check the weights and the preprocessing"
            + ("" if rows.dtype == np.float32 else ", or set dtype: float32")
        )
