"""Commands in one process that sees certain installed packages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.cli.running import Finished

_REPOSITORY = Path(__file__).parents[2]

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
