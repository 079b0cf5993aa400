"""Multinomial logistic regression with an L2 penalty: the linear probe of most later papers.

Minimised is C Σ −log p(y_i | x_i) + ½‖W‖², the intercepts free, as by scikit-learn's
``LogisticRegression`` (which has a single vector for two classes: there its C is half of ours); by
L-BFGS, each value of C beginning at the solution of the one before it. Fewer rows than columns are
first turned into their own span, which changes neither inner products nor lengths of weights.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from dcgan_eval.core import ConvergenceWarning, Indices, Progress, identity
from dcgan_eval.probes.grids import half_decades_around, half_decades_beyond
from dcgan_eval.probes.l2svm.threads import single_threaded_workers
from dcgan_eval.probes.matrix import Matrix
from dcgan_eval.probes.probe import Evaluation, Fits, Predicted, Probe
from dcgan_eval.probes.scores import as_scores

_BLOCK_BYTES = 1 << 26
# Of scipy's L-BFGS-B: pairs that make up its picture of the Hessian.
_PAIRS = 10
# C·mean‖x‖² at the C that was best for one draw of 1,000 images of svhn_subset and the authors'
# SVHN weights (C = 1e-2, ‖x‖² about 3e3).
_CENTRE = 30.0
# Most rows whose Gram matrix is decomposed: beyond it that takes longer than it saves.
_SPAN_ROWS = 5000


class LogisticProbe(Probe):
    """``probe: logistic``.

    Attributes
    ----------
    tol
        Largest entry of the gradient of the mean loss (penalty included) at which a fit ends.
        scikit-learn's default is 1e-4; rows that can be separated are then far from done.
    max_iter
        L-BFGS iterations of one fit.
    dtype
        Of the products with rows of features. Small gradients are out of float32's reach: the loss
        no longer falls by more than its rounding. Fewer rows than columns are fitted in their own
        span, which is small, and always in float64.
    """

    parameter: ClassVar[str] = "C"
    prefer: ClassVar[Literal["small", "large"]] = "small"

    kind: Literal["logistic"] = identity("logistic")
    tol: float = identity(1e-5, gt=0, lt=1)
    max_iter: int = identity(1000, ge=1)
    dtype: Literal["float32", "float64"] = identity("float64")

    def auto_grid(self, X: Matrix, rows: Indices, fewest: int | None = None) -> tuple[float, ...]:
        """Seven half-decade steps around a C that suits the scale of the features."""
        return half_decades_around(X, rows, _CENTRE)

    def extend(self, grid: Sequence[float], upwards: bool) -> tuple[float, ...]:
        """Two half-decade steps beyond an end."""
        return half_decades_beyond(grid, upwards)

    def memory_bytes(
        self, rows: int, columns: int, n_classes: int, n_values: int, n_subsets: int
    ) -> int:
        """Weights, the optimiser's pairs, and what is read at once."""
        weights = n_classes * (columns + 1) * 8
        kept = n_subsets * n_values * weights
        read = min(rows, _block_rows(columns)) * columns * 3 * 8
        span = (rows * columns + 4 * rows * rows) * 8 if _spans(rows, columns) else 0
        return (1 << 28) + kept + weights * (2 * _PAIRS + 10) + read + rows * n_classes * 8 + span

    def predict_path(self, fits: Fits, *, device: str, progress: Progress) -> Predicted:
        """Fit each subset along the grid, then predict by one read of each evaluation."""
        X, y, values, subsets = fits.X, fits.y, fits.values, fits.subsets
        classes = np.unique(y)
        weights: list[NDArray[np.float64]] = []
        worst, longest = 0.0, 0

        def path(rows: Indices) -> list[_Fit]:
            problem = _Problem(X, np.searchsorted(classes, y[rows]), rows, self)
            return problem.path(values, len(classes))

        with (
            progress.task("logistic regression", len(subsets) * len(values), "fits") as advance,
            # L-BFGS's own products are small: threads would wait for each other.
            single_threaded_workers() as workers,
        ):
            for fitted in workers.map(path, subsets):
                for fit in fitted:
                    weights.append(fit.weights)
                    worst, longest = max(worst, fit.gradient), max(longest, fit.iterations)
                advance(len(fitted))
        if worst > self.tol:
            warnings.warn(
                f"logistic regression ended with a gradient of {worst:.2g}, above "
                f"tol={self.tol:g}: raise max_iter ({self.max_iter}) or tol",
                ConvergenceWarning,
                stacklevel=2,
            )
        stacked = np.stack(weights)
        predictions = tuple(
            _predict(stacked, classes, one, self.dtype).reshape(len(subsets), len(values), len(one))
            for one in fits.evaluations
        )
        scores: tuple[NDArray[np.float16] | None, ...] = ()
        if fits.scored:
            first = stacked[:: len(values)][: fits.scored]
            blocks = _scores(first, fits.evaluations[0], self.dtype)
            found = np.concatenate([block for _, block in blocks]).swapaxes(0, 1)
            scores = tuple(as_scores(of, classes, fits.n_classes) for of in found)
        details = {"worst_gradient": worst, "most_iterations": longest}
        return Predicted(predictions, details, scores)


@dataclass(frozen=True)
class _Fit:
    """Weights (classes, columns + 1), the largest entry of their gradient, L-BFGS iterations."""

    weights: NDArray[np.float64]
    gradient: float
    iterations: int


class _Problem:
    """The loss of one subset of rows; a small one is held, a large one read again and again.

    Attributes
    ----------
    columns
        Of the rows as they are fitted: X's own, or coordinates in the span of the rows.
    """

    def __init__(
        self, X: Matrix, codes: NDArray[np.int64], rows: Indices, probe: LogisticProbe
    ) -> None:
        self.X, self.codes, self.rows, self.probe = X, codes, rows, probe
        self.block = _block_rows(X.shape[1])
        self.basis: NDArray[np.floating] | None = None
        self.held: NDArray[np.floating] | None = None
        self.dtype: str = probe.dtype
        if _spans(len(rows), X.shape[1]):
            self.block = len(rows)
            self.dtype = "float64"
            self.held, self.basis = _coordinates(np.asarray(X[rows]))
        elif len(rows) <= self.block:
            self.held = self._read(0)
        self.columns = X.shape[1] if self.held is None else self.held.shape[1]

    def _in_columns_of_X(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weights of the columns of X."""
        if self.basis is None:
            return weights
        return np.concatenate([weights[:, :-1] @ self.basis, weights[:, -1:]], axis=1)

    def path(self, values: Sequence[float], n_classes: int) -> list[_Fit]:
        """Fit every value, each from the solution of the one before it."""
        shape = (n_classes, self.columns + 1)
        point = np.zeros(shape).ravel()
        fits = []
        for C in values:
            found = minimize(
                self._loss,
                point,
                args=(1 / (C * len(self.rows)), shape),
                jac=True,
                method="L-BFGS-B",
                # As scikit-learn: the gradient decides, not a small step of the loss.
                options={
                    "maxiter": self.probe.max_iter,
                    "maxfun": 10 * self.probe.max_iter,
                    "maxcor": _PAIRS,
                    "gtol": self.probe.tol,
                    "ftol": 64 * np.finfo(np.float64).eps,
                    "maxls": 50,
                },
            )
            point = found.x
            weights = self._in_columns_of_X(point.reshape(shape))
            fits.append(_Fit(weights, float(np.abs(found.jac).max()), int(found.nit)))
        return fits

    def _loss(
        self, flat: NDArray[np.float64], ridge: float, shape: tuple[int, ...]
    ) -> tuple[float, NDArray[np.float64]]:
        """Mean loss with its penalty, and its gradient."""
        n = len(self.rows)
        weights = flat.reshape(shape)
        W = weights[:, :-1].astype(self.dtype)
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
        return block.astype(self.probe.dtype, copy=False)


def _spans(rows: int, columns: int) -> bool:
    """Whether rows are turned into their span."""
    return rows < columns and rows <= _SPAN_ROWS


def _coordinates(
    rows: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows in an orthonormal basis of their span, and that basis: (n, r), (r, d).

    From the eigenvectors of their Gram matrix; directions in which rounding is all there is are
    left out.
    """
    exact = rows.astype(np.float64)
    values, vectors = np.linalg.eigh(exact @ exact.T)
    kept = values > len(values) * np.finfo(np.float64).eps * values[-1]
    lengths = np.sqrt(values[kept])
    basis = (vectors[:, kept] / lengths).T @ exact
    return vectors[:, kept] * lengths, basis


def _predict(
    weights: NDArray[np.float64],
    classes: NDArray[np.int64],
    evaluation: Evaluation,
    dtype: str,
) -> NDArray[np.int16]:
    """Class of every row by every fit, (fits, rows)."""
    out = np.empty((len(weights), len(evaluation)), dtype=np.int16)
    for at, scores in _scores(weights, evaluation, dtype):
        out[:, at] = classes[scores.argmax(axis=2).T]
    return out


def _scores(
    weights: NDArray[np.float64], evaluation: Evaluation, dtype: str
) -> Iterator[tuple[slice, NDArray[np.floating]]]:
    """Places of a block of rows, and their scores by every fit, (rows, fits, classes)."""
    fits, n_classes, width = weights.shape
    columns = weights.reshape(fits * n_classes, width).astype(dtype)
    size = _block_rows(max(width, fits * n_classes))
    for at, block in evaluation.blocks(size):
        scores = block @ columns[:, :-1].T + columns[:, -1]
        yield at, scores.reshape(len(block), fits, n_classes)


def _block_rows(columns: int) -> int:
    """Rows read at once."""
    return max(256, _BLOCK_BYTES // (4 * columns))


PROBE = LogisticProbe
