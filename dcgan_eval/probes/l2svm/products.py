"""Products of a tall matrix with a few vectors: the only place that reads features (step 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import cache
from typing import Any

import numpy as np
import torch
from llvmlite.binding import get_host_cpu_features  # type: ignore[import-untyped]
from numpy.typing import NDArray

from dcgan_eval.probes.l2svm import kernels
from dcgan_eval.probes.l2svm.memory import BLOCK_BYTES
from dcgan_eval.probes.matrix import Matrix

Vectors = NDArray[np.floating]

_TASK_FLOPS = 1 << 26  # a task of a worker: a millisecond, ten times what handing it out takes
_STRIP = 1024  # columns of a task of `adjoint`, at most
# From so many vectors a BLAS on one thread is as fast as the compiled loop, and then faster.
_MANY = 100


@cache
def _compiled() -> bool:
    """Whether the compiled loops are faster than a BLAS: the processor multiplies and adds at once.

    Without its wide registers the sums of a tile do not stay in any.
    """
    return bool(get_host_cpu_features().get("fma", False))


class Products:
    """Products with some rows of a matrix, which is never copied whole unless it is small.

    Parameters
    ----------
    X
        float16, float32, float64 or whole numbers.
    workers
        Share out the work; how many there are decides no bit.
    rows
        Index array of the rows that count, in order; None for all.
    dtype
        What float64 and whole numbers are multiplied in; the others are float32.
    device
        ``"cpu"`` or a CUDA device. Vectors come and go as arrays.
    block_rows
        Rows that are copied at a time where they must be; None for about 64 MB.
    """

    def __init__(
        self,
        X: Matrix,
        workers: Executor,
        *,
        rows: NDArray[np.int64] | None = None,
        dtype: Any = np.float32,
        device: str = "cpu",
        block_rows: int | None = None,
    ) -> None:
        self.X, self.rows, self.workers = X, rows, workers
        self.shape = (X.shape[0] if rows is None else len(rows), X.shape[1])
        narrow = np.dtype(X.dtype).kind == "f" and np.dtype(X.dtype).itemsize <= 4
        self.dtype = np.dtype(np.float32 if narrow else dtype)
        self.device = torch.device(device)
        size = BLOCK_BYTES if self.device.type == "cpu" else 4 * BLOCK_BYTES
        wanted = block_rows or size // (self.shape[1] * self.dtype.itemsize)
        self.block_rows = max(1, wanted // kernels.GROUP) * kernels.GROUP
        self._buffer: NDArray[np.floating] | None = None
        self._held: list[tuple[int, int, Any]] | None = None

    def scores(self, W: Vectors) -> Vectors:
        """S = W Xᵀ: (q, d) → (q, n), in the dtype of W."""
        count = len(W)
        if count % 5 > 2:  # the loops take five at a time: one more costs less than three alone
            W = np.concatenate([W, np.zeros((5 - count % 5, W.shape[1]), W.dtype)])
        S = np.zeros((len(W), self.shape[0]), W.dtype)
        sent = self._sent(W) if self.device.type != "cpu" else None
        step = kernels.GROUP * max(1, _TASK_FLOPS // (2 * kernels.GROUP * max(1, W.size)))
        for start, stop, block in self._blocks() if len(W) else ():
            if sent is not None:
                S[:, start:stop] = (sent @ block.to(sent).T).cpu().numpy()
            elif _compiled() and len(W) < _MANY:
                self._share(_add_scores(block, W, S, start), len(block), step)
            else:
                self._share(_set_scores(block, W, S, start), len(block), kernels.GROUP)
        return S[:count]

    def adjoint(self, R: Vectors) -> Vectors:
        """V = R X: (q, n) → (q, d), in the dtype of R; rows that are zero in R cost nothing."""
        V = np.zeros((len(R), self.shape[1]), R.dtype)
        sent = self._sent(R) if self.device.type != "cpu" else None
        total = None if sent is None else sent.new_zeros(V.shape)
        width = -(-self.shape[1] // -(-self.shape[1] // _STRIP))
        width += -width % 16
        task = _add_adjoint if _compiled() else _sum_adjoint
        for start, stop, block in self._blocks() if len(R) else ():
            if sent is not None:
                total += sent[:, start:stop] @ block.to(sent)
            else:
                self._share(task(block, R, V, start), self.shape[1], width)
        return V if total is None else np.asarray(total.cpu().numpy())

    def _share(self, task: Callable[[slice], None], length: int, step: int) -> None:
        """Do a task for every `step` of `length`."""
        parts = [slice(start, min(start + step, length)) for start in range(0, length, step)]
        if len(parts) == 1:
            task(parts[0])
        else:
            for _ in self.workers.map(task, parts):
                pass

    def _blocks(self) -> Iterator[tuple[int, int, Any]]:
        """First row, last row + 1, and the rows; kept where one block holds all, or the device."""
        if self._held is not None:
            yield from self._held
            return
        spans = [
            (start, min(start + self.block_rows, self.shape[0]))
            for start in range(0, self.shape[0], self.block_rows)
        ]
        if self.device.type == "cpu":
            whole = self.X if self.rows is None and isinstance(self.X, np.ndarray) else None
            if whole is not None and whole.dtype == self.dtype and whole.flags.c_contiguous:
                self._held = [(0, self.shape[0], whole)]
            elif len(spans) == 1:
                self._held = [(*spans[0], self._read(*spans[0]))]
        else:
            free, _ = torch.cuda.mem_get_info(self.device)
            if self.shape[0] * self.shape[1] * self.dtype.itemsize <= free // 2:
                self._held = [(*span, self._sent(self._read(*span))) for span in spans]
        if self._held is not None:
            yield from self._held
        else:
            for span in spans:
                block = self._read(*span)
                yield *span, block if self.device.type == "cpu" else self._sent(block)

    def _read(self, start: int, stop: int) -> NDArray[np.floating]:
        """Rows start…stop−1 of those that count; in the one buffer where they must be copied."""
        if self.rows is None:
            given = np.asarray(self.X[start:stop])
            if given.dtype == self.dtype and given.flags.c_contiguous:
                return given
        if self._buffer is None:
            size = (min(self.block_rows, self.shape[0]), self.shape[1])
            self._buffer = np.empty(size, self.dtype)  # fresh pages cost more than the conversion
        buffer = self._buffer[: stop - start]

        def copy(part: slice) -> None:
            given = slice(start + part.start, start + part.stop)
            np.copyto(buffer[part], self.X[given if self.rows is None else self.rows[given]])

        self._share(copy, stop - start, kernels.GROUP)
        return buffer

    def _sent(self, array: NDArray[np.floating]) -> torch.Tensor:
        """A copy on the device."""
        return torch.from_numpy(np.array(array)).to(self.device)


def _add_scores(block: Any, W: Vectors, S: Vectors, shift: int) -> Callable[[slice], None]:
    """Scores of some rows of a block by the compiled loop."""
    return lambda part: kernels.add_scores(block, W, S, part.start, part.stop, shift)


def _set_scores(block: Any, W: Vectors, S: Vectors, shift: int) -> Callable[[slice], None]:
    """Scores of some rows of a block by NumPy's BLAS."""

    def task(part: slice) -> None:
        S[:, shift + part.start : shift + part.stop] = np.matmul(W, block[part].T)

    return task


def _add_adjoint(block: Any, R: Vectors, V: Vectors, shift: int) -> Callable[[slice], None]:
    """Some columns of the adjoint by the compiled loop."""
    active = kernels.active_rows(R, shift, len(block))
    return lambda part: kernels.add_adjoint(block, R, V, active, shift, part.start, part.stop)


def _sum_adjoint(block: Any, R: Vectors, V: Vectors, shift: int) -> Callable[[slice], None]:
    """Some columns of the adjoint by NumPy's BLAS."""

    def task(part: slice) -> None:
        for first in range(0, len(block), kernels.GROUP):
            rows = block[first : first + kernels.GROUP, part]
            V[:, part] += np.matmul(R[:, shift + first : shift + first + len(rows)], rows)

    return task
