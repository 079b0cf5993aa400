"""Gram matrices K = [X, bias][X, bias]ᵀ of rows, of one subset or of a pool (step 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import DataError
from dcgan_eval.probes.l2svm.problem import Problem

_COLUMNS = 2048  # columns converted to float64 at a time
_BLOCK_BYTES = 1 << 29
_TILE = 512  # rows of a product that a worker computes at a time

Share = Callable[..., Any]


def gram_matrix(
    problem: Problem, rows: NDArray[np.int64], dtype: torch.dtype, share: Share = map
) -> torch.Tensor:
    """Inner products of the chosen rows, (n, n), plus bias² for the constant column.

    Parameters
    ----------
    share
        Does something for every tile, as ``map`` does.

    Raises
    ------
    DataError
        A row that holds NaN or infinity.
    """
    X, device = problem.X, problem.device
    itemsize = 4 if dtype == torch.float32 else 8
    block_rows = max(1, _BLOCK_BYTES // (X.shape[1] * itemsize))
    # Two blocks are held at once, so each is a copy of its own; float64 is made by columns later.
    held = np.float64 if dtype == torch.float64 and X.dtype == np.float64 else np.float32

    def read(start: int) -> NDArray[np.floating]:
        return np.asarray(X[rows[start : start + block_rows]]).astype(held, copy=False)

    gram = torch.zeros((len(rows), len(rows)), dtype=dtype, device=device)
    starts = range(0, len(rows), block_rows)
    for first in starts:
        left = read(first)
        _refuse_nan(left, rows[first:])
        for second in starts[: first // block_rows + 1]:
            right = left if second == first else read(second)
            target = gram[first : first + len(left), second : second + len(right)]
            _add_products(left, right, target, share)
            if second != first:
                gram[second : second + len(right), first : first + len(left)] = target.T
    return gram.add_(problem.bias * problem.bias)


def _add_products(
    left: NDArray[np.floating], right: NDArray[np.floating], out: torch.Tensor, share: Share
) -> None:
    """Add the inner products of two blocks of rows, summed in the dtype of `out`."""
    wanted = np.float32 if out.dtype == torch.float32 else np.float64
    same = left is right
    step = left.shape[1] if left.dtype == wanted else _COLUMNS
    for start in range(0, left.shape[1], step):
        columns = slice(start, start + step)
        a = left[:, columns].astype(wanted, copy=False)
        b = a if same else right[:, columns].astype(wanted, copy=False)
        if out.is_cuda:
            sent = torch.from_numpy(np.array(a)).to(out)
            out += sent @ (sent if same else torch.from_numpy(np.array(b)).to(out)).T
            continue

        def tile(corner: tuple[int, int], a: Any = a, b: Any = b, out: Any = out) -> None:
            rows, others = (slice(at, at + _TILE) for at in corner)
            with np.errstate(invalid="ignore", over="ignore"):  # not finite: refused by name
                product = torch.from_numpy(a[rows] @ b[others].T)
            out[rows, others] += product
            if same and rows != others:
                out[others, rows] += product.T

        corners = [(i, j) for i in range(0, len(a), _TILE)
                   for j in range(0, i + 1 if same else len(b), _TILE)]  # fmt: skip
        list(share(tile, corners))


def _refuse_nan(block: NDArray[np.floating], rows: NDArray[np.int64]) -> None:
    """A DataError that names the first row with NaN or infinity."""
    bad = ~np.isfinite(block.sum(1, dtype=np.float64))
    if bad.any():
        row = int(rows[np.flatnonzero(bad)[0]])
        raise DataError(f"features of row {row} contain NaN or infinity: expected finite numbers")


class PoolGram:
    """Gram matrices of a problem's subsets: cut from that of their union where this is less work.

    Parameters
    ----------
    problem
        Its subsets each get their Gram matrix by `of`.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.pool = shared_pool(problem.subsets)
        self._grams: dict[torch.dtype, torch.Tensor] = {}
        self._lock = Lock()

    def of(self, number: int, dtype: torch.dtype, share: Share) -> torch.Tensor:
        """Gram matrix of subset `number`."""
        rows = self.problem.subsets[number]
        if self.pool is None:
            return gram_matrix(self.problem, rows, dtype, share)
        at = torch.from_numpy(np.searchsorted(self.pool, rows)).to(self.problem.device)
        return self.prepare(dtype, share).index_select(0, at).index_select(1, at)

    def prepare(self, dtype: torch.dtype, share: Share) -> torch.Tensor:
        """The pool's Gram matrix, computed once."""
        assert self.pool is not None
        with self._lock:
            if dtype not in self._grams:
                self._grams[dtype] = gram_matrix(self.problem, self.pool, dtype, share)
            return self._grams[dtype]


def shared_pool(subsets: Sequence[NDArray[np.int64]]) -> NDArray[np.int64] | None:
    """The sorted union of the subsets if one Gram matrix of it costs less than one a subset."""
    pool = np.unique(np.concatenate(subsets))
    own = sum(len(rows) ** 2 for rows in subsets)
    return pool if len(subsets) > 1 and len(pool) ** 2 <= own else None
