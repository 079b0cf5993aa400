"""From pixels to a `FeatureMatrix`: block by block, cached, resumable, checked on every hit.

1. The key names everything that decides the features. 2. What is fitted on unlabelled images is
fitted, or read from the cache and checked. 3. On a hit the first block is computed again and
compared, and every block's checksum is verified. 4. Otherwise the missing blocks are computed.
"""

from __future__ import annotations

import copy
import warnings
from abc import abstractmethod
from pathlib import Path
from typing import Any, Self

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import (
    CacheWarning,
    Progress,
    Work,
    device_name,
    digest_json,
    located,
    same_but_for_rounding,
    storage_errors,
    writable_folder,
)
from dcgan_eval.data import ImageSet, Items, with_pixels
from dcgan_eval.features.blockfile import BlockFile
from dcgan_eval.features.blocks import BATCH, compute_missing, fill, same_first_block, witness
from dcgan_eval.features.matrix import FeatureMatrix, Spans
from dcgan_eval.features.representation import Extractor, Representation, State
from dcgan_eval.records import Journal

# Raised whenever the same inputs would give other features.
EXTRACTOR_VERSION = 2

# Name of what lies beside a fitted state to tell whether it is today's.
_WITNESS = "witness"


class ImageRepresentation(Representation):
    """Features that an `Extractor` computes of pixels.

    Attributes
    ----------
    dtype
        Storage: ``"float32"`` or ``"float16"``.
    """

    dtype: str = "float32"

    @abstractmethod
    def spans(self, image_shape: tuple[int, int, int]) -> Spans:
        """Columns of each layer for images of this shape; a misfit is a DataError."""

    def needs_reference(self) -> bool:
        """Tell whether something is fitted on the reference images."""
        return False

    def fitted_values(self) -> dict[str, Any]:
        """Everything that decides what is fitted but the reference images, as JSON values."""
        return self.identity_values()

    def fit(self, reference: ImageSet, device: str, progress: Progress) -> State:
        """Fit what is fitted on unlabelled images; the state is cached."""
        return {}

    def witness(self, reference: ImageSet, state: State, device: str) -> NDArray[np.float32]:
        """What the first reference images give today: other code would not have fitted `state`."""
        columns = _width(self.columns(reference))
        return witness(reference, self.extractor(state, device), columns, device)

    @abstractmethod
    def extractor(self, state: State, device: str) -> Extractor:
        """Make the function from images to features."""

    @override
    def stored_as(self, dtype: str) -> Self:
        other = copy.copy(self)
        other.dtype = dtype
        return other

    @override
    def columns(self, items: Items) -> Spans:
        with located(self.name):
            return self.spans(with_pixels(items).image_shape)

    @override
    def stored_bytes(self, items: Items) -> int:
        return len(items) * _width(self.columns(items)) * np.dtype(self.dtype).itemsize

    @override
    def key(self, items: Items, reference: Items) -> str:
        return digest_json(self._parts(items, reference))

    @override
    def is_cached(self, items: Items, reference: Items, cache: Path) -> bool:
        return (cache / "features" / self.key(items, reference) / "about.json").is_file()

    def features(self, items: Items, reference: Items, work: Work) -> FeatureMatrix:
        """Features of images; of processes that share the cache one computes, the others wait."""
        with located(self.name):
            images, fitted_on = with_pixels(items), with_pixels(reference)
        spans = self.columns(items)
        folder = writable_folder(work.cache / "features")
        key = self.key(items, reference)
        file = BlockFile(folder / key, (len(items), _width(spans)), self.dtype, BATCH)
        with storage_errors(folder), FileLock(folder / f"{key}.lock"), located(self.name):
            if work.is_due(key):
                file.discard()
            extractor = self.fitted(fitted_on, work)
            if self._is_outdated(file, images, extractor, work.device):
                file.discard()
            self._reopen_damaged(file)
            if not file.finished():
                with work.progress.task("features", len(images), "images") as advance:
                    name = device_name(work.device)
                    compute_missing(file, images, extractor, work.device, name, advance)
                about = self._parts(items, reference)
                file.finish({"spans": {k: list(v) for k, v in spans.items()}, **about})
            checksum = digest_json(file.checksums())
            return FeatureMatrix(file.open(), spans, key, checksum, file.devices())

    def features_in_memory(self, items: Items, reference: Items, work: Work) -> FeatureMatrix:
        """Features that are computed and kept nowhere; nothing is read from the cache."""
        with located(self.name):
            images, fitted_on = with_pixels(items), with_pixels(reference)
            spans = self.columns(items)
            values = np.empty((len(items), _width(spans)), self.dtype)
            state = self.fit(fitted_on, work.device, work.progress)
            extractor = self.extractor(state, work.device)
            with work.progress.task("features", len(images), "images") as advance:
                fill(values, images, extractor, work.device, advance)
        return FeatureMatrix(values, spans, devices=(device_name(work.device),))

    def _parts(self, items: Items, reference: Items) -> dict[str, Any]:
        """What decides the features, as JSON values."""
        return {
            "extractor_version": EXTRACTOR_VERSION,
            "kind": self.kind,
            "representation": self.identity_values(),
            "reference": reference.fingerprint if self.needs_reference() else None,
            "images": items.fingerprint,
            "dtype": self.dtype,
            "batch": BATCH,
        }

    def _state_key(self, reference: Items) -> str:
        """Hash of what decides the fitted state."""
        parts = [EXTRACTOR_VERSION, self.kind, self.fitted_values(), reference.fingerprint, BATCH]
        return digest_json(parts)

    def fitted(self, reference: ImageSet, work: Work) -> Extractor:
        """Make the extractor, with its fitted state; see `fitted_state`."""
        return self.extractor(self.fitted_state(reference, work), work.device)

    def fitted_state(self, reference: ImageSet, work: Work) -> State:
        """What is fitted, from the cache where it is whole and today's.

        Beside it lies a witness of the code that fitted it.
        """
        if not self.needs_reference():
            return {}
        states, key = Journal(work.cache / "states"), self._state_key(reference)
        state = None if work.is_due(f"state {key}") else states.get(key)
        if state is not None and _WITNESS in state:
            before = state.pop(_WITNESS)
            if same_but_for_rounding(before, self.witness(reference, state, work.device)):
                return state
            warnings.warn(
                f"{self.name}: its fitted state is not what the code gives now; fitted again",
                CacheWarning,
                stacklevel=4,
            )
        fitted = self.fit(reference, work.device, work.progress)
        states.put(key, {**fitted, _WITNESS: self.witness(reference, fitted, work.device)})
        return fitted

    def _is_outdated(
        self, file: BlockFile, images: ImageSet, extractor: Extractor, device: str
    ) -> bool:
        """Whether the first stored block is not what the code gives today."""
        stored = file.first_block()
        if stored is None or same_first_block(stored, images, extractor, device):
            return False
        if file.finished():
            warnings.warn(
                f"{self.name}: cached features are not what the code gives now; computed again",
                CacheWarning,
                stacklevel=3,
            )
        return True

    def _reopen_damaged(self, file: BlockFile) -> None:
        """Make finished features with damaged blocks unfinished ones without them."""
        whole = file.finished()
        bad = file.damaged() if whole else []
        if bad or (file.folder.exists() and not whole):
            what = f"{len(bad)} damaged block(s)" if whole else "a damaged description"
            warnings.warn(
                f"{self.name}: {what} of cached features; computed again",
                CacheWarning,
                stacklevel=3,
            )
        if bad:
            file.reopen()


def _width(spans: Spans) -> int:
    """Columns of all layers."""
    return max((last for _, last in spans.values()), default=0)
