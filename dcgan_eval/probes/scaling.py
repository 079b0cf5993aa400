"""Features scaled as they are read: nothing is copied, the matrix on disk stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Indices
from dcgan_eval.probes.matrix import Matrix
from dcgan_eval.probes.probe import Probe

# Rows read at once while column statistics are computed: small beside any fit.
_BLOCK_ROWS = 1024


class ScaledMatrix:
    """A matrix whose rows are scaled when they are read.

    Parameters
    ----------
    X
        (n, d).
    unit_rows
        Whether each row is divided by its length first.
    mean, scale : float64 arrays, (d,), optional
        Subtracted from, and divided into, each column.
    """

    ndim = 2

    def __init__(
        self,
        X: Matrix,
        unit_rows: bool,
        mean: NDArray[np.float64] | None = None,
        scale: NDArray[np.float64] | None = None,
    ) -> None:
        self.X, self.unit_rows = X, unit_rows
        self.mean = None if mean is None else mean.astype(np.float32)
        self.scale = None if scale is None else scale.astype(np.float32)
        self.shape = X.shape
        self.dtype = np.dtype(np.float32)

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, rows: Any) -> NDArray[np.floating]:
        values = np.array(self.X[rows], dtype=np.float32)
        if self.unit_rows:
            length = np.linalg.norm(values, axis=-1, keepdims=True)
            values /= np.where(length > 0, length, 1)
        if self.mean is not None and self.scale is not None:
            values -= self.mean
            values /= self.scale
        return values


class Scaling:
    """What scaling was fitted, so that test rows get the same."""

    def __init__(
        self,
        unit_rows: bool,
        mean: NDArray[np.float64] | None,
        scale: NDArray[np.float64] | None,
    ) -> None:
        self.unit_rows, self.mean, self.scale = unit_rows, mean, scale

    @classmethod
    def fit(cls, X: Matrix, probe: Probe, rows: Indices) -> Scaling:
        """Fit column means and standard deviations on some rows where the probe asks for them.

        A constant column is centred and left unscaled.
        """
        if not probe.standardize:
            return cls(probe.l2_normalize, None, None)
        plain = ScaledMatrix(X, probe.l2_normalize)
        total = np.zeros(X.shape[1])
        for start in range(0, len(rows), _BLOCK_ROWS):
            total += plain[rows[start : start + _BLOCK_ROWS]].sum(axis=0, dtype=np.float64)
        mean = total / len(rows)
        squares = np.zeros(X.shape[1])
        for start in range(0, len(rows), _BLOCK_ROWS):
            centred = plain[rows[start : start + _BLOCK_ROWS]] - mean
            squares += np.einsum("ij,ij->j", centred, centred)
        sd = np.sqrt(squares / len(rows))
        return cls(probe.l2_normalize, mean, np.where(sd > 0, sd, 1.0))

    def apply(self, X: Matrix) -> Matrix:
        """Give X itself where there is nothing to scale."""
        if not self.unit_rows and self.mean is None:
            return X
        return ScaledMatrix(X, self.unit_rows, self.mean, self.scale)


def mean_squared_norm(X: Matrix, rows: Indices) -> float:
    """Mean of ‖x‖² over some rows."""
    total = 0.0
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = np.asarray(X[rows[start : start + _BLOCK_ROWS]], dtype=np.float64)
        total += float(np.einsum("ij,ij->", block, block))
    return total / len(rows)
