"""What users give to the scorer, checked and brought to a form that the compiled loops read."""

from __future__ import annotations

from typing import Any

import numpy as np

from dcgan_eval.core import DataError

# Kinds of numbers that the compiled loops know, and what float16 becomes (exactly).
_KINDS = {"uint8": "uint8", "float16": "float32", "float32": "float32", "float64": "float64"}


def matrix(values: Any, what: str) -> np.ndarray:
    """A 2-d array of a kind that the search knows."""
    array = np.asarray(values)
    if array.ndim != 2:
        raise DataError(
            f"{what} have {array.ndim} dimensions, 2 are needed (one row an image): "
            "flatten each image to a row"
        )
    if array.dtype.name not in _KINDS:
        raise DataError(f"{what} are {array.dtype}, uint8 or a float dtype is needed")
    return array


def native(rows: np.ndarray) -> np.ndarray:
    """Rows as the compiled loops read them: contiguous, this machine's byte order."""
    return np.ascontiguousarray(rows, dtype=_KINDS[rows.dtype.name])


def integers(values: Any, count: int, what: str) -> np.ndarray:
    """One int64 for each sample."""
    array = np.asarray(values)
    if array.shape != (count,) or (count and array.dtype.kind not in "iu"):
        raise DataError(
            f"{what} are {array.dtype} of shape {array.shape}: one integer for each of the "
            f"{count} samples is needed"
        )
    return array.astype(np.int64)
