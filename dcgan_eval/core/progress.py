"""Progress of long work: which job, what of it, how fast, how long it will still take."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from dcgan_eval.core.names import printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

# A task is on the display once it is so old: shorter ones would only flicker.
_SETTLED = 0.5


class Advance(Protocol):
    """What a task is told its finished units by."""

    def __call__(self, done: int, *, computed: bool = True) -> None:
        """Count `done` more units; those that were there already, not `computed`, have no rate."""
        ...


class Progress(Protocol):
    """Where long work reports to."""

    def job(self, name: str, number: int, of: int) -> AbstractContextManager[None]:
        """Name the job, one `of` so many, that the tasks within belong to."""
        ...

    def task(self, what: str, total: int, unit: str) -> AbstractContextManager[Advance]:
        """Open a task of `total` units; call what it yields with the units just finished."""
        ...

    def say(self, line: str) -> None:
        """Tell one line."""
        ...


def shown_progress(quiet: bool = False) -> Progress:
    """Progress on stderr: a live display where that is a terminal, lines elsewhere.

    Parameters
    ----------
    quiet
        Show nothing.
    """
    if quiet:
        return Silent()
    if sys.stderr.isatty():
        from rich.console import Console

        console = Console(stderr=True)
        if not console.is_dumb_terminal:
            return Terminal(console)
    return Lines()


class Silent:
    """Progress that nobody watches."""

    @contextmanager
    def job(self, name: str, number: int, of: int) -> Iterator[None]:
        """Ignore the job."""
        yield

    @contextmanager
    def task(self, what: str, total: int, unit: str) -> Iterator[Advance]:
        """Ignore the task."""
        yield lambda done, *, computed=True: None

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
        self._job = ""

    @contextmanager
    def job(self, name: str, number: int, of: int) -> Iterator[None]:
        """Begin the lines of the tasks within by the job; it has none of its own."""
        before, self._job = self._job, f"{_job(name, number, of)}: "
        try:
            yield
        finally:
            self._job = before

    @contextmanager
    def task(self, what: str, total: int, unit: str) -> Iterator[Advance]:
        """Report rate and time left; a task shorter than `every` seconds stays silent."""
        count = _Count(what, total, unit)
        told = count.begun

        def advance(done: int, *, computed: bool = True) -> None:
            nonlocal told
            count.advance(done, computed=computed)
            if count.last - told >= self.every:
                told = count.last
                said = (count.how_far(), count.how_fast(), count.how_long(told))
                self.say(f"{self._job}{what}: {', '.join(part for part in said if part)}")

        yield advance

    def say(self, line: str) -> None:
        """Write one line."""
        print(printable(line), file=sys.stderr, flush=True)


class Terminal:
    """Progress as one live display below what is said; sent to another process it is `Lines`.

    Parameters
    ----------
    console
        Where it is shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._jobs: list[str] = []
        self._counts: list[_Count] = []

    def __reduce__(self) -> tuple[type[Lines], tuple[()]]:
        """One terminal has one display: that of the process that was started there."""
        return Lines, ()

    @contextmanager
    def job(self, name: str, number: int, of: int) -> Iterator[None]:
        """Show the job while it lasts."""
        self._jobs.append(printable(_job(name, number, of)))
        try:
            with self._shown():
                yield
        finally:
            self._jobs.pop()

    @contextmanager
    def task(self, what: str, total: int, unit: str) -> Iterator[Advance]:
        """Show a bar, rate and time left while the task lasts."""
        self._counts.append(_Count(printable(what), total, unit))
        try:
            with self._shown():
                yield self._counts[-1].advance
        finally:
            self._counts.pop()

    def say(self, line: str) -> None:
        """Write one line above the display."""
        self._console.print(
            printable(line), soft_wrap=True, markup=False, highlight=False, emoji=False
        )

    @contextmanager
    def _shown(self) -> Iterator[None]:
        """Keep the display up while the outermost job or task lasts."""
        if self._live is not None:
            yield
            return
        from rich.live import Live

        self._live = Live(
            console=self._console,
            get_renderable=self._view,
            transient=True,
            # stdout may be a file: tables go there. Warnings are written above the display.
            redirect_stdout=False,
        )
        try:
            with self._live:
                yield
        finally:
            self._live = None

    def _view(self) -> RenderableType:
        """The job in hand, and below it a line for each task from the outermost on."""
        from rich.console import Group
        from rich.padding import Padding
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        now = time.monotonic()
        tasks = Table.grid(padding=(0, 2, 0, 0))
        for what in ("task", "bar", "how far", "how fast", "how long"):
            # Where the terminal is narrow, the bar gives way first.
            tasks.add_column(no_wrap=what != "bar", overflow="ellipsis")
        # The display is drawn by a thread of its own.
        for count in tuple(self._counts):
            if now - count.begun >= _SETTLED:
                tasks.add_row(
                    Text(f"  {count.what}"),
                    ProgressBar(count.total, count.done, width=20),
                    count.how_far(),
                    count.how_fast(),
                    count.how_long(now),
                )
        jobs = [Text(job, no_wrap=True, overflow="ellipsis") for job in tuple(self._jobs)[-1:]]
        # At the right there is room for the ^C that a terminal echoes.
        return Padding(Group(*jobs, *([tasks] if tasks.row_count else [])), (0, 3, 0, 0))


class _Count:
    """How far a task is, and how fast: over all of its time, by what was computed in it."""

    def __init__(self, what: str, total: int, unit: str) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.done = self._computed = 0
        self.begun = self.last = time.monotonic()

    def advance(self, done: int, *, computed: bool = True) -> None:
        """See `Advance`."""
        self.done += done
        self._computed += done if computed else 0
        self.last = time.monotonic()

    def how_far(self) -> str:
        """``300/1,000 images``."""
        return f"{self.done:,}/{self.total:,} {self.unit}"

    def how_fast(self) -> str:
        """``25 images/s``; nothing before anything is computed."""
        rate = self._rate()
        digits = f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
        return f"{digits} {self.unit}/s" if rate else ""

    def how_long(self, now: float) -> str:
        """``28 s left``."""
        if not self._rate():
            return ""
        left = max(0.0, (self.total - self.done) / self._rate() - (now - self.last))
        if left < 120:
            return f"{left:.0f} s left"
        return f"{left / 60:.0f} min left" if left < 7200 else f"{left / 3600:.1f} h left"

    def _rate(self) -> float:
        """Units a second."""
        return self._computed / (self.last - self.begun) if self.last > self.begun else 0.0


def _job(name: str, number: int, of: int) -> str:
    return f"job {number} of {of}, {name}"
