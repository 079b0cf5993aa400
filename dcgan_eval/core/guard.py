"""Whether something is still what it was: what code gives for fixed inputs, files that are mapped.

Numbers of this kind guard what is cached or finished; they are never part of an id, since they
vary with processor and threads.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core.seeds import rng_for

# Two machines or thread counts round differently; edited code differs by more than this share of
# the largest value.
_SAME = 1e-4
_DIRECTIONS = 4


def projected(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Rows (n, d) on four fixed directions of random signs, (n, 4), as large as their entries."""
    signs = rng_for("guard", "signs").choice(
        np.array([-1, 1], np.float32), (rows.shape[1], _DIRECTIONS)
    )
    found: NDArray[np.float32] = rows.astype(np.float32) @ signs
    return found / np.float32(np.sqrt(max(1, rows.shape[1])))


def same_but_for_rounding(stored: NDArray[Any], now: NDArray[Any]) -> bool:
    """Whether two arrays are of one shape and differ by no more than rounding does."""
    if stored.shape != now.shape:
        return False
    a, b = stored.astype(np.float32), now.astype(np.float32)
    scale = float(np.abs(b).max(initial=0.0)) or 1.0
    return bool(np.abs(b - a).max(initial=0.0) <= _SAME * scale)


@dataclass(frozen=True)
class MappedFile:
    """A file that an array is mapped from, as it was when it was looked at.

    Attributes
    ----------
    path
        The file.
    state
        Its number, size and time of writing.
    """

    path: str
    state: tuple[int, int, int]

    @classmethod
    def of(cls, *arrays: NDArray[Any]) -> tuple[MappedFile, ...]:
        """The files of arrays of `map_array`; of arrays in memory none."""
        bases = (array.base for array in arrays)
        paths = (str(base.filename) for base in bases if isinstance(base, np.memmap))
        return tuple(cls(path, _state(path)) for path in paths)

    def was_written(self) -> bool:
        """Whether it was written to; a new file in its place leaves what is mapped as it was."""
        try:
            now = _state(self.path)
        except OSError:
            return False
        return now[0] == self.state[0] and now != self.state


def _state(path: str) -> tuple[int, int, int]:
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns
