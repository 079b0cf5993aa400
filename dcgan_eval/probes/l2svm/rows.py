"""X as blocks of rows: the only place that reads features (step 3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

_BLOCK_BYTES = 1 << 28


class Matrix(Protocol):
    """Anything with a shape, a dtype, slices of rows and rows by index array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """float16, float32 or float64."""
        ...

    def __getitem__(self, rows: Any) -> NDArray[np.floating]: ...


Block = torch.Tensor | NDArray[np.floating]


def matmul(a: Block, b: Block) -> torch.Tensor:
    """Compute a @ b; on a CPU by NumPy's BLAS, on a GPU by torch's.

    NumPy's wheels carry OpenBLAS, which multiplies skinny matrices 1.1 to 2 times faster than
    torch's MKL on CPUs that are not Intel's (``benchmarks/l2svm.py`` prints both rates).
    """
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) and a.is_cuda:
        return a @ b
    return torch.from_numpy(np.matmul(np.asarray(a), np.asarray(b)))


class RowBlocks:
    """Products with [X, bias] over some rows of X, read block by block, never copied whole.

    Parameters
    ----------
    X
        The features, float16, float32 or float64.
    rows
        Index array of the rows that count, in order; None for all.
    bias
        Value of the constant column (`intercept_scaling`); 0 for none.
    dtype
        Of the products.
    device
        Where the products are computed and their results live.
    block_rows
        Rows read at a time; None for about 256 MB.
    """

    def __init__(
        self,
        X: Matrix,
        rows: NDArray[np.int64] | None,
        bias: float,
        dtype: torch.dtype,
        device: str,
        block_rows: int | None = None,
    ) -> None:
        self.X, self.rows, self.bias = X, rows, bias
        self.dtype, self.device = dtype, torch.device(device)
        self.n = X.shape[0] if rows is None else len(rows)
        self.d = X.shape[1]
        itemsize = torch.empty((), dtype=dtype).element_size()
        self.block_rows = block_rows or max(1, _BLOCK_BYTES // max(1, self.d * itemsize))
        self._resident: list[torch.Tensor] | None = None

    @property
    def width(self) -> int:
        """Length of a weight vector: d, and one more with a bias."""
        return self.d + (self.bias > 0)

    def scores(self, weights: torch.Tensor) -> torch.Tensor:
        """S = W [X, bias]ᵀ: (q, width) → (q, n)."""
        out = torch.empty((len(weights), self.n), dtype=self.dtype, device=self.device)
        features = weights[:, : self.d].contiguous()
        for start, stop, block in self.blocks():
            out[:, start:stop] = matmul(block, features.T).T
        if self.bias > 0:
            out += self.bias * weights[:, self.d :]
        return out

    def adjoint(self, residuals: torch.Tensor) -> torch.Tensor:
        """V = R [X, bias]: (q, n) → (q, width)."""
        out = torch.zeros((len(residuals), self.width), dtype=self.dtype, device=self.device)
        features = out[:, : self.d]
        for start, stop, block in self.blocks():
            features += matmul(residuals[:, start:stop], block)
        if self.bias > 0:
            out[:, self.d] = self.bias * residuals.sum(1)
        return out

    def blocks(self) -> Iterator[tuple[int, int, Block]]:
        """First row, last row + 1, and the block; on a GPU a tensor, kept there if X fits."""
        spans = [(s, min(s + self.block_rows, self.n)) for s in range(0, self.n, self.block_rows)]
        if self.device.type == "cpu":
            for start, stop in spans:
                yield start, stop, self.read(start, stop)
            return
        if self._resident is None:
            need = self.n * self.d * torch.empty((), dtype=self.dtype).element_size()
            free, _ = torch.cuda.mem_get_info(self.device)
            if need <= free // 2:
                self._resident = [self._sent(*span) for span in spans]
        for number, (start, stop) in enumerate(spans):
            if self._resident is not None:
                yield start, stop, self._resident[number]
            else:
                yield start, stop, self._sent(start, stop)

    def _sent(self, start: int, stop: int) -> torch.Tensor:
        """Rows start…stop−1 on the device."""
        return torch.from_numpy(np.array(self.read(start, stop))).to(self.device)

    def read(self, start: int, stop: int) -> NDArray[np.floating]:
        """Rows start…stop−1 of those that count, in the dtype of the products."""
        chosen = self.X[start:stop] if self.rows is None else self.X[self.rows[start:stop]]
        wanted = np.float32 if self.dtype == torch.float32 else np.float64
        return np.asarray(chosen).astype(wanted, copy=False)
