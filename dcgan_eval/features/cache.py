"""Looking into the cache, and removing what has not been used lately."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dcgan_eval.core import (
    DataError,
    distrusted,
    parse_json,
    read_regular,
    remove,
    remove_leftovers,
)

# Where features are made, one process an entry, which holds a lock beside it.
_FEATURES = "features"
_ROOMS = (_FEATURES, "states", "images", "journals", "given")
_DAY = 86_400.0
# Whoever makes an entry takes less than so many seconds from one write to the next, or to its use.
_IN_USE = 60.0
_MOST_ABOUT_BYTES = 1 << 24


def explain(cache: Path, key: str) -> list[str]:
    """What a key of cached features is made of, line by line.

    Raises
    ------
    DataError
        No features, or several, have a key that begins so; or their description is damaged.
    """
    folder = cache / _FEATURES
    every = sorted(folder.glob("*/about.json"))
    found = [path for path in every if path.parent.name.startswith(key)]
    if len(found) != 1:
        raise DataError(
            f"{key}: {len(found)} entries of {folder} begin so; give one of the keys in full"
        )
    with distrusted(DataError, f"{found[0]}: damaged; the next run makes it again"):
        about = parse_json(read_regular(found[0], _MOST_ABOUT_BYTES))
        blocks = len(about.pop("checksums"))
    text = json.dumps(about, indent=2, sort_keys=True)
    return [f"key: {found[0].parent.name}", f"blocks: {blocks}", *text.splitlines()]


def prune(cache: Path, days: float) -> list[str]:
    """Remove entries that were not read or written for `days` days; returns what was removed.

    Features that another process holds are left alone, and what is being written or was used within
    a minute: a run may be at it. A run keeps what it has opened; whatever else it needs again it
    makes again.
    """
    removed = []
    limit = time.time() - max(days * _DAY, _IN_USE)
    for folder in (cache, *(cache / room for room in _ROOMS)):
        remove_leftovers(folder)
    for entry in sorted(one for room in _ROOMS for one in (cache / room).glob("[!.]*")):
        with suppress(Timeout, FileNotFoundError):
            if entry.suffix != ".lock" and (size := _unused(entry, limit)) is not None:
                _remove(entry, limit)
                removed.append(f"{entry.parent.name}/{entry.name}: {size / 1e6:.1f} MB removed")
    for lock in sorted((cache / _FEATURES).glob("*.lock")):
        with suppress(Timeout, FileNotFoundError):
            _remove_lock(lock)
    return removed


def _remove(entry: Path, limit: float) -> None:
    """Remove an entry, of features when nobody holds them."""
    if entry.parent.name != _FEATURES:
        remove(entry)
        return
    with FileLock(entry.with_name(f"{entry.name.removesuffix('.part')}.lock"), timeout=0):
        if _unused(entry, limit) is not None:
            remove(entry)


def _remove_lock(path: Path) -> None:
    """Remove the lock of features that are gone."""
    key = path.with_suffix("")
    if not (key.exists() or key.with_suffix(".part").exists()):
        with FileLock(path, timeout=0):
            # Whoever waits for it sees that it has no name any more, and makes another.
            path.unlink()


def _unused(entry: Path, limit: float) -> int | None:
    """Bytes of an entry of which no file was read or written since `limit`; None of others."""
    found = list(_files(entry))
    files = [one for one in found if stat.S_ISREG(one.st_mode)]
    # Of what is no file only writing counts: looking at it here is reading.
    times = [max(one.st_atime, one.st_mtime) for one in files] or [found[0].st_mtime]
    return None if max(times) >= limit else sum(one.st_size for one in files)


def _files(entry: Path) -> Iterator[os.stat_result]:
    """An entry and what lies in it; links are not followed, what vanishes meanwhile is left out."""
    yield entry.lstat()
    for folder, _, names in os.walk(entry):
        for name in names:
            with suppress(FileNotFoundError):
                yield Path(folder, name).lstat()
