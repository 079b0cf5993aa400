"""Progress of long work: what is done, how fast, how long it will still take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from dcgan_eval.core.names import printable

Advance = Callable[[int], None]


class Progress(Protocol):
    """Where long work reports to."""

    def task(self, what: str, total: int, unit: str) -> AbstractContextManager[Advance]:
        """Open a task of `total` units; call what it yields with the units just finished."""
        ...

    def say(self, line: str) -> None:
        """Tell one line."""
        ...


class Silent:
    """Progress that nobody watches."""

    @contextmanager
    def task(self, what: str, total: int, unit: str) -> Iterator[Advance]:
        """Ignore the task."""
        yield lambda done: None

    def say(self, line: str) -> None:
        """Ignore the line."""


class Lines:
    """Progress as plain lines on stderr, at most one per `every` seconds and task.

    Parameters
    ----------
    every
        Seconds between two lines of one task.
    """

    def __init__(self, every: float = 10.0) -> None:
        self.every = every

    @contextmanager
    def task(self, what: str, total: int, unit: str) -> Iterator[Advance]:
        """Report rate and time left; a task shorter than `every` seconds stays silent."""
        begun = told = time.monotonic()
        finished = 0

        def advance(done: int) -> None:
            nonlocal finished, told
            finished += done
            now = time.monotonic()
            if now - told >= self.every:
                told = now
                rate = finished / (now - begun)
                left = (total - finished) / rate if rate else 0.0
                self.say(
                    f"{what}: {finished}/{total} {unit}, {rate:.4g} {unit}/s, {left:.0f} s left"
                )

        yield advance

    def say(self, line: str) -> None:
        """Write one line."""
        print(printable(line), file=sys.stderr, flush=True)
