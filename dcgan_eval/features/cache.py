"""Looking into the cache, and removing what has not been used lately."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from filelock import FileLock, Timeout

from dcgan_eval.core import DataError

_ROOMS = ("features", "states", "images", "journals", "given")
_DAY = 86_400.0


def explain(cache: Path, key: str) -> list[str]:
    """What a key of cached features is made of, line by line.

    Raises
    ------
    DataError
        No features, or several, have a key that begins so.
    """
    folder = cache / "features"
    found = sorted(path for path in folder.glob(f"{key}*") if (path / "about.json").is_file())
    if len(found) != 1:
        raise DataError(
            f"{key}: {len(found)} entries of {folder} begin so; give one of the keys in full"
        )
    about = json.loads((found[0] / "about.json").read_text())
    blocks = len(about.pop("checksums"))
    text = json.dumps(about, indent=2, sort_keys=True)
    return [f"key: {found[0].name}", f"blocks: {blocks}", *text.splitlines()]


def prune(cache: Path, days: float) -> list[str]:
    """Remove entries that were not read or written for `days` days; returns what was removed.

    Features that another process holds are left alone.
    """
    removed = []
    limit = time.time() - days * _DAY
    for room in _ROOMS:
        for entry in sorted((cache / room).glob("*")):
            if entry.suffix == ".lock" or _last_use(entry) >= limit:
                continue
            lock = FileLock(cache / room / f"{entry.name.removesuffix('.part')}.lock", timeout=0)
            try:
                with lock:
                    size = _size(entry)
                    if entry.is_dir():
                        shutil.rmtree(entry)
                    else:
                        entry.unlink()
            except Timeout:
                continue
            removed.append(f"{room}/{entry.name}: {size / 1e6:.1f} MB removed")
    return removed


def _files(entry: Path) -> list[Path]:
    return [p for p in entry.rglob("*") if p.is_file()] if entry.is_dir() else [entry]


def _last_use(entry: Path) -> float:
    """Time of the last read or write of any file of an entry."""
    times = [max(p.stat().st_atime, p.stat().st_mtime) for p in _files(entry)]
    return max(times, default=entry.stat().st_mtime)


def _size(entry: Path) -> int:
    return sum(path.stat().st_size for path in _files(entry))
