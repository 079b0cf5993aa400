"""A disk on which the n-th change of a file kills the process, or finds no more room.

Whatever Python does to files goes by functions of `os`, which are replaced here, when streams that
write are those that the standard library has in Python (`_pyio`): NumPy, zipfile and Pillow then
write by them too. What is written into a mapped file is not seen.
"""

from __future__ import annotations

import _pyio
import builtins
import errno
import io
import mmap
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_WRITES = ("write", "pwrite")
# What takes room, and what else changes anything that the next process can see.
_GROWING = (*_WRITES, "open", "mkdir", "posix_fallocate")
_CHANGING = ("rename", "replace", "unlink", "remove", "rmdir", "ftruncate", "truncate")
_MOST_CHANGES = 1 << 16


class Disk:
    """What lies below a folder, with one fault.

    Parameters
    ----------
    folder
        Changes elsewhere are not counted.
    at
        At which change it fails, from 1; at none when 0. A write fails in its middle.
    full
        Whether it is full from there on; else the process is killed.
    """

    def __init__(self, folder: Path, at: int = 0, *, full: bool = False) -> None:
        self.folder, self.at, self.full = str(folder.resolve()), at, full
        # Shared with the process that it is mounted in; a letter a change.
        self._changes, self._number = mmap.mmap(-1, _MOST_CHANGES), 0
        self._lock = threading.Lock()

    def changes(self) -> str:
        """What was done to it, in order: ``g`` for what takes room, ``c`` for other changes."""
        return self._changes[:].rstrip(b"\0").decode()

    def mount(self) -> None:
        """Let this process write to it, for good: call it in a fork."""
        for name in (*_GROWING, *_CHANGING):
            setattr(os, name, self._watched(name, getattr(os, name)))
        plain = io.open

        def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            which = _pyio.open if set(mode) & set("wxa+") else plain
            return which(file, mode, *arguments, **options)

        io.open = builtins.open = opened

    def _watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """A function of `os` that fails when it is its turn."""

        def watched(*arguments: Any, **options: Any) -> Any:
            if not self._is_change(name, *arguments, **options):
                return real(*arguments, **options)
            with self._lock:
                self._changes[self._number] = ord("g" if name in _GROWING else "c")
                self._number += 1
                if not self.at or self._number < self.at or (self.full and name in _CHANGING):
                    return real(*arguments, **options)
                done = None
                if name in _WRITES and self._number == self.at and len(arguments[1]) > 1:
                    # Half comes to the disk, and no more after it.
                    half = memoryview(arguments[1])[: len(arguments[1]) // 2]
                    done = real(arguments[0], half, *arguments[2:])
                if not self.full:
                    os.kill(os.getpid(), signal.SIGKILL)
                if done is not None:
                    return done
                file = [] if isinstance(arguments[0], int) else [os.fspath(arguments[0])]
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *file)

        return watched

    def _is_change(self, name: str, path: Any, *arguments: Any, **options: Any) -> bool:
        """Whether a call changes what lies below the folder."""
        if isinstance(path, int):
            place = os.readlink(f"/proc/self/fd/{path}")
        else:
            base = options.get("dir_fd")
            above = os.getcwd() if base is None else os.readlink(f"/proc/self/fd/{base}")
            place = os.path.abspath(os.path.join(above, os.fsdecode(path)))
        if not place.startswith(self.folder + os.sep):
            return False
        if name != "open":
            return True
        flags = arguments[0]
        made = bool(flags & os.O_CREAT) and not os.path.lexists(place)
        return made or bool(flags & os.O_TRUNC) or flags & os.O_TMPFILE == os.O_TMPFILE
