"""Other solvers of the same problem: (X, y, C, tolerance) → weights with the constant column.

Each returns a (K, d + 1) array in float64; the constant column is one (``intercept_scaling=1``).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """Features, labels, and the least objective of each (C, class) as certified beforehand."""

    name: str
    X: NDArray[np.float32]
    y: NDArray[Any]
    Cs: list[float]
    minima: dict[float, NDArray[np.float64]]


def objectives(X: Any, y: Any, C: float, weights: Weights) -> NDArray[np.float64]:
    """P of every class in float64, X converted in blocks of rows."""
    loss = np.zeros(len(weights))
    labels = np.unique(y)
    for start in range(0, len(X), 2000):
        block = np.asarray(X[start : start + 2000], dtype=np.float64)
        scores = block @ weights[:, :-1].T + weights[:, -1]
        signs = np.where(y[start : start + 2000, None] == labels, 1.0, -1.0)
        loss += (np.maximum(0, 1 - signs * scores) ** 2).sum(0)
    return (weights**2).sum(1) / 2 + C * loss


def linearsvc(dual: bool) -> Callable[[Problem, float, float], Weights]:
    """scikit-learn's, by one of liblinear's two methods."""

    def solve(problem: Problem, C: float, tol: float) -> Weights:
        model = LinearSVC(C=C, tol=tol, dual=dual, random_state=0, max_iter=10_000)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(problem.X, problem.y)
        return np.c_[model.coef_, model.intercept_]

    return solve


def snapml(problem: Problem, C: float, tol: float) -> Weights:
    """IBM's parallel dual coordinate descent, on the float32 array in place."""
    from snapml import SupportVectorMachine  # optional

    model = SupportVectorMachine(
        loss="squared_hinge",
        regularizer=1 / C,
        tol=tol,
        max_iter=10_000,
        fit_intercept=True,
        n_jobs=2,
        random_state=0,
    )
    threads = torch.get_num_threads()
    model.fit(problem.X, problem.y.astype(np.float64))
    # It leaves OpenMP with one thread, and whoever comes after it.
    torch.set_num_threads(threads)
    coef = np.asarray(model.coef_, dtype=np.float64)
    return np.c_[coef, np.asarray(model.intercept_, dtype=np.float64)]


class Reached(Exception):
    """The joint L-BFGS has reached the accuracy that is asked for."""


def joint_lbfgs(problem: Problem, C: float, tol: float) -> Weights:
    """SciPy's L-BFGS over all classes, objective and gradient by one pair of float32 products.

    It is stopped at the first evaluation whose worst class is within `tol` of its minimum, which
    no user could do: the time is a lower bound of what any tolerance of its own would give.
    """
    X, labels = problem.X, np.unique(problem.y)
    signs = np.where(problem.y[:, None] == labels, 1, -1).astype(np.float32)
    shape = (len(labels), X.shape[1] + 1)
    best = problem.minima[C]
    reached: list[Weights] = []

    def value_and_gradient(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(shape)
        narrow = weights.astype(np.float32)
        scores = X @ narrow[:, :-1].T + narrow[:, -1]
        hinge = np.maximum(0, 1 - signs * scores)
        values = (weights**2).sum(1) / 2 + C * (hinge.astype(np.float64) ** 2).sum(0)
        if (values <= best * (1 + tol)).all():
            reached.append(weights)
            raise Reached
        pulled = (-2 * C) * signs * hinge
        gradient = weights.copy()
        gradient[:, :-1] += pulled.T @ X
        gradient[:, -1] += pulled.sum(0)
        return float(values.sum()), gradient.ravel()

    start = np.zeros(shape).ravel()
    options = {"maxiter": 3000, "maxfun": 4000, "ftol": 0.0, "gtol": 0.0, "maxcor": 10}
    try:
        found = minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", options=options)
    except Reached:
        return reached[0]
    return np.asarray(found.x.reshape(shape))
