"""`Journal`: finished units of a running job, so that nothing finished is computed again."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from dcgan_eval.core import (
    CacheWarning,
    RecordError,
    digest_arrays,
    distrusted,
    read_arrays,
    remove,
    write_arrays,
)

# Beside a unit's arrays: its key with its JSON values, and a digest of all of them.
_ABOUT, _DIGEST = "about", "digest"
# What a unit may unfold to: as much as any needs, or what is likely of so large a file.
_MOST_BYTES, _MOST_RATIO = 1 << 28, 16


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

    def get(self, key: str) -> dict[str, Any] | None:
        """Read a unit; None when it is not there, or damaged and dropped (with a warning)."""
        path = self._path(key)
        if not path.exists():
            return None
        with suppress(RecordError), distrusted(RecordError, path.name):
            most = max(_MOST_BYTES, _MOST_RATIO * path.stat().st_size)
            arrays = read_arrays(path, RecordError, most)
            digest = str(arrays.pop(_DIGEST, ""))
            if digest == digest_arrays(sorted(arrays.items())):
                about = json.loads(arrays.pop(_ABOUT).tobytes())
                if about["key"] == key:
                    return {**arrays, **about["values"]}
        warnings.warn(
            f"{path.name}: damaged unit {key!r}; computed again", CacheWarning, stacklevel=2
        )
        remove(path)
        return None

    def put(self, key: str, values: Mapping[str, Any]) -> None:
        """Write a unit, whole or not at all.

        Parameters
        ----------
        key
            Holds everything that decides the unit.
        values
            Arrays, which come back with their dtype and shape, and JSON values.

        Raises
        ------
        ValueError
            An array is called ``about`` or ``digest``.
        TypeError
            A value is neither an array nor JSON.
        """
        arrays = {
            name: np.asarray(value)
            for name, value in values.items()
            if isinstance(value, np.ndarray | np.generic)
        }
        if taken := {_ABOUT, _DIGEST} & set(arrays):
            raise ValueError(f"arrays of a unit may not be called {', '.join(sorted(taken))}")
        others = {name: value for name, value in values.items() if name not in arrays}
        about = json.dumps({"key": key, "values": others})
        arrays[_ABOUT] = np.frombuffer(about.encode(), np.uint8)
        digest = digest_arrays(sorted(arrays.items()))
        write_arrays(self._path(key), {**arrays, _DIGEST: np.array(digest)})

    def empty(self) -> None:
        """Forget all units."""
        remove(self.folder)

    def drop(self, key: str) -> None:
        """Forget a unit."""
        self._path(key).unlink(missing_ok=True)
