from __future__ import annotations

import os
from pathlib import Path

import pytest

from dcgan_eval.core import CheckpointError, digest_file, open_regular, parse_json, read_regular
from dcgan_eval.core.errors import distrusted


def pipe(path: Path) -> Path:
    """A named pipe that nobody writes to: whoever opens it as a file waits for ever."""
    os.mkfifo(path)
    return path


def link(path: Path, to: str) -> Path:
    path.symlink_to(to)
    return path


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    for path in (pipe(tmp_path / "pipe"), link(tmp_path / "zeros", "/dev/zero")):
        for read in (open_regular, digest_file, lambda one: read_regular(one, 10)):
            with pytest.raises(OSError, match="is no regular file"):
                read(path)
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
    (tmp_path / "a").write_bytes(b"text")
    with open_regular(link(tmp_path / "b", "a")) as stream:
        assert stream.read() == b"text"


def test_no_more_is_read_than_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(1 << 20))
    assert read_regular(path, 1 << 20) == bytes(1 << 20)
    with path.open("r+b") as stream:
        stream.truncate(1 << 40)  # a hole: a tebibyte of which nothing is on the disk
    with pytest.raises(OSError, match="larger than 1 MiB"):
        read_regular(path, 1 << 20)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"seed": NaN}', "no finite number"),
        ('{"seed": -Infinity}', "no finite number"),
        ('{"seed": 1e999}', "no finite number"),
        (f'{{"seed": {1 << 1023}}}', "more than 1023 bits"),
        (f'{{"seed": {"9" * 100_000}}}', "limit .* for integer string conversion"),
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
        (b"\xff\xff{}", "can't decode"),
        ("{} {}", "Extra data"),
        ("", "Expecting value"),
    ],
)
def test_what_is_no_json(text: str | bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_json(text)


def test_what_is_json() -> None:
    found = parse_json(f'{{"a": [{1 << 70}, {-(1 << 63)}, 1e-400, "\\ud83d\\ude00"]}}')
    assert found == {"a": [1 << 70, -(1 << 63), 0.0, "😀"]}


class Odd(Exception):
    """Nobody has thought of it."""


def test_whatever_a_file_does_is_one_line() -> None:
    for problem in (Odd("two\nlines" * 100), RecursionError(), OSError(5, "broken", "a file")):
        with (
            pytest.raises(CheckpointError, match=r"^no file \(") as caught,
            distrusted(CheckpointError, "no file"),
        ):
            raise problem
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 150
    for passing in (CheckpointError("own words"), MemoryError("short"), KeyboardInterrupt()):
        with pytest.raises(type(passing)), distrusted(CheckpointError, "no file"):
            raise passing
