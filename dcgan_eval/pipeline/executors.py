"""Where units run: any `concurrent.futures.Executor`, which decides nothing but speed."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any, TypeVar

from dcgan_eval.core import SettingsError, available_memory

T = TypeVar("T")

# What this process may take of the memory, where it shares the machine; None: all that is free.
_share: int | None = None


class Serial(Executor):
    """Runs in this process, at once, one call after the other."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Call; an interruption (no `Exception`) goes through at once."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def processes(count: int, threads: int | None = None) -> ProcessPoolExecutor:
    """Processes of this machine that share its memory evenly.

    They are spawned: a forked one would inherit the threads of BLAS and torch in whatever state
    they are.

    Parameters
    ----------
    count
        How many.
    threads
        Of torch and BLAS in each; as many as this process has when None. Training, and what a
        user's own function gives, may round differently with other numbers of threads.

    Raises
    ------
    SettingsError
        Fewer than one.
    """
    import torch

    if threads is None:
        threads = torch.get_num_threads()
    if min(count, threads) < 1:
        raise SettingsError(
            f"processes: {count} with {threads} threads: expected at least 1 of both"
        )
    return ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(available_memory() // count, threads),
    )


def free_memory() -> int:
    """Bytes that this process may take: what is free, and its share where it has one."""
    free = available_memory()
    return free if _share is None else min(free, _share)


def _begin(share: int, threads: int) -> None:
    """Note the share of memory; BLAS and torch of this process belong to it alone."""
    global _share
    _share = share
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(threads)
    threadpool_limits(threads)
