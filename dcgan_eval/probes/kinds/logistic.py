"""Multinomial logistic regression with an L2 penalty: the linear probe of most later papers.

Minimised is C Σ −log p(y_i | x_i) + ½‖W‖², the intercepts free, as by scikit-learn's
``LogisticRegression`` (which has a single vector for two classes: there its C is half of ours); by
L-BFGS, each value of C beginning at the solution of the one before it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from dcgan_eval.core import ConvergenceWarning, Progress, identity
from dcgan_eval.probes.grids import half_decades_around, half_decades_beyond
from dcgan_eval.probes.probe import Evaluation, Matrix, Predicted, Probe, ProbeSettings, Rows

_BLOCK_BYTES = 1 << 26
# Of scipy's L-BFGS-B: pairs that make up its picture of the Hessian.
_PAIRS = 10


class LogisticSettings(ProbeSettings):
    """Settings of ``probe: logistic``.

    Attributes
    ----------
    tol
        Largest entry of the gradient of the mean loss (penalty included) at which a fit ends, as
        scikit-learn's ``tol``.
    max_iter
        L-BFGS iterations of one fit.
    dtype
        Of the products; the optimiser itself works in float64.
    """

    kind: Literal["logistic"] = identity("logistic")
    tol: float = identity(1e-4, gt=0, lt=1)
    max_iter: int = identity(1000, ge=1)
    dtype: Literal["float32", "float64"] = identity("float32")


class _Logistic(Probe):
    """``probe: logistic``."""

    settings = LogisticSettings
    parameter: ClassVar[str] = "C"
    prefer: ClassVar[Literal["small", "large"]] = "small"

    def auto_grid(self, X: Matrix, rows: Rows) -> tuple[float, ...]:
        """Seven half-decade steps around C = 1/mean‖x‖², the scale of the L2-SVM's grid."""
        return half_decades_around(X, rows)

    def extend(self, grid: Sequence[float], upwards: bool) -> tuple[float, ...]:
        """Two half-decade steps beyond an end."""
        return half_decades_beyond(grid, upwards)

    def memory_bytes(
        self,
        settings: LogisticSettings,
        rows: int,
        columns: int,
        n_classes: int,
        n_values: int,
        n_subsets: int,
    ) -> int:
        """Weights, the optimiser's pairs, and what is read at once."""
        weights = n_classes * (columns + 1) * 8
        kept = n_subsets * n_values * weights
        read = min(rows, _block_rows(columns)) * columns * 3 * 8
        return (1 << 28) + kept + weights * (2 * _PAIRS + 10) + read + rows * n_classes * 8

    def predict_path(
        self,
        settings: LogisticSettings,
        X: Matrix,
        y: NDArray[np.int64],
        values: Sequence[float],
        subsets: Sequence[Rows],
        evaluations: Sequence[Evaluation],
        progress: Progress,
    ) -> Predicted:
        """Fit subset after subset along the grid, then predict by one read of each evaluation."""
        classes = np.unique(y)
        weights: list[NDArray[np.float64]] = []
        worst, longest = 0.0, 0
        with progress.task("logistic regression", len(subsets) * len(values), "fits") as advance:
            for rows in subsets:
                start = np.zeros((len(classes), X.shape[1] + 1))
                problem = _Problem(X, np.searchsorted(classes, y[rows]), rows, settings)
                for C in values:
                    start, gradient, iterations = problem.solve(C, start)
                    weights.append(start)
                    worst, longest = max(worst, gradient), max(longest, iterations)
                    advance(1)
        if worst > settings.tol:
            warnings.warn(
                f"logistic regression ended with a gradient of {worst:.2g}, above "
                f"tol={settings.tol:g}: raise max_iter ({settings.max_iter}) or tol",
                ConvergenceWarning,
                stacklevel=2,
            )
        stacked = np.stack(weights)
        predictions = tuple(
            _predict(stacked, classes, one, settings).reshape(len(subsets), len(values), len(one))
            for one in evaluations
        )
        return Predicted(predictions, {"worst_gradient": worst, "most_iterations": longest})


class _Problem:
    """The loss of one subset of rows; a small one is held, a large one read again and again."""

    def __init__(
        self, X: Matrix, codes: NDArray[np.int64], rows: Rows, settings: LogisticSettings
    ) -> None:
        self.X, self.codes, self.rows, self.settings = X, codes, rows, settings
        self.block = _block_rows(X.shape[1])
        self.held = self._read(0) if len(rows) <= self.block else None

    def solve(self, C: float, start: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, int]:
        """Weights (classes, columns + 1), the largest entry of their gradient, iterations."""
        found = minimize(
            self._loss,
            start.ravel(),
            args=(1 / (C * len(self.rows)), start.shape),
            jac=True,
            method="L-BFGS-B",
            # As scikit-learn: the gradient decides, not a small step of the loss.
            options={
                "maxiter": self.settings.max_iter,
                "maxfun": 10 * self.settings.max_iter,
                "maxcor": _PAIRS,
                "gtol": self.settings.tol,
                "ftol": 64 * np.finfo(np.float64).eps,
                "maxls": 50,
            },
        )
        return found.x.reshape(start.shape), float(np.abs(found.jac).max()), int(found.nit)

    def _loss(
        self, flat: NDArray[np.float64], ridge: float, shape: tuple[int, ...]
    ) -> tuple[float, NDArray[np.float64]]:
        """Mean loss with its penalty, and its gradient."""
        n = len(self.rows)
        weights = flat.reshape(shape)
        W = weights[:, :-1].astype(self.settings.dtype)
        total, gradient = 0.0, np.zeros(shape)
        for first in range(0, n, self.block):
            block = self._read(first) if self.held is None else self.held
            at = np.arange(len(block)), self.codes[first : first + len(block)]
            logp = log_softmax(block @ W.T + weights[:, -1], axis=1)
            total -= float(logp[at].sum())
            residual = np.exp(logp)
            residual[at] -= 1
            gradient[:, :-1] += residual.T.astype(W.dtype) @ block
            gradient[:, -1] += residual.sum(axis=0)
        gradient /= n
        gradient[:, :-1] += ridge * weights[:, :-1]
        penalty = ridge / 2 * float(np.vdot(weights[:, :-1], weights[:, :-1]))
        return total / n + penalty, gradient.ravel()

    def _read(self, first: int) -> NDArray[np.floating]:
        """A block of rows in the dtype of the products."""
        block = np.asarray(self.X[self.rows[first : first + self.block]])
        return block.astype(self.settings.dtype, copy=False)


def _predict(
    weights: NDArray[np.float64],
    classes: NDArray[np.int64],
    evaluation: Evaluation,
    settings: LogisticSettings,
) -> NDArray[np.int16]:
    """Class of every row by every fit, (fits, rows)."""
    fits, n_classes, width = weights.shape
    columns = weights.reshape(fits * n_classes, width).astype(settings.dtype)
    out = np.empty((fits, len(evaluation)), dtype=np.int16)
    size = _block_rows(max(width, fits * n_classes))
    for first in range(0, len(evaluation), size):
        last = min(first + size, len(evaluation))
        rows = slice(first, last) if evaluation.rows is None else evaluation.rows[first:last]
        scores = np.asarray(evaluation.X[rows]) @ columns[:, :-1].T + columns[:, -1]
        best = scores.reshape(last - first, fits, n_classes).argmax(axis=2)
        out[:, first:last] = classes[best.T]
    return out


def _block_rows(columns: int) -> int:
    """Rows read at once."""
    return max(256, _BLOCK_BYTES // (4 * columns))


PROBE = _Logistic()
