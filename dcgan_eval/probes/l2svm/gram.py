"""Gram matrices K = [X, bias][X, bias]ᵀ of rows, of one subset or of a pool (step 4)."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import DataError
from dcgan_eval.probes.l2svm.rows import Block, matmul
from dcgan_eval.probes.matrix import Matrix

_COLUMNS = 2048  # columns converted to float64 at a time
_BLOCK_BYTES = 1 << 29


def gram_matrix(
    X: Matrix, rows: NDArray[np.int64], bias: float, dtype: torch.dtype, device: str
) -> torch.Tensor:
    """Inner products of the chosen rows, (n, n), plus bias² for the constant column.

    Raises
    ------
    DataError
        A row that holds NaN or infinity.
    """
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
            product = _products(left, right, dtype, device)
            gram[first : first + len(left), second : second + len(right)] = product
            if second != first:
                gram[second : second + len(right), first : first + len(left)] = product.T
    return gram.add_(bias * bias)


def _products(
    left: NDArray[np.floating], right: NDArray[np.floating], dtype: torch.dtype, device: str
) -> torch.Tensor:
    """Inner products of two blocks of rows; summed in `dtype`."""
    wanted = np.float32 if dtype == torch.float32 else np.float64
    total = torch.zeros((len(left), len(right)), dtype=dtype, device=device)
    step = left.shape[1] if left.dtype == wanted else _COLUMNS
    for start in range(0, left.shape[1], step):
        columns = slice(start, start + step)
        a = _sent(left[:, columns].astype(wanted, copy=False), device)
        b = a if right is left else _sent(right[:, columns].astype(wanted, copy=False), device)
        total += matmul(a, b.T)  # NumPy sees a·aᵀ and computes half of it
    return total


def _sent(block: NDArray[np.floating], device: str) -> Block:
    """The block where it is multiplied."""
    return block if device == "cpu" else torch.from_numpy(np.array(block)).to(device)


def _refuse_nan(block: NDArray[np.floating], rows: NDArray[np.int64]) -> None:
    """A DataError that names the first row with NaN or infinity."""
    bad = ~np.isfinite(block.sum(1, dtype=np.float64))
    if bad.any():
        row = int(rows[np.flatnonzero(bad)[0]])
        raise DataError(f"features of row {row} contain NaN or infinity: expected finite numbers")


class PoolGram:
    """Gram matrices of subsets: cut from that of their union where this is less work.

    Parameters
    ----------
    X, bias, device
        As in `RowBlocks`.
    subsets
        Index arrays; each gets its Gram matrix by `of`.
    """

    def __init__(
        self, X: Matrix, subsets: Sequence[NDArray[np.int64]], bias: float, device: str
    ) -> None:
        self.X, self.subsets, self.bias, self.device = X, subsets, bias, device
        self.pool = shared_pool(subsets)
        self._grams: dict[torch.dtype, torch.Tensor] = {}
        self._lock = Lock()

    def of(self, number: int, dtype: torch.dtype) -> torch.Tensor:
        """Gram matrix of subset `number`."""
        rows = self.subsets[number]
        if self.pool is None:
            return gram_matrix(self.X, rows, self.bias, dtype, self.device)
        at = torch.from_numpy(np.searchsorted(self.pool, rows)).to(self.device)
        return self.prepare(dtype).index_select(0, at).index_select(1, at)

    def prepare(self, dtype: torch.dtype) -> torch.Tensor:
        """The pool's Gram matrix, computed once."""
        assert self.pool is not None
        with self._lock:
            if dtype not in self._grams:
                gram = gram_matrix(self.X, self.pool, self.bias, dtype, self.device)
                self._grams[dtype] = gram
            return self._grams[dtype]


def shared_pool(subsets: Sequence[NDArray[np.int64]]) -> NDArray[np.int64] | None:
    """The sorted union of the subsets if one Gram matrix of it costs less than one a subset."""
    pool = np.unique(np.concatenate(subsets))
    own = sum(len(rows) ** 2 for rows in subsets)
    return pool if len(subsets) > 1 and len(pool) ** 2 <= own else None
