"""Pruning the cache: beside processes that use it, and with whatever lies in it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from dcgan_eval.features import cache as cache_module
from dcgan_eval.features import prune


def old(path: Path) -> Path:
    """Everything in an entry, as it would be after three days."""
    for one in (path, *path.rglob("*")):
        os.utime(one, (time.time() - 3 * 86_400,) * 2, follow_symlinks=False)
    return path


def entry(cache: Path, name: str) -> Path:
    folder = cache / name
    folder.mkdir(parents=True)
    (folder / "values").write_bytes(bytes(2_000_000))
    return old(folder)


def left(cache: Path) -> list[str]:
    return sorted(path.relative_to(cache).as_posix() for path in cache.glob("*/*"))


def test_no_lock_is_made_or_left(tmp_path: Path) -> None:
    for name in ("features/a", "features/b.part", "features/c", "images/d", "journals/e"):
        entry(tmp_path, name)
    for key in "abx":
        (tmp_path / f"features/{key}.lock").touch()
    (tmp_path / "features/c/values").touch()
    removed = prune(tmp_path, 1)
    assert removed[0] == "features/a: 2.0 MB removed" and len(removed) == 4
    assert left(tmp_path) == ["features/c"]


def test_what_others_hold_or_write_stays(tmp_path: Path) -> None:
    held = entry(tmp_path, "features/held")
    code = (
        "import sys, time; from pathlib import Path; from dcgan_eval.core import private_folder\n"
    )
    code += "with private_folder(Path(sys.argv[1], 'images', 'a')):\n"
    code += "    print('ready', flush=True); time.sleep(600)"
    arguments = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as writing:
        assert writing.stdout is not None and writing.stdout.readline() == b"ready\n"
        with FileLock(held.with_suffix(".lock")):
            assert prune(tmp_path, 0) == []
        assert len(left(tmp_path)) == 3
        writing.kill()
    assert len(prune(tmp_path, 0)) == 1
    assert left(tmp_path) == []


def test_whatever_lies_there(tmp_path: Path) -> None:
    whole = entry(tmp_path, "features/a")
    (whole / "link").symlink_to("nowhere")
    for name in ("features/dangling", "journals/dangling"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to("nowhere")
    (tmp_path / "images/empty").mkdir(parents=True)
    os.mkfifo(tmp_path / "images/pipe")
    for path in tmp_path.glob("*/*"):
        old(path)
    assert len(prune(tmp_path, 1)) == 5
    assert left(tmp_path) == []


def test_what_was_used_within_a_minute_stays(tmp_path: Path) -> None:
    for name in ("images/a", "journals/b"):
        (entry(tmp_path, name) / "values").touch()
    assert prune(tmp_path, 0) == []
    for name in ("images/a", "journals/b"):
        os.utime(tmp_path / name / "values", (time.time() - 90,) * 2)
    assert len(prune(tmp_path, 0)) == 2


VANISHING = """
import shutil, sys
from pathlib import Path
while True:
    for name in ("features/a", "journals/b"):
        place = Path(sys.argv[1], name)
        place.mkdir(parents=True, exist_ok=True)
        (place / "values").touch()
        shutil.rmtree(place)
        print("round", flush=True)
"""


def test_entries_that_vanish_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_IN_USE", -60.0)  # whatever there is
    arguments = [sys.executable, "-c", VANISHING, str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"round\n"
        until = time.monotonic() + 2
        while time.monotonic() < until:
            prune(tmp_path, 0)
        process.kill()
