"""The command line, called in this process or as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from dcgan_eval.cli import main

_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    code: int
    out: str
    err: str


def call(arguments: Sequence[str | Path], capsys: pytest.CaptureFixture[str]) -> Finished:
    """Run a command in this process."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return Finished(ended.value.code, captured.out, captured.err)


def start(
    arguments: Sequence[str | Path],
    folder: Path,
    before: Callable[[], None] | None = None,
    code: str = "",
) -> subprocess.Popen[str]:
    """Start a command as a process with working folder `folder`; `code` runs before it."""
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"{code}\nfrom dcgan_eval.cli import main\nmain()",
            *map(str, arguments),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(_REPOSITORY), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )


def finish(process: subprocess.Popen[str]) -> Finished:
    """Wait for a process."""
    out, err = process.communicate(timeout=100)
    return Finished(process.returncode, out, err)
