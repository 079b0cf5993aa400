"""The scan of a block: float32 products tile by tile, on the CPU's cores or on a torch device."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from dcgan_eval.core import SettingsError
from dcgan_eval.probes.nearest import bound, kernels
from dcgan_eval.probes.nearest.block import Block

# Queries in a tile: enough rows for the product to run at full rate (docs/nearest.md, section 6).
_TILE = 1024


@dataclass(frozen=True)
class Best:
    """The nearest sample so far of every query: squared distance, id and label."""

    squared: np.ndarray
    ids: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Queries:
    """The queries and what the scan needs of them.

    Attributes
    ----------
    rows
        As they came.
    factors : float32, (queries, columns + 1)
        -2x and -e: the left-hand side of the product (step 3.5).
    own : float64, (queries,)
        Squared distances from the centre.
    scale : float
        sigma of step 3.1.
    plan : int64, (runs, 2)
        Order of exact sums, from `kernels.summation_plan`.
    """

    rows: np.ndarray
    factors: np.ndarray
    own: np.ndarray
    scale: float
    plan: np.ndarray


#: Updates the best with a block.
Scan = Callable[[Block, Best], None]


@contextmanager
def cpu_scan(queries: Queries, threads: int | None) -> Iterator[Scan]:
    """Give a scan on the CPU: every thread takes tiles of queries, with a BLAS of one thread.

    A tile's products stay near the core until they are compared, and no thread waits for
    another. Queries are independent, so neither tiles nor threads change the answer.
    """
    blas = ThreadpoolController().select(user_api="blas")
    workers = threads or max((library["num_threads"] for library in blas.info()), default=1)
    tiles = _tiles(len(queries.rows), workers)

    def work(block: Block, best: Best, todo: deque[tuple[int, int]]) -> None:
        products = np.empty((_TILE, len(block.rows)), dtype=np.float32)
        while todo:
            try:
                start, stop = todo.popleft()
            except IndexError:  # another thread took the last one
                return
            origins = _origins(queries, block, best, start, stop)
            tile = products[: stop - start]
            np.matmul(queries.factors[start:stop], block.factors.T, out=tile)
            _settle(queries, block, best, tile, block.lower, np.arange(start, stop), origins)

    with blas.limit(limits=1), ThreadPoolExecutor(workers) as pool:

        def scan(block: Block, best: Best) -> None:
            todo = deque(tiles)
            running = [pool.submit(work, block, best, todo) for _ in range(workers)]
            for future in running:
                future.result()

        yield scan


class DeviceScan:
    """The same on a torch device: products and minima there, decisions here."""

    def __init__(self, queries: Queries, device: str) -> None:
        import torch

        self.queries = queries
        try:
            self.device = torch.device(device)
            self.factors = torch.from_numpy(queries.factors).to(self.device)
        except (RuntimeError, AssertionError) as error:  # what torch raises, by build
            reason = str(error).splitlines()[0]
            raise SettingsError(f"device {device!r} cannot be used: {reason}") from None

    def __call__(self, block: Block, best: Best) -> None:
        """Update ``best`` with a block; only rows that may hold a nearer sample come back."""
        import torch

        if torch.get_float32_matmul_precision() != "highest":
            raise SettingsError(
                "float32 products are set to lower precision, the search needs full float32: "
                "call torch.set_float32_matmul_precision('highest')"
            )
        factors = torch.from_numpy(block.factors).to(self.device)
        lower = torch.from_numpy(block.lower).to(self.device)
        nothing = np.zeros_like(block.lower)
        for start, stop in _tiles(len(self.queries.rows), 1):
            origins = _origins(self.queries, block, best, start, stop)
            bounds = self.factors[start:stop] @ factors.T
            bounds += lower
            runs = [bounds[:, a:b].amin(1) for a, b in _pairs(block.starts)]
            lowest = torch.stack(runs, 1).cpu().numpy()
            limits = self._limits(best, origins, start, stop)
            which = np.flatnonzero((lowest <= limits).any(axis=1))
            if which.size:
                rows = bounds[torch.from_numpy(which).to(self.device)].cpu().numpy()
                _settle(self.queries, block, best, rows, nothing, which + start, origins[which])

    def _limits(self, best: Best, origins: np.ndarray, start: int, stop: int) -> np.ndarray:
        """Step 3.8 for a tile: queries x runs."""
        square = self.queries.scale**2
        nearest = best.squared[start:stop, None] * square
        origins = origins * square
        margin = bound.threshold_margin(self.queries.rows.shape[1])
        limits: np.ndarray = (nearest - origins) + (
            margin * (nearest + origins) + bound.THRESHOLD_FLOOR
        )
        return limits


def _tiles(count: int, workers: int) -> list[tuple[int, int]]:
    """Equal tiles of at most ``_TILE`` queries, a multiple of the workers where possible."""
    number = -(-count // _TILE)
    number = min(count, -(-number // workers) * workers)
    edges = np.linspace(0, count, number + 1).astype(int).tolist()
    return list(_pairs(edges))


def _pairs(edges: Any) -> list[tuple[int, int]]:
    """Neighbouring edges as (start, stop)."""
    return [(int(a), int(b)) for a, b in pairwise(edges)]


def _origins(queries: Queries, block: Block, best: Best, start: int, stop: int) -> np.ndarray:
    """Step 3.7 for a tile: squared distances of its queries from the pivot of each run."""
    origins = np.empty((stop - start, len(block.pivots)))
    kernels.measure_pivots(
        queries.rows,
        start,
        block.rows,
        queries.plan,
        block.ids,
        block.labels,
        block.pivots,
        queries.own,
        origins,
        best.squared,
        best.ids,
        best.labels,
    )
    return origins


def _settle(
    queries: Queries,
    block: Block,
    best: Best,
    products: np.ndarray,
    lower: np.ndarray,
    which: np.ndarray,
    origins: np.ndarray,
) -> None:
    """Decide the queries ``which`` from their products."""
    kernels.settle(
        products,
        lower,
        which,
        origins,
        block.starts,
        queries.rows,
        block.rows,
        queries.plan,
        block.ids,
        block.labels,
        queries.scale,
        bound.threshold_margin(block.rows.shape[1]),
        bound.THRESHOLD_FLOOR,
        best.squared,
        best.ids,
        best.labels,
    )
