"""What a piece of work took: seconds, and seconds of the CPU; how busy the machine was before."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import NamedTuple


class Took(NamedTuple):
    """What work took.

    Attributes
    ----------
    seconds
        Of the wall clock.
    cpu
        Seconds of the CPU, all threads together; None where nobody measured them.

    Examples
    --------
    >>> Took(1507.0, 452.0).waited, Took(264.0, 452.0).waited, Took(1507.0, None).waited
    (True, False, False)
    """

    seconds: float
    cpu: float | None

    @property
    def waited(self) -> bool:
        """Whether more than half as many seconds again went by as the CPU worked.

        With several threads the CPU works more seconds than go by, and with one as many. Where it
        worked fewer, the work waited for a core, the disk or a GPU, and the clock says little of
        what it takes. The bound errs on one side: two threads that got one core between them
        stay below it.
        """
        return self.cpu is not None and self.seconds > 1.5 * self.cpu

    @classmethod
    def together(cls, each: Iterable[Took]) -> Took:
        """Of several works; no seconds of the CPU where those of one are not known."""
        seconds, cpu = zip(*each, strict=True)
        return cls(round(sum(seconds), 3), None if None in cpu else round(sum(cpu), 3))


class Timer:
    """Measures from when it is made.

    Examples
    --------
    >>> import time
    >>> timer = Timer()
    >>> time.sleep(0.2)
    >>> seconds, cpu_seconds = timer.took()
    >>> cpu_seconds < 0.1 < seconds
    True
    """

    def __init__(self) -> None:
        self._began, self._cpu = time.perf_counter(), _cpu_seconds()

    def took(self) -> tuple[float, float]:
        """Seconds until now, and seconds of the CPU.

        Of the CPU count all threads of this process, whatever they did meanwhile, and processes
        that it began, once they have ended.
        """
        return time.perf_counter() - self._began, _cpu_seconds() - self._cpu


def load_average() -> float | None:
    """Threads that ran or waited for a core or the disk, on average over the last minute.

    None where the system does not tell.
    """
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


def _cpu_seconds() -> float:
    """Of this process and of those that it began and that have ended."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system
