"""`l2svm_path`: every C, class and subset of rows over one matrix, each with its certificate."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    ConvergenceWarning,
    DataError,
    NoUnits,
    Progress,
    SettingsError,
    Silent,
    Units,
    digest_arrays,
    digest_json,
)
from dcgan_eval.probes.l2svm.flight import solve_deflated
from dcgan_eval.probes.l2svm.gram import shared_pool
from dcgan_eval.probes.l2svm.memory import (
    ROWS_CLOSED_IN_SPAN,
    choose_method,
    predict_memory,
    refuse_path,
)
from dcgan_eval.probes.l2svm.problem import (
    ClassWeight,
    OneVsRest,
    Problem,
    Solution,
    check_problem,
    check_subset,
    coef_dtype,
)
from dcgan_eval.probes.l2svm.result import L2SVMPath
from dcgan_eval.probes.l2svm.span import solve_in_span
from dcgan_eval.probes.matrix import Matrix

METHODS = ("auto", "span", "deflated")
# Rises when the same problem gets other bits: no unit of another engine is served for one of this.
ENGINE = 3


def l2svm_path(
    X: Matrix,
    y: Any,
    Cs: Sequence[float],
    *,
    subsets: Sequence[NDArray[np.integer]] | None = None,
    tol: float = 1e-3,
    fit_intercept: bool = True,
    intercept_scaling: float = 1.0,
    class_weight: ClassWeight = None,
    sample_weight: Any = None,
    device: str = "cpu",
    block_rows: int | None = None,
    max_passes: int = 200,
    method: str = "auto",
    memory_limit: int | None = None,
    progress: Progress | None = None,
    units: Units | None = None,
) -> L2SVMPath:
    """Train L2-regularised squared-hinge linear SVMs for all C, classes and subsets together.

    Each is the problem of ``LinearSVC(penalty="l2", loss="squared_hinge")``, one class against
    the rest, the intercept penalised: minimise ½|w|² + ½b² + C Σ ω max(0, 1 − y(x·w + r·b))²
    with r = `intercept_scaling`; the intercept is r·b.

    Parameters
    ----------
    X : (n, d)
        Array, memory map or `FeatureMatrix`, float16, float32 or float64. Read in blocks of rows,
        never copied whole unless it is small.
    y : (n,)
        Labels of any type, at least two classes.
    Cs
        Different numbers > 0, in any order.
    subsets
        Index arrays (folds, draws): a separate set of problems each. None: all rows.
    tol
        Relative duality gap (P − D)/P that each column must reach. The gap is an upper bound of
        the relative suboptimality and overstates it two to five times; at the default the
        accuracy is within a test set's sampling error of the exact optimum's
        (``docs/l2svm.md``, part 5).
    fit_intercept, intercept_scaling, class_weight, sample_weight
        As in ``LinearSVC``; "balanced" is computed within each subset.
    device
        ``"cpu"`` or a CUDA device.
    block_rows
        Rows read at a time; None chooses.
    max_passes
        Budget of each column: passes over X, or Newton steps in the span.
    method
        ``"span"``: one Gram matrix and Newton's method, for few samples. ``"deflated"``:
        conjugate gradients on blocks of rows, for many. ``"auto"`` chooses by the shape; what
        the second leaves open of a subset of up to 4,096 rows, it solves in the span.
    memory_limit
        Bytes that may be taken beside X; None: what the machine has free.
    progress
        Where to report.
    units
        Where finished parts are kept, and from where an interrupted path goes on, such as a
        `Journal`. Their keys hold everything that decides them, but of X only its shape, type and
        two of its rows: another X needs another journal.

    Returns
    -------
    L2SVMPath
        Weights, objectives and certified gaps of every (subset, C, class).

    Raises
    ------
    DataError
        NaN or infinity in X, a class missing from a subset, labels that do not fit X.
    SettingsError
        A value of C, `tol` or another parameter that is out of range.
    DoesNotFitError
        More memory than can be had; the message has the number.

    Warns
    -----
    ConvergenceWarning
        Columns that `max_passes` did not bring to `tol`: class, C, gap and budget.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from dcgan_eval import l2svm_path
    >>> X, y = load_digits(return_X_y=True)
    >>> path = l2svm_path(X, y, [1e-4, 1e-3])
    >>> path.coef.shape, bool(path.gap.max() <= path.tol)
    ((1, 2, 10, 64), True)
    """
    shape = check_matrix(X)
    values = check_settings(Cs, tol, fit_intercept, intercept_scaling, max_passes, method)
    targets = check_problem(y, shape[0], sample_weight, class_weight)
    chosen = check_subsets(targets, subsets, shape[0])
    sizes = [len(rows) for rows in chosen]
    branch = choose_method(sizes, shape[1]) if method == "auto" else method
    pool = shared_pool(chosen) if branch == "span" else None
    need = predict_memory(
        *shape,
        len(targets.classes),
        len(values),
        subset_sizes=sizes,
        pool_size=None if pool is None else len(pool),
        itemsize=coef_dtype(X).itemsize,
        method=method,
        block_rows=block_rows,
        tol=tol,
    )
    refuse_path(need, memory_limit)
    ascending = np.argsort(values)
    bias = float(intercept_scaling) if fit_intercept else 0.0
    problem = Problem(
        X, targets, chosen, values[ascending].tolist(), bias, tol, max_passes, device, block_rows
    )
    key = "" if units is None else _digest(problem, branch)
    progress, units = progress or Silent(), units or NoUnits()
    if branch == "span":
        solution = solve_in_span(problem, progress, units, key)
    else:
        solution = solve_deflated(problem, progress, units, key)
    if branch == "deflated" and method == "auto":
        _close_in_span(problem, solution, progress)
    path = _path(problem, solution, values)
    _warn_of_open_columns(path, max_passes)
    return path


def check_matrix(X: Matrix) -> tuple[int, int]:
    """Shape of X, or a DataError that says what it is instead of a matrix of numbers."""
    if len(X.shape) != 2:
        raise DataError(f"features of shape {tuple(X.shape)}: expected rows × columns")
    if np.dtype(X.dtype).kind not in "fiub" or np.dtype(X.dtype).itemsize > 8:
        raise DataError(f"features of type {X.dtype}: expected float16, float32 or float64")
    if min(X.shape) < 1:
        raise DataError(f"features of shape {tuple(X.shape)}: expected at least one row and column")
    return int(X.shape[0]), int(X.shape[1])


def check_settings(
    Cs: Sequence[float],
    tol: float,
    fit_intercept: bool,
    intercept_scaling: float,
    max_passes: int,
    method: str,
) -> NDArray[np.float64]:
    """The values of C as an array, or a SettingsError that names the parameter."""
    values = np.atleast_1d(np.asarray(Cs, dtype=np.float64))
    if values.ndim != 1 or not len(values):
        raise SettingsError(f"Cs={Cs!r}: expected at least one number")
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise SettingsError(f"C={values[~(values > 0)].tolist() or Cs}: expected numbers > 0")
    if len(np.unique(values)) < len(values):
        raise SettingsError(f"Cs={values.tolist()}: expected different values")
    if not (np.isfinite(tol) and tol > 0):
        raise SettingsError(f"tol={tol}: expected a number > 0")
    if fit_intercept and not (np.isfinite(intercept_scaling) and intercept_scaling > 0):
        raise SettingsError(
            f"intercept_scaling={intercept_scaling}: expected a number > 0, "
            "or fit_intercept=False for no intercept"
        )
    if max_passes < 1:
        raise SettingsError(f"max_passes={max_passes}: expected at least 1")
    if method not in METHODS:
        raise SettingsError(f"method={method!r}: expected one of {', '.join(METHODS)}")
    return values


def check_subsets(
    targets: OneVsRest, subsets: Sequence[NDArray[np.integer]] | None, n: int
) -> list[NDArray[np.int64]]:
    """Sorted usable rows of each subset."""
    given = [np.arange(n)] if subsets is None else [np.asarray(rows) for rows in subsets]
    if not given:
        raise SettingsError("subsets is empty: expected at least one index array, or None")
    chosen = []
    for number, rows in enumerate(given):
        if rows.ndim != 1 or rows.dtype.kind not in "iu":
            raise SettingsError(f"subset {number}: expected a one-dimensional array of row numbers")
        if len(rows) and not (rows.min() >= 0 and rows.max() < n):
            raise DataError(f"subset {number} has rows outside 0…{n - 1}")
        ordered = np.sort(rows).astype(np.int64)
        if (np.diff(ordered) == 0).any():
            raise DataError(f"subset {number} has a row twice: use sample_weight instead")
        usable = targets.usable(ordered)
        check_subset(targets, usable, number)
        chosen.append(usable)
    return chosen


def _digest(problem: Problem, method: str) -> str:
    """Hash of what decides the solution; of X only shape, type and two rows, as it may be huge."""
    X, targets = problem.X, problem.targets
    arrays: list[tuple[str, NDArray[Any]]] = [
        ("ends", np.asarray(X[[0, X.shape[0] - 1]])),
        ("codes", targets.codes),
        ("Cs", np.array(problem.Cs)),
        *((f"subset {number}", rows) for number, rows in enumerate(problem.subsets)),
    ]
    if targets.sample_weight is not None:
        arrays.append(("sample_weight", targets.sample_weight))
    weight = targets.class_weight
    named = (
        weight if weight is None or isinstance(weight, str) else sorted(map(str, weight.items()))
    )
    settings = [problem.bias, problem.tol, problem.max_passes, method, ENGINE]
    return digest_json([digest_arrays(arrays), list(X.shape), str(X.dtype), named, *settings])


def _close_in_span(problem: Problem, solution: Solution, progress: Progress) -> None:
    """Solve in the span what the deflated branch left open, of subsets that are small enough."""
    open_columns = ~(solution.gap <= problem.tol)
    for number in np.flatnonzero(open_columns.any((1, 2))).tolist():
        if len(problem.subsets[number]) > ROWS_CLOSED_IN_SPAN:
            continue
        values = np.flatnonzero(open_columns[number].any(1)).tolist()
        part = replace(
            problem,
            subsets=[problem.subsets[number]],
            Cs=[problem.Cs[value] for value in values],
        )
        found = solve_in_span(part, progress, NoUnits(), "")
        for at, value in enumerate(values):
            better = open_columns[number, value] & (found.gap[0, at] < solution.gap[number, value])
            for name, array in vars(solution).items():
                array[number, value, better] = getattr(found, name)[0, at, better]


def _path(problem: Problem, solution: Solution, values: NDArray[np.float64]) -> L2SVMPath:
    """The result, the values of C in the order they were given."""
    back = np.argsort(np.argsort(values))
    return L2SVMPath(
        classes=problem.targets.classes,
        Cs=values,
        coef=solution.coef[:, back],
        intercept=solution.intercept[:, back],
        objective=solution.objective[:, back],
        gap=solution.gap[:, back],
        passes=solution.passes[:, back],
        tol=problem.tol,
        device=problem.device,
    )


def _warn_of_open_columns(path: L2SVMPath, max_passes: int) -> None:
    """One warning that names the worst column and how many there are."""
    open_columns = ~(path.gap <= path.tol)
    if not open_columns.any():
        return
    subset, value, problem = np.unravel_index(np.nanargmax(path.gap), path.gap.shape)
    label = path.classes[1 if path.gap.shape[2] == 1 else problem]
    message = (
        f"class '{label}' at C={path.Cs[value]:g} (subset {subset}) ended with a relative duality "
        f"gap of {path.gap[subset, value, problem]:.2g}, above tol={path.tol:g}, after "
        f"{path.passes[subset, value, problem]:g} of max_passes={max_passes} passes; "
        f"{int(open_columns.sum())} of {path.gap.size} columns are not certified: raise max_passes "
        "or tol"
    )
    warnings.warn(message, ConvergenceWarning, stacklevel=3)
