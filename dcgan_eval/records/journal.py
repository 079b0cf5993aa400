"""`Journal`: finished units of a running job, so that nothing finished is computed again."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import CacheWarning, digest_arrays, write_arrays

# What NumPy and zipfile raise for a file that is not the whole archive that was written.
_DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


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
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            stored, digest = str(arrays.pop("key")), str(arrays.pop("digest"))
            if stored == key and digest == digest_arrays(sorted(arrays.items())):
                return arrays
        except _DAMAGED:
            pass  # said below, as for a wrong digest
        warnings.warn(f"{path}: damaged unit {key!r}; computed again", CacheWarning, stacklevel=2)
        return None

    def put(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write a unit; the names ``key`` and ``digest`` are taken."""
        digest = digest_arrays(sorted(arrays.items()))
        write_arrays(self._path(key), {**arrays, "key": np.array(key), "digest": np.array(digest)})
