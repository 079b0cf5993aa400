"""Forks that do something in a folder, and how they end."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Whatever takes as many seconds hangs.
_HANGS = 120.0
# Exit status where an exception got through.
BROKEN = 70


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes
    ----------
    code
        Exit status; negative: the signal.
    said
        On stderr.
    cpu
        Its CPU seconds.
    """

    code: int
    said: str
    cpu: float

    @property
    def last(self) -> str:
        """Status and last words, for a message."""
        lines = self.said.strip().splitlines()
        return f"exit {self.code}: {lines[-1][:300] if lines else 'nothing said'}"


def forked(what: Callable[[], object], folder: Path, kill_after: float = _HANGS) -> Ended:
    """Do something in a fork of this process, with a working folder; kill it after so long."""
    return collect(begin(what, folder), kill_after)


def begin(what: Callable[[], object], folder: Path) -> tuple[int, int]:
    """Begin it; gives what `collect` takes."""
    said = os.memfd_create("said")
    process = os.fork()
    if process:
        return process, said
    code = BROKEN
    try:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(said, 2)
        # Whoever took their place in this process does not there.
        sys.stdout, sys.stderr = (io.TextIOWrapper(io.FileIO(one, "w")) for one in (1, 2))
        what()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def collect(begun: tuple[int, int], kill_after: float = _HANGS) -> Ended:
    """Wait for the end of a process, or kill it after so many seconds."""
    process, said = begun
    until = time.monotonic() + kill_after
    while True:
        late = time.monotonic() >= until
        if late:
            os.kill(process, signal.SIGKILL)
        ended, status, usage = os.wait4(process, 0 if late else os.WNOHANG)
        if ended:
            break
        time.sleep(0.003)
    text = os.pread(said, 1 << 20, 0).decode(errors="replace")
    os.close(said)
    cpu = usage.ru_utime + usage.ru_stime
    return Ended(os.waitstatus_to_exitcode(status), text, cpu)
