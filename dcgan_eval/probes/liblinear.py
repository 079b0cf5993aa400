"""The reference solver: scikit-learn's ``LinearSVC`` behind the signature of `l2svm_path`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning as SklearnConvergenceWarning
from sklearn.svm import LinearSVC

from dcgan_eval.core import ConvergenceWarning, Progress, Silent
from dcgan_eval.probes.l2svm.memory import refuse_path
from dcgan_eval.probes.l2svm.path import check_matrix, check_settings, check_subsets
from dcgan_eval.probes.l2svm.problem import (
    ClassWeight,
    OneVsRest,
    check_problem,
    coef_dtype,
    dual_value,
    primal_value,
    relative_gap,
)
from dcgan_eval.probes.l2svm.result import L2SVMPath
from dcgan_eval.probes.matrix import Matrix

# A float64 copy and one 16-byte node per entry, measured (24.06 bytes an entry), and our own copy.
_BYTES_PER_ENTRY = 32


def liblinear_memory(rows: int, columns: int) -> int:
    """Predicted peak of `liblinear_path` on so many rows and columns, bytes."""
    return _BYTES_PER_ENTRY * rows * columns


def liblinear_path(
    X: Matrix,
    y: Any,
    Cs: Sequence[float],
    *,
    subsets: Sequence[NDArray[np.integer]] | None = None,
    tol: float = 1e-4,
    fit_intercept: bool = True,
    intercept_scaling: float = 1.0,
    class_weight: ClassWeight = None,
    sample_weight: Any = None,
    dual: bool | str = "auto",
    max_passes: int = 1000,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> L2SVMPath:
    """Train the problems of `l2svm_path` one after another with liblinear, in float64.

    Parameters
    ----------
    tol
        liblinear's own stopping tolerance, which bounds no suboptimality. The gaps of the result
        are computed from its weights and the dual point 2c·max(0, 1 − y s): true upper bounds,
        but large ones unless liblinear was run to a tight tolerance.
    dual
        As in ``LinearSVC``.
    max_passes
        ``max_iter`` of ``LinearSVC``.
    X, y, Cs, subsets, fit_intercept, intercept_scaling, class_weight, sample_weight
        As in `l2svm_path`.
    memory_limit, progress
        As in `l2svm_path`.

    Returns
    -------
    L2SVMPath
        `passes` holds liblinear's iterations.

    Raises
    ------
    DoesNotFitError
        32 bytes per entry of the largest subset cannot be had.

    Warns
    -----
    ConvergenceWarning
        liblinear ended at `max_passes`.
    """
    n, d = check_matrix(X)
    values = check_settings(Cs, tol, fit_intercept, intercept_scaling, max_passes, "auto")
    problem = check_problem(y, n, sample_weight, class_weight)
    chosen = check_subsets(problem, subsets, n)
    refuse_path(liblinear_memory(max(map(len, chosen)), d), memory_limit)
    bias = float(intercept_scaling) if fit_intercept else 0.0
    kept = coef_dtype(X)
    shape = (len(chosen), len(values), problem.columns)
    coef = np.empty((*shape, d), dtype=kept)
    intercept = np.zeros(shape, dtype=kept)
    objective, gap, passes = np.empty(shape), np.empty(shape), np.empty(shape)
    watched = progress if progress is not None else Silent()
    with watched.task("LinearSVC", len(chosen) * len(values), "fits") as advance:
        for subset, rows in enumerate(chosen):
            features = np.asarray(X[rows]).astype(np.float64)
            weight = None if problem.sample_weight is None else problem.sample_weight[rows]
            for number, C in enumerate(values):
                model = LinearSVC(
                    C=C,
                    tol=tol,
                    dual=dual,
                    fit_intercept=fit_intercept,
                    intercept_scaling=intercept_scaling,
                    class_weight=class_weight,
                    max_iter=max_passes,
                    random_state=0,
                )
                _fit(model, features, problem.classes[problem.codes[rows]], weight, subset)
                at = (subset, number)
                coef[at] = model.coef_
                intercept[at] = model.intercept_
                passes[at] = model.n_iter_
                objective[at], gap[at] = certify(
                    features, problem, rows, C, bias, model.coef_, np.ravel(model.intercept_)
                )
                advance(1)
    return L2SVMPath(problem.classes, values, coef, intercept, objective, gap, passes, tol)


def _fit(
    model: LinearSVC,
    features: NDArray[np.float64],
    labels: NDArray[Any],
    weight: NDArray[np.float64] | None,
    subset: int,
) -> None:
    """Fit, and say in our words when liblinear ran out of iterations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SklearnConvergenceWarning)
        model.fit(features, labels, sample_weight=weight)
    if model.n_iter_ >= model.max_iter:
        warnings.warn(
            f"LinearSVC at C={model.C:g} (subset {subset}) ended after max_passes={model.max_iter} "
            f"iterations before its tol={model.tol:g}: raise max_passes or tol",
            ConvergenceWarning,
            stacklevel=3,
        )


def certify(
    features: NDArray[np.float64],
    problem: OneVsRest,
    rows: NDArray[np.int64],
    C: float,
    bias: float,
    coef: NDArray[np.floating],
    intercept: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Objective and relative duality gap of given weights, in float64, (K,) each."""
    signs = torch.from_numpy(problem.signs(rows))
    costs = torch.from_numpy(C * problem.weights(rows))
    weights = np.asarray(coef, dtype=np.float64)
    shift = np.broadcast_to(np.asarray(intercept, dtype=np.float64), (len(weights),))
    constant = shift / bias if bias > 0 else np.zeros(len(weights))
    scores = torch.from_numpy((features @ weights.T + shift).T.copy())
    alpha = 2 * costs * (1 - signs * scores).clamp(min=0)
    pulled = (signs * alpha).numpy()
    dual_weights = pulled @ features
    squared_v = (dual_weights**2).sum(1) + (bias * pulled.sum(1)) ** 2
    squared_w = (weights**2).sum(1) + constant**2
    primal = primal_value(torch.from_numpy(squared_w), scores, signs, costs)
    dual = dual_value(torch.from_numpy(squared_v), alpha, costs)
    return primal.numpy(), relative_gap(primal, dual).clamp(min=0).numpy()
