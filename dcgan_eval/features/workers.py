"""Workers with one torch thread each: the same bits for any number of them, and all cores busy.

Operations that share one block of images out between threads wait for the slowest, and round by how
many there are. Workers that compute whole blocks do neither.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Generic, Protocol, Self, TypeVar

import torch

from dcgan_eval.core import available_memory

# Results that there may be for each worker before they are taken; more would only hold memory.
_AHEAD = 2


class Shareable(Protocol):
    """What computes blocks, one at a time.

    Attributes
    ----------
    block_bytes
        Memory that a block takes while it is computed and until its result is taken; None where
        blocks may not be computed side by side.
    """

    block_bytes: int | None

    def twin(self) -> Self:
        """Another for another thread, which shares what is only read."""
        ...


E = TypeVar("E", bound=Shareable)
T = TypeVar("T")
R = TypeVar("R")


class Workers(Generic[E]):
    """One thread for each of several twins.

    Parameters
    ----------
    twins
        What the threads compute with.
    pool
        As many threads; None where the caller's own computes.
    """

    def __init__(self, twins: list[E], pool: ThreadPoolExecutor | None) -> None:
        self._count, self._pool = len(twins), pool
        self._idle: SimpleQueue[E] = SimpleQueue()
        for one in twins:
            self._idle.put(one)

    def in_order(self, function: Callable[[E, T], R], items: Iterable[T]) -> Iterator[R]:
        """What a function gives of a twin and each item, in the order of the items."""

        def computed(item: T) -> R:
            own = self._idle.get()
            try:
                return function(own, item)
            finally:
                self._idle.put(own)

        if self._pool is None:
            yield from map(computed, items)
            return
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(self._pool.submit(computed, item))
            if len(waiting) >= _AHEAD * self._count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def workers(one: E, device: str = "cpu") -> Iterator[Workers[E]]:
    """As many workers as torch has threads here and free memory allows; one beside a GPU.

    There and here torch uses one thread while the block lasts, here as many as before afterwards.
    What may not be shared computes here, with the threads that there are.
    """
    if one.block_bytes is None:
        yield Workers([one], None)
        return
    threads = torch.get_num_threads()
    # Half: others want memory, too.
    fit = available_memory() // 2 // max(1, _AHEAD * one.block_bytes)
    count = max(1, min(threads, fit)) if device == "cpu" else 1
    twins = [one, *(one.twin() for _ in range(count - 1))]
    torch.set_num_threads(1)
    pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield Workers(twins, pool)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
