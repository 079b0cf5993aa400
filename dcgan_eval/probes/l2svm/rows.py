"""X as blocks of rows: the only place that reads features (step 3)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.probes.l2svm.memory import BLOCK_BYTES, CONVERTED_BYTES
from dcgan_eval.probes.l2svm.threads import single_threaded_workers
from dcgan_eval.probes.matrix import Matrix

_WORTH_WORKERS = 1 << 28  # multiplications below which workers cost more than they save

Block = torch.Tensor | NDArray[np.floating]


def matmul(a: Block, b: Block) -> torch.Tensor:
    """Compute a @ b for large a or b; on a CPU by NumPy's BLAS, on a GPU by torch's.

    NumPy's wheels carry OpenBLAS, which multiplies a large matrix with a skinny one up to 1.5
    times faster than torch's MKL on CPUs that are not Intel's (``benchmarks/l2svm.py`` prints
    both rates). Small products are left to torch, whose idle threads sleep: OpenBLAS's spin, and
    wait for each other long when other processes want the cores.
    """
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) and a.is_cuda:
        return a @ b
    with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinity are refused by name later
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
        self._wanted = np.dtype(np.float32 if dtype == torch.float32 else np.float64)
        size = BLOCK_BYTES if X.dtype == self._wanted else CONVERTED_BYTES
        self.block_rows = block_rows or max(1, size // (self.d * self._wanted.itemsize))
        self._resident: list[torch.Tensor] | None = None
        self._buffers: dict[int, NDArray[np.floating]] = {}

    @property
    def width(self) -> int:
        """Length of a weight vector: d, and one more with a bias."""
        return self.d + (self.bias > 0)

    def scores(self, weights: torch.Tensor) -> torch.Tensor:
        """S = W [X, bias]ᵀ: (q, width) → (q, n)."""
        return self.scores_and_adjoint(weights, self._no_columns(self.n))[0]

    def adjoint(self, residuals: torch.Tensor) -> torch.Tensor:
        """V = R [X, bias]: (q, n) → (q, width)."""
        return self.scores_and_adjoint(self._no_columns(self.width), residuals)[1]

    def scores_and_adjoint(
        self, weights: torch.Tensor, residuals: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """`scores` of weights and `adjoint` of residuals by one read of X."""
        scores = torch.empty((len(weights), self.n), dtype=self.dtype, device=self.device)
        pulls = torch.zeros((len(residuals), self.width), dtype=self.dtype, device=self.device)
        features = weights[:, : self.d].contiguous()

        def multiply(worker: int, workers: int) -> torch.Tensor:
            """Fill in the scores of a worker's blocks, and return its part of the pulls."""
            part = torch.zeros_like(pulls[:, : self.d])
            for start, stop, block in self.blocks(worker, workers):
                if len(features):
                    scores[:, start:stop] = matmul(block, features.T).T
                if len(part):
                    part += matmul(residuals[:, start:stop], block)
            return part

        work = self.n * self.d * (len(weights) + len(residuals))
        if self.device.type != "cpu" or torch.get_num_threads() == 1 or work < _WORTH_WORKERS:
            pulls[:, : self.d] = multiply(0, 1)
        else:
            with single_threaded_workers() as pool:
                workers = torch.get_num_threads()
                # Summed in the order of the workers: equal threads give equal bits.
                for part in pool.map(multiply, range(workers), [workers] * workers):
                    pulls[:, : self.d] += part
        if self.bias > 0:
            scores += self.bias * weights[:, self.d :]
            pulls[:, self.d] = self.bias * residuals.sum(1)
        return scores, pulls

    def _no_columns(self, length: int) -> torch.Tensor:
        """Zero vectors of a length."""
        return torch.empty((0, length), dtype=self.dtype, device=self.device)

    def blocks(self, worker: int = 0, workers: int = 1) -> Iterator[tuple[int, int, Block]]:
        """First row, last row + 1, and the block, of one worker's share of the blocks.

        On a GPU a block is a tensor, kept there if X fits.
        """
        size = min(self.block_rows, -(-self.n // workers))
        spans = [(start, min(start + size, self.n)) for start in range(0, self.n, size)]
        if self.device.type == "cpu":
            for start, stop in spans[worker::workers]:
                yield start, stop, self.read(start, stop, worker)
            return
        if self._resident is None:
            need = self.n * self.d * self._wanted.itemsize
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

    def read(self, start: int, stop: int, worker: int = 0) -> NDArray[np.floating]:
        """Rows start…stop−1 of those that count, in the dtype of the products.

        A view where that is possible; else the worker's one buffer, which its next read
        overwrites: fresh pages would cost more than the conversion.
        """
        chosen = np.asarray(
            self.X[start:stop] if self.rows is None else self.X[self.rows[start:stop]]
        )
        if chosen.dtype == self._wanted:
            return chosen
        buffer = self._buffers.get(worker)
        if buffer is None or len(buffer) < len(chosen):
            buffer = self._buffers[worker] = np.empty((len(chosen), self.d), dtype=self._wanted)
        np.copyto(buffer[: len(chosen)], chosen)
        return buffer[: len(chosen)]
