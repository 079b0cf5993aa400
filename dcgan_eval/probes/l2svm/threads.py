"""Workers with one thread each, in place of products with several (part 4).

A BLAS that shares out a product waits for its slowest thread in every block; when other processes
want the cores, that is most of the time. Workers that multiply blocks of their own wait once.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch
from threadpoolctl import ThreadpoolController


@functools.cache
def _controller() -> ThreadpoolController:
    """The BLAS libraries of this process; looking for them takes milliseconds."""
    return ThreadpoolController()


@contextmanager
def single_threaded_workers() -> Iterator[ThreadPoolExecutor]:
    """As many workers as torch has threads; there and here, NumPy and torch use one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    try:
        with _controller().limit(limits=1, user_api="blas"):
            yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
