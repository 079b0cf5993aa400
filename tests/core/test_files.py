from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from dcgan_eval.core import (
    StorageError,
    atomic_path,
    reserve,
    slug,
    storage_errors,
    writable_folder,
    write_bytes,
    write_json,
    write_text,
)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_bytes(path, b"old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_many_writers_never_show_a_torn_file(tmp_path: Path) -> None:
    path = tmp_path / "shared.json"
    values = [{"n": n, "text": str(n) * 20_000} for n in range(4)]
    write_json(path, values[0])
    seen: set[bytes] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    writers = [
        threading.Thread(target=lambda v=value: [write_json(path, v) for _ in range(15)])
        for value in values
    ]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    whole = set()
    for value in values:
        write_json(path, value)
        whole.add(path.read_bytes())
    assert seen <= whole


def test_a_writer_killed_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from dcgan_eval.core import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as t:\n"
        "    t.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -9
    assert path.read_bytes() == b"old"


def test_text_that_is_no_unicode_is_written_with_escapes(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "caf\udce9, ok")
    assert (tmp_path / "a.txt").read_text() == r"caf\udce9, ok"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "cannot be written to"),
        (errno.EACCES, "cannot be written to"),
        (errno.ENOTDIR, "a file stands where a folder is needed"),
    ],
)
def test_what_the_disk_says_becomes_one_line(tmp_path: Path, number: int, words: str) -> None:
    with pytest.raises(StorageError, match=words) as caught, storage_errors(tmp_path):
        raise OSError(number, os.strerror(number))
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="a file stands where a folder is needed"):
        writable_folder(tmp_path / "file")
    with pytest.raises(StorageError, match="a file stands where a folder is needed"):
        writable_folder(tmp_path / "file" / "below")


def test_reserving_more_than_there_is_takes_nothing(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    free = disk.f_bavail * disk.f_frsize
    path = tmp_path / "big"
    with path.open("wb") as stream, pytest.raises(StorageError, match="disk is full"):
        reserve(stream.fileno(), 4 * free, tmp_path)
    assert path.stat().st_blocks == 0


def test_a_disk_that_fills_while_it_is_reserved_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fills(handle: int, offset: int, size: int) -> None:
        os.ftruncate(handle, size // 2)
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "posix_fallocate", fills)
    path = tmp_path / "big"
    path.write_bytes(b"old")
    with path.open("ab") as stream, pytest.raises(StorageError, match="disk is full"):
        reserve(stream.fileno(), 1000, tmp_path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("name", ["../x", "<b>", "a/b", "", "..", "\n", "ä ö", "x" * 300, "a\0b"])
def test_a_slug_is_one_harmless_file_name(name: str) -> None:
    made = slug(name)
    assert made == Path(made).name
    assert 0 < len(made) <= 60
    assert made.replace("-", "").replace("_", "").isascii()


WRITER = """
import sys, time
from pathlib import Path
from typing import Any
from dcgan_eval.core import atomic_path, private_folder
with atomic_path(Path(sys.argv[1], "a.bin")) as file, private_folder(Path(sys.argv[1], "b")) as b:
    file.write_bytes(b"half")
    (b / "half").touch()
    print("ready", flush=True)
    time.sleep(600)
"""


def writing(folder: Path) -> subprocess.Popen[bytes]:
    """A process in the middle of writing a file and a folder."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    return process


def test_what_a_killed_writer_leaves_goes_with_the_next_write(tmp_path: Path) -> None:
    with writing(tmp_path) as alive:
        with writing(tmp_path) as killed:
            killed.kill()
        assert len(os.listdir(tmp_path)) == 4
        write_bytes(tmp_path / "c.bin", b"whole")
        held = [path.name for path in tmp_path.iterdir() if path.name != "c.bin"]
        alive.kill()
    assert len(held) == 2 and all(name.startswith(".dcgan-eval-") for name in held)
    # Once a process is enough: whoever comes later looks again.
    code = "import sys; from pathlib import Path; from dcgan_eval.core import write_bytes\n"
    code += "write_bytes(Path(sys.argv[1], 'd.bin'), b'whole')"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert sorted(os.listdir(tmp_path)) == ["c.bin", "d.bin"]


def test_a_folder_that_is_taken_away_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, made = tmp_path / "journal", Path.mkdir
    calls: list[Path] = []

    def taken_away_once(self: Path, *arguments: Any, **options: Any) -> None:
        calls.append(self)
        made(self, *arguments, **options)
        if len(calls) == 1:
            self.rmdir()

    monkeypatch.setattr(Path, "mkdir", taken_away_once)
    write_bytes(folder / "unit", b"whole")
    assert (folder / "unit").read_bytes() == b"whole"


def test_names_as_long_as_the_disk_has_them(tmp_path: Path) -> None:
    write_bytes(tmp_path / ("a" * 255), b"whole")
    with pytest.raises(StorageError, match="File name too long"):
        write_bytes(tmp_path / ("a" * 256), b"whole")
    assert os.listdir(tmp_path) == ["a" * 255]
