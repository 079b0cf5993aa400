"""Content hashes: what decides an outcome, as a short text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core.reading import open_regular

_BLOCK_BYTES = 1 << 22


def digest_json(value: object) -> str:
    """SHA-256 (hexadecimal) of a JSON value in canonical form: sorted keys, no spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_file(path: Path) -> str:
    """SHA-256 (hexadecimal) of a regular file's bytes."""
    with open_regular(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_arrays(arrays: Iterable[tuple[str, NDArray[np.generic]]]) -> str:
    """SHA-256 (hexadecimal) of named arrays: name, dtype, shape and values in C order.

    Arrays are read in blocks of rows, so that a memory map is never copied whole.
    """
    sha = hashlib.sha256()
    for name, array in arrays:
        sha.update(json.dumps([name, array.dtype.str, list(array.shape)]).encode())
        rows = array.reshape(1) if array.ndim == 0 else array
        step = max(1, _BLOCK_BYTES * len(rows) // max(1, rows.nbytes))
        for start in range(0, len(rows), step):
            sha.update(np.ascontiguousarray(rows[start : start + step]).data)
    return sha.hexdigest()
