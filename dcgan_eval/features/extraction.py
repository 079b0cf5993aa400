"""From images to a `FeatureMatrix`: block by block, cached, resumable, checked on every hit.

1. The key names everything that decides the features. 2. What is fitted on unlabelled images is
fitted, or read from the cache. 3. On a hit the first block is computed again and compared, and
every block's checksum is verified. 4. Otherwise the missing blocks are computed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from dcgan_eval.core import (
    CacheWarning,
    DataError,
    Progress,
    Silent,
    digest_json,
    storage_errors,
    writable_folder,
)
from dcgan_eval.data import ImageSet
from dcgan_eval.features.blockfile import BlockFile
from dcgan_eval.features.encoding import BATCH
from dcgan_eval.features.matrix import FeatureMatrix
from dcgan_eval.features.representation import Extractor, Representation, State
from dcgan_eval.records import Journal

# Raised whenever the same inputs would give other features.
EXTRACTOR_VERSION = 1

# Two machines or thread counts round differently; edited code differs by more than this share of
# a layer's largest feature.
_SAME = 1e-4


@dataclass(frozen=True)
class Extraction:
    """What is extracted: the parts that decide the features.

    Attributes
    ----------
    reference
        Images that the representation is fitted on, in order; ignored where nothing is fitted.
    dtype
        Storage: ``"float32"`` or ``"float16"``.
    """

    representation: Representation
    images: ImageSet
    reference: ImageSet | None = None
    dtype: str = "float32"

    def state_parts(self) -> dict[str, Any]:
        """What decides the fitted state, as JSON values."""
        parts: dict[str, Any] = {
            "extractor_version": EXTRACTOR_VERSION,
            "kind": self.representation.kind,
            "representation": self.representation.identity_values(),
            "reference": None,
        }
        if self.representation.needs_reference():
            if self.reference is None:
                raise DataError(
                    f"{self.representation.name}: is fitted on unlabelled images; "
                    "give reference images"
                )
            parts["reference"] = self.reference.fingerprint
        return parts

    def parts(self) -> dict[str, Any]:
        """What decides the features, as JSON values."""
        return {
            **self.state_parts(),
            "images": self.images.fingerprint,
            "dtype": self.dtype,
            "batch": BATCH,
        }

    @property
    def key(self) -> str:
        """Hash of `parts`."""
        return digest_json(self.parts())


def extract(
    extraction: Extraction,
    cache: Path,
    *,
    device: str = "cpu",
    progress: Progress | None = None,
) -> FeatureMatrix:
    """Features of an image set, from the cache or computed into it.

    Parameters
    ----------
    extraction
        What to extract.
    cache
        Folder of the cache. Processes may share it: one computes, the others wait and use it.
    device
        Torch device.
    progress
        Where to report; nowhere when None.

    Returns
    -------
    FeatureMatrix
        (len(images), columns), mapped read-only.

    Raises
    ------
    DataError
        Images do not fit the representation.
    StorageError
        The disk is full or cannot be written to.
    """
    progress = progress or Silent()
    spans = extraction.representation.spans(extraction.images.image_shape)
    columns = max(last for _, last in spans.values())
    folder = writable_folder(cache / "features")
    key = extraction.key
    file = BlockFile(folder / key, (len(extraction.images), columns), extraction.dtype, BATCH)
    with storage_errors(folder), FileLock(folder / f"{key}.lock"):
        extractor = _extractor(extraction, cache, device, progress)
        if file.finished() or file.part.exists():
            extractor = _distrust(file, extraction, extractor, cache, device, progress)
        if not file.finished():
            _compute_missing(file, extraction, extractor, progress)
            file.finish({"spans": {k: list(v) for k, v in spans.items()}, **extraction.parts()})
        return FeatureMatrix(file.open(), spans, key)


def is_cached(extraction: Extraction, cache: Path) -> bool:
    """Whether finished features lie in the cache (they are still checked when they are used)."""
    return (cache / "features" / extraction.key / "about.json").is_file()


def _states(cache: Path) -> Journal:
    """What was fitted on unlabelled images; a unit a representation and reference set."""
    return Journal(cache / "states")


def _state_key(extraction: Extraction) -> str:
    return digest_json(extraction.state_parts())


def _extractor(extraction: Extraction, cache: Path, device: str, progress: Progress) -> Extractor:
    """Make the extractor, with its fitted state from the cache where it is whole."""
    representation = extraction.representation
    if not representation.needs_reference():
        return representation.extractor({}, device)
    states, key = _states(cache), _state_key(extraction)
    state: State | None = states.get(key)
    if state is None:
        assert extraction.reference is not None
        state = representation.fit(extraction.reference, device, progress)
        states.put(key, state)
    return representation.extractor(state, device)


def _distrust(
    file: BlockFile,
    extraction: Extraction,
    extractor: Extractor,
    cache: Path,
    device: str,
    progress: Progress,
) -> Extractor:
    """Compare what is stored with what the code gives today, and throw away what differs."""
    name = extraction.representation.name
    if file.finished():
        if file.n_blocks and not _same_first_block(
            file.open()[: file.block], extraction, extractor
        ):
            warnings.warn(
                f"{name}: cached features are not what the code gives now; computed again",
                CacheWarning,
                stacklevel=3,
            )
            file.discard()
            _states(cache).drop(_state_key(extraction))
            return _extractor(extraction, cache, device, progress)
        bad = file.damaged()
        if bad:
            warnings.warn(
                f"{name}: {len(bad)} damaged block(s) of cached features; computed again",
                CacheWarning,
                stacklevel=3,
            )
            file.reopen()
        return extractor
    if 0 in file.start():
        values = np.fromfile(
            file.part / "values.bin", file.dtype, count=file.rows(0)[1] * file.shape[1]
        )
        stored = values.reshape(-1, file.shape[1])
        if not _same_first_block(stored, extraction, extractor):
            file.discard()
            _states(cache).drop(_state_key(extraction))
            return _extractor(extraction, cache, device, progress)
    return extractor


def _same_first_block(
    stored: NDArray[np.floating], extraction: Extraction, extractor: Extractor
) -> bool:
    """Whether the first block computed now equals the stored one but for rounding."""
    now = _block(extraction.images, 0, len(stored), extractor, stored.shape[1])
    now = now.astype(stored.dtype).astype(np.float32)
    scale = float(np.abs(now).max(initial=0.0)) or 1.0
    return bool(np.abs(now - stored.astype(np.float32)).max(initial=0.0) <= _SAME * scale)


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


def _compute_missing(
    file: BlockFile, extraction: Extraction, extractor: Extractor, progress: Progress
) -> None:
    """Compute and write the blocks that are not there yet."""
    done = file.start()
    name = extraction.representation.name
    total = len(extraction.images)
    with progress.task(f"{name}: features", total, "images") as advance, file.writer() as writer:
        for index in range(file.n_blocks):
            first, last = file.rows(index)
            if index not in done:
                values = _block(extraction.images, first, last, extractor, file.shape[1])
                _check_finite(values, first, extraction)
                writer.write(index, values.astype(file.dtype, copy=False))
            advance(last - first)


def _check_finite(values: NDArray[np.float32], first: int, extraction: Extraction) -> None:
    """Refuse features that are not numbers, naming the first image."""
    # One sum is cheap; only when it is not finite is it worth asking where.
    if np.isfinite(values.sum(dtype=np.float64)):
        return
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        raise DataError(
            f"{extraction.representation.name}: features of image {first + int(bad[0])} of "
            f"{extraction.images.name} are not finite; check the weights and the preprocessing"
        )
