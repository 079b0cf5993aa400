"""The command line, called in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
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
    out, err = process.communicate()
    return Finished(process.returncode, out, err)


def refused(done: Finished, code: int, *fragments: str) -> None:
    """Check that a command left one line with everything in it that helps, and no trace of work."""
    assert done.err.count("\n") == 1, done.err
    assert done.err.startswith("dcgan-eval: ")
    assert done.code == code, done.err
    assert "Traceback" not in done.err and "a bug" not in done.err
    for fragment in fragments:
        assert fragment in done.err
    assert not list(Path().rglob("*.tmp"))
    assert not Path("results").is_dir() or not list(Path("results").iterdir())


# What is asked for comes as JSON on stdin, what was found goes out as JSON on stdout.
_CODE = """
import contextlib, io, json, sys
from dcgan_eval.cli import main

def finished(arguments):
    sys.argv = ["dcgan-eval", *arguments]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            return ended.code, out.getvalue(), err.getvalue()

asked = json.load(sys.stdin)
print(json.dumps({name: finished(arguments) for name, arguments in asked.items()}))
"""


def call_with(
    packages: Sequence[Path], commands: Mapping[str, Sequence[str]], folder: Path
) -> dict[str, Finished]:
    """Call commands one after the other in a process of its own; keys are the caller's."""
    done = subprocess.run(
        [sys.executable, "-c", _CODE],
        input=json.dumps(commands),
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, [_REPOSITORY, *packages])),
            "DCGAN_EVAL_CACHE": str(folder / "cache"),
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: Finished(*found) for name, found in json.loads(done.stdout).items()}
