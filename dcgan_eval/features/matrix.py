"""`FeatureMatrix`: features, usually on disk, read in blocks, sliced by layer for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import SettingsError, did_you_mean

Spans = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class FeatureMatrix:
    """Features of an image set: rows in its order, columns in the order layer, channel, y, x.

    Attributes
    ----------
    values : float32 or float16 array, (n, d)
        Usually a read-only memory map.
    spans
        Columns of each layer: name → (first, last + 1).
    key
        The cache key; empty for features that were never cached.
    checksum
        Of the values of the whole matrix as it is stored, whichever layers were chosen of it.
    devices
        Where they were computed.

    Examples
    --------
    >>> from dcgan_eval import extract_features, load_encoder, load_images
    >>> encoder = load_encoder("zoo/digits_dcgan8.safetensors")
    >>> features = extract_features(encoder, load_images("digits", "test"))
    >>> features.shape, features.spans
    ((360, 2560), {'layer1': (0, 512), 'layer2': (512, 1536), 'layer3': (1536, 2560)})
    """

    values: NDArray[np.floating] = field(repr=False)
    spans: Spans
    key: str = ""
    checksum: str = ""
    devices: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return int(self.values.shape[0]), int(self.values.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float16."""
        return self.values.dtype

    @property
    def ndim(self) -> int:
        """Always 2."""
        return 2

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> NDArray[np.floating]:
        chosen: NDArray[np.floating] = self.values[rows]
        return chosen

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.floating]:
        return np.array(self.values, dtype=dtype, copy=copy)

    def layers(self, names: Sequence[str]) -> FeatureMatrix:
        """Choose the columns of some layers; neighbouring layers are a view, nothing is copied.

        Raises
        ------
        SettingsError
            A name that is not a layer, or layers that do not lie side by side.
        """
        for name in names:
            if name not in self.spans:
                raise SettingsError(f"unknown layer {name!r}; {did_you_mean(name, self.spans)}")
        ordered = sorted(names, key=lambda name: self.spans[name])
        first, last = self.spans[ordered[0]][0], self.spans[ordered[-1]][1]
        chosen: dict[str, tuple[int, int]] = {}
        at = first
        for name in ordered:
            # What gathers its rows as they are read would be read whole to be cut.
            if self.spans[name][0] != at or not isinstance(self.values, np.ndarray):
                return self._gathered(ordered)
            chosen[name] = (at - first, self.spans[name][1] - first)
            at = self.spans[name][1]
        return replace(self, values=self.values[:, first:last], spans=chosen)

    def _gathered(self, ordered: Sequence[str]) -> FeatureMatrix:
        """Layers that do not lie side by side: columns are gathered as rows are read."""
        chosen: dict[str, tuple[int, int]] = {}
        at = 0
        for name in ordered:
            width = self.spans[name][1] - self.spans[name][0]
            chosen[name] = (at, at + width)
            at += width
        pieces = tuple(self.spans[name] for name in ordered)
        gathered: Any = _Columns(
            self.values, pieces
        )  # shape, dtype and row slices are all that is used
        return replace(self, values=gathered, spans=chosen)


class _Columns:
    """Some spans of columns of an array, gathered when rows are read."""

    def __init__(self, values: NDArray[np.floating], pieces: tuple[tuple[int, int], ...]) -> None:
        self.values, self.pieces = values, pieces
        self.dtype = values.dtype
        self.shape = (values.shape[0], sum(last - first for first, last in pieces))

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> NDArray[np.floating]:
        chosen = self.values[rows]
        return np.concatenate([chosen[..., first:last] for first, last in self.pieces], axis=-1)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.floating]:
        return np.asarray(self[:], dtype=dtype)
