"""Faults that are planted are found; the product has none that two minutes find."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import faults_malformed
from benchmarks import faults_mutations as forms
from benchmarks.faults_commands import differing
from benchmarks.faults_disk import Disk
from benchmarks.faults_forks import Ended, forked
from benchmarks.faults_killed import _refused
from benchmarks.faults_malformed import mutated, read_mutated
from benchmarks.faults_readers import READERS, Reader
from dcgan_eval.core import DataError, rng_for

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def on_disk(
    place: Path, work: Callable[[], object], at: int = 0, *, full: bool = False
) -> tuple[Ended, Disk]:
    """Work on a disk that fails, in a fork."""
    disk = Disk(place, at, full=full)
    return forked(lambda: (disk.mount(), work()), place), disk


def keep() -> None:
    """Two writes into a file that then gets its name."""
    handle = os.open("new", os.O_WRONLY | os.O_CREAT)
    for _ in range(2):
        os.write(handle, b"0123456789")
    os.replace("new", "kept")


def test_changes_below_the_folder_are_counted(place: Path) -> None:
    def work() -> None:
        keep()
        Path("../beside").write_text("not counted")
        Path("text").write_text("once when it is made, once when it is written")
        np.save("array.npy", np.arange(3))
        Path("kept").read_bytes()
        Path("kept").unlink()

    ended, disk = on_disk(place, work)
    assert ended.code == 0, ended.said
    assert (place.parent / "beside").exists() and np.load(place / "array.npy").tolist() == [0, 1, 2]
    assert disk.changes() == "gggcggggc"


@pytest.mark.parametrize(
    ("at", "left"),
    [(1, {}), (2, {"new": 5}), (3, {"new": 15}), (4, {"new": 20}), (5, {"kept": 20})],
)
def test_a_process_is_killed_at_its_nth_change(place: Path, at: int, left: dict[str, int]) -> None:
    ended, _ = on_disk(place, keep, at)
    assert ended.code == (0 if at == 5 else -signal.SIGKILL)
    assert {path.name: path.stat().st_size for path in place.iterdir()} == left


def test_a_full_disk_takes_half_of_a_write_and_then_only_other_names(place: Path) -> None:
    def work() -> None:
        handle = os.open("new", os.O_WRONLY | os.O_CREAT)
        written = [os.write(handle, b"0123456789")]
        for grow in (lambda: os.write(handle, b"0"), lambda: os.mkdir("folder"), Path("a").touch):
            try:
                grow()
            except OSError as error:
                written.append(error.errno)
        os.replace("new", "kept")
        assert written == [5, *[errno.ENOSPC] * 3], written

    ended, _ = on_disk(place, work, 2, full=True)
    assert ended.code == 0, ended.said
    assert [path.name for path in place.iterdir()] == ["kept"]


def test_how_a_full_disk_is_said() -> None:
    good = "dcgan-eval: warning: something else\ndcgan-eval: a: the disk is full; free space\n"
    assert _refused(1, good) == []
    said = "dcgan-eval: stdout: No space left on device; nothing but the output is lost\n"
    for code, words in ((1, said), (1, good + "more\n"), (2, good), (1, "Traceback: disk is full")):
        assert _refused(code, words)


def test_files_that_are_not_as_they_were() -> None:
    expected = {"a": b"1", "b": b"2"}
    assert differing(expected, expected) == []
    assert differing({"a": b"1"}, expected, part=True) == []
    assert differing({"a": b"1"}, expected) == ["b: missing"]
    assert differing({"a": b"0", "c": b""}, expected, part=True) == [
        "a: is another",
        "c: is another",
    ]


class World:
    """Room for what is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def place(self) -> Iterator[Path]:
        folder = self.folder / f"{time.monotonic_ns()}"
        folder.mkdir()
        yield folder


def reading(what: Callable[[bytes], Any], exact: bool = False) -> Reader:
    """Reads a file of a thousand bytes in a way that is to be judged."""

    def make(base: Path, folder: Path) -> tuple[Path, Callable[[], object]]:
        path = folder / "file"
        path.write_bytes(bytes(1000))
        return path, lambda: what(path.read_bytes())

    return Reader(forms.BYTES, make, exact)


def raised(error: Exception) -> Callable[[bytes], None]:
    """Reads the valid file, and nothing else."""

    def read(content: bytes) -> None:
        if any(content) or len(content) != 1000:
            raise error

    return read


@pytest.mark.parametrize(
    ("what", "exact", "words"),
    [
        (len, False, ""),
        (raised(DataError("one line")), False, ""),
        (lambda content: True if content == bytes(1000) else None, True, ""),
        (bytes, True, "gives another value"),
        (raised(DataError("two\nlines")), False, "several lines"),
        (raised(KeyError("a")), False, "KeyError at test_faults.py"),
        (lambda content: bytearray(1 << 30 if any(content) else 1), False, "MemoryError"),
        (lambda content: any(content) and os._exit(3), False, "exit 3"),
        (lambda content: any(content) and time.sleep(600), False, "hangs"),
        (lambda content: any(content) and [0 for _ in iter(int, 1)], False, "hangs"),
    ],
    ids=["value", "line", "none", "other", "lines", "bug", "memory", "end", "hang", "work"],
)
def test_what_a_reader_may_do(
    what: Callable[[bytes], Any],
    exact: bool,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for limit in ("_MOST_SECONDS", "_WAITED"):
        monkeypatch.setattr(faults_malformed, limit, 1)
    monkeypatch.setitem(READERS, "planted", reading(what, exact))
    found = read_mutated(World(tmp_path), "planted", range(3))
    assert found.numbers["files"] == 3
    assert bool(found.problems) == bool(words)
    assert all(words in problem for problem in found.problems), found.problems


@pytest.mark.parametrize("number", range(6))
def test_mutated_files_are_seeded_and_never_the_valid_one(number: int) -> None:
    one = reading(len)
    content = mutated(one, "a", number, bytes(1000))
    assert content == mutated(one, "a", number, bytes(1000)) != bytes(1000)
    assert content != mutated(one, "b", number, bytes(1000))


def test_values_of_json_are_changed_in_one_file_alone() -> None:
    whole = json.dumps({"a": [1, {"b": "c"}, []], "d": {}}).encode()
    first = [forms.in_json(rng_for("json", i), whole) for i in range(300)]
    assert first == [forms.in_json(rng_for("json", i), whole) for i in range(300)]


@pytest.mark.system
@pytest.mark.timeout(600)
def test_two_minutes_find_no_fault() -> None:
    command = [sys.executable, "-m", "benchmarks.faults", "--budget", "120"]
    variables = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=REPOSITORY, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kills" in done.stdout and "malformed" in done.stdout
