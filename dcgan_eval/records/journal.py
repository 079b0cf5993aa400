"""`Journal`: finished units of a running job, so that nothing finished is computed again."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import CacheWarning, RecordError, digest_arrays, write_arrays
from dcgan_eval.records.arrays import read_arrays

_KEY, _DIGEST = "key", "digest"


class Journal:
    """Units (a draw, a value of C, a trial, a block of samples), each one atomic file.

    Parameters
    ----------
    folder
        Made when the first unit is written. Processes may share it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"

    def get(self, key: str) -> dict[str, NDArray[Any]] | None:
        """Read a unit; None when it is not there or damaged (with a warning)."""
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            arrays = read_arrays(path)
            stored, digest = str(arrays.pop(_KEY, "")), str(arrays.pop(_DIGEST, ""))
            # NumPy drops NULs at the end of text; the file's name is the hash of the whole key.
            whole = stored == key.rstrip("\0") and digest == digest_arrays(sorted(arrays.items()))
        except RecordError:
            whole = False
        if whole:
            return arrays
        warnings.warn(
            f"{path.name}: damaged unit {key!r}; computed again", CacheWarning, stacklevel=2
        )
        return None

    def put(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write a unit, whole or not at all.

        Raises
        ------
        ValueError
            An array is called ``key`` or ``digest``.
        """
        if taken := {_KEY, _DIGEST} & set(arrays):
            raise ValueError(f"arrays of a unit may not be called {', '.join(sorted(taken))}")
        digest = digest_arrays(sorted(arrays.items()))
        write_arrays(self._path(key), {**arrays, _KEY: np.array(key), _DIGEST: np.array(digest)})

    def drop(self, key: str) -> None:
        """Forget a unit."""
        self._path(key).unlink(missing_ok=True)
