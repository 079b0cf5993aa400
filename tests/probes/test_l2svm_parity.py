"""Agreement with LinearSVC, and the certificate against an independent float64 solution."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.svm import LinearSVC

from dcgan_eval.probes import L2SVC, l2svm_path, liblinear_path
from dcgan_eval.probes.l2svm import rows

# Random problems; DCGAN_EVAL_EXAMPLES=500 takes minutes.
EXAMPLES = int(os.environ.get("DCGAN_EVAL_EXAMPLES", "60"))

pytestmark = pytest.mark.slow


@dataclass
class Case:
    X: NDArray[Any]
    y: NDArray[Any]
    C: float
    settings: dict[str, Any] = field(default_factory=dict)
    sample_weight: NDArray[np.float64] | None = None


def _clouds(n: int, d: int, classes: int, seed: int, spread: float = 1.0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    centres = rng.normal(size=(classes, d))
    return rng.normal(size=(n, d)) * spread + centres[y] + 2.0, y


def _cases() -> dict[str, Case]:
    rng = np.random.default_rng(1)
    digits, digit = load_digits(return_X_y=True)
    cells, ill = load_breast_cancer(return_X_y=True)
    flowers, kind = load_iris(return_X_y=True)
    wide, wide_y = _clouds(60, 400, 5, 2, spread=6.0)
    tall, tall_y = _clouds(900, 12, 4, 3, spread=2.0)
    two, two_y = _clouds(200, 30, 2, 4, spread=3.0)
    far, far_y = _clouds(90, 50, 3, 5, spread=0.05)
    names = np.array(["anna", "bert", "carl"])
    return {
        "digits": Case(digits[:300], digit[:300], 1e-3),
        "digits, few": Case(digits[:120], digit[:120], 1e-2),
        "cells, badly scaled": Case(cells * np.geomspace(1e-2, 1e2, 30), ill, 1e-8),
        "iris, text labels": Case(flowers, names[kind], 1.0),
        "wide": Case(wide, wide_y, 0.01),
        "tall": Case(tall, tall_y, 0.1),
        "two classes": Case(two, two_y, 0.1),
        "repeated rows": Case(np.repeat(wide[:20], 4, 0), np.repeat(wide_y[:20], 4), 0.1),
        "separable, large C": Case(far, far_y, 1e3),
        "balanced": Case(two[40:], np.r_[two_y[40:100] * 0, two_y[100:]], 0.1,
                         {"class_weight": "balanced"}),
        "class weights": Case(tall[:500], tall_y[:500], 0.1, {"class_weight": {0: 5.0, 2: 0.2}}),
        "row weights": Case(two, two_y, 0.1, {}, rng.choice([0.0, 0.5, 1.0, 4.0], 200)),
        "no intercept": Case(wide, wide_y, 0.1, {"fit_intercept": False}),
        "scaled intercept": Case(tall[:400], tall_y[:400], 0.1, {"intercept_scaling": 10.0}),
        "one example of a class": Case(wide, np.where(np.arange(60) == 7, 9, wide_y % 2), 0.1),
    }  # fmt: skip


CASES = _cases()


def _problems(case: Case) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Targets t and costs c of each one-against-the-rest problem, written down once more."""
    classes = np.unique(case.y)
    rows = np.ones(len(case.y)) if case.sample_weight is None else case.sample_weight
    given = case.settings.get("class_weight")
    weight = {label: 1.0 for label in classes}
    if given == "balanced":
        weight = {k: rows.sum() / (len(classes) * rows[case.y == k].sum()) for k in classes}
    elif given:
        weight.update(given)
    rest = weight[classes[0]] if len(classes) == 2 else 1.0
    found = []
    for label in classes[1:] if len(classes) == 2 else classes:
        own = case.y == label
        found.append((np.where(own, 1.0, -1.0), case.C * rows * np.where(own, weight[label], rest)))
    return found


def _design(case: Case) -> NDArray[np.float64]:
    """X with its constant column."""
    if not case.settings.get("fit_intercept", True):
        return case.X
    return np.c_[case.X, np.full(len(case.X), case.settings.get("intercept_scaling", 1.0))]


def _value(Z: Any, t: Any, c: Any, w: Any) -> float:
    """½|w|² + Σ c max(0, 1 − t z·w)²."""
    return float(w @ w / 2 + c @ np.maximum(0, 1 - t * (Z @ w)) ** 2)


def _objectives(case: Case, coef: NDArray[Any], intercept: Any) -> NDArray[np.float64]:
    """The stated objective at given weights."""
    Z = _design(case)
    scale = case.settings.get("intercept_scaling", 1.0)
    shift = np.broadcast_to(np.asarray(intercept, dtype=np.float64), (len(coef),)) / scale
    coef = np.asarray(coef, dtype=np.float64)
    full = np.c_[coef, shift] if Z.shape[1] > coef.shape[1] else coef
    return np.array(
        [_value(Z, *problem, w) for problem, w in zip(_problems(case), full, strict=True)]
    )


@functools.cache
def reference(name: str) -> NDArray[np.float64]:
    """Minima of a case's problems."""
    minima, reached = minima_of(CASES[name])
    assert reached, "the reference did not converge"
    return minima


def minima_of(case: Case) -> tuple[NDArray[np.float64], bool]:
    """Minima of the stated problems, by Newton's method in the primal with halved steps.

    Also whether all were reached to 1e-11; where not, the values bound the minima from above.
    """
    Z = _design(case)
    minima, reached = [], True
    for t, c in _problems(case):
        w = np.zeros(Z.shape[1])
        for _ in range(200):
            h = np.maximum(0, 1 - t * (Z @ w))
            gradient = w - 2 * Z.T @ (c * h * t)
            hessian = np.eye(len(w)) + 2 * (Z.T * (c * (h > 0))) @ Z
            step = np.linalg.solve(hessian, gradient)
            decrease = gradient @ step
            if decrease <= 1e-11 * _value(Z, t, c, w):
                break
            length = 1.0
            while _value(Z, t, c, w - length * step) > _value(Z, t, c, w) - length * decrease / 4:
                length /= 2
            w = w - length * step
        else:
            reached = False
        minima.append(_value(Z, t, c, w))
    return np.array(minima), reached


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_linearsvc(name: str) -> None:
    case = CASES[name]
    ours = L2SVC(case.C, tol=1e-6, **case.settings).fit(case.X, case.y, case.sample_weight)
    theirs = LinearSVC(C=case.C, tol=1e-9, max_iter=1_000_000, dual=False, **case.settings)
    theirs.fit(case.X, case.y, case.sample_weight)
    mine = _objectives(case, ours.coef_, ours.intercept_)
    peer = _objectives(case, theirs.coef_, theirs.intercept_)
    np.testing.assert_allclose(mine, peer, rtol=1e-5)
    np.testing.assert_allclose(ours.objective_, mine, rtol=1e-9)
    assert (ours.dual_gap_ <= ours.tol).all()
    scores = ours.decision_function(case.X)
    margin = np.abs(scores) if scores.ndim == 1 else np.ptp(np.sort(scores, 1)[:, -2:], axis=1)
    clear = margin > 1e-3 * np.abs(scores).max()
    assert clear.mean() > 0.9
    assert (ours.predict(case.X) == theirs.predict(case.X))[clear].all()


@pytest.mark.parametrize("method", ["span", "deflated"])
@pytest.mark.parametrize("tol", [1e-1, 1e-3, 1e-6])
@pytest.mark.parametrize("name", CASES)
def test_the_gap_is_never_below_the_true_suboptimality(name: str, tol: float, method: str) -> None:
    case = CASES[name]
    settings = {"sample_weight": case.sample_weight, "method": method, **case.settings}
    path = l2svm_path(case.X, case.y, [case.C], tol=tol, **settings)
    best = reference(name)
    true = (_objectives(case, path.coef[0, 0], path.intercept[0, 0]) - best) / best
    assert (path.gap[0, 0] >= true - 1e-10).all()
    assert (path.gap <= tol).all()


@pytest.mark.parametrize("tol", [1e-3, 1e-6])
@pytest.mark.parametrize("name", ["digits", "wide", "two classes", "row weights", "class weights"])
def test_few_leading_directions_only_cost_passes(
    name: str, tol: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "choose_rank", lambda n, d, columns: (4, 50))
    case = CASES[name]
    settings = {"sample_weight": case.sample_weight, **case.settings}
    path = l2svm_path(case.X, case.y, [case.C], tol=tol, method="deflated", **settings)
    best = reference(name)
    true = (_objectives(case, path.coef[0, 0], path.intercept[0, 0]) - best) / best
    assert (path.gap[0, 0] >= true - 1e-10).all()
    assert (path.gap <= tol).all()


@pytest.mark.parametrize("name", ["digits", "two classes", "class weights", "row weights"])
def test_the_reference_solver_has_the_same_result(name: str) -> None:
    case = CASES[name]
    settings = {"sample_weight": case.sample_weight, **case.settings}
    ours = l2svm_path(case.X, case.y, [case.C], tol=1e-7, **settings)
    theirs = liblinear_path(case.X, case.y, [case.C], tol=1e-9, max_passes=1_000_000, **settings)
    np.testing.assert_allclose(ours.objective, theirs.objective, rtol=1e-6)
    assert (theirs.gap >= 0).all()
    true = theirs.objective[0, 0] / reference(name) - 1
    assert (theirs.gap[0, 0] >= true - 1e-10).all()


@st.composite
def random_cases(draw: st.DrawFn) -> Case:
    """Problems of all shapes and scales, with weights or without."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    classes = draw(st.integers(2, 4))
    n, d = draw(st.integers(2 * classes, 80)), draw(st.integers(1, 60))
    y = np.arange(n) % classes
    X = (
        rng.normal(size=(n, d)) * draw(st.sampled_from([0.1, 1.0, 5.0]))
        + rng.normal(size=(classes, d))[y]
    )
    X *= np.geomspace(1, draw(st.sampled_from([1.0, 1e2, 1e4])), d)  # badly scaled columns
    if draw(st.booleans()):
        X = np.repeat(X[: max(2 * classes, n // 3)], 3, axis=0)[:n]  # the same rows again
        y = np.repeat(y[: max(2 * classes, n // 3)], 3)[:n]
        X, y = np.r_[X, rng.normal(size=(classes, d))], np.r_[y, np.arange(classes)]
    settings: dict[str, Any] = {"fit_intercept": draw(st.booleans())}
    if draw(st.booleans()):
        settings["class_weight"] = {0: 7.0}
    weight = rng.choice([0.1, 1.0, 3.0], len(y)) if draw(st.booleans()) else None
    C = 10.0 ** draw(st.integers(-6, 2))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    # The reference sees what the solver sees.
    return Case(X.astype(dtype).astype(np.float64), y, C, settings, weight)


@pytest.mark.filterwarnings("ignore::dcgan_eval.core.ConvergenceWarning")
@settings(max_examples=EXAMPLES, deadline=None)
@given(
    case=random_cases(),
    tol=st.sampled_from([1e-1, 1e-3, 1e-6]),
    rank=st.sampled_from([2, 8, 400]),
    method=st.sampled_from(["span", "deflated"]),
)
def test_no_column_is_certified_below_its_true_suboptimality(
    case: Case, tol: float, rank: int, method: str
) -> None:
    given = {"sample_weight": case.sample_weight, "method": method, **case.settings}
    narrow = case.X.astype(np.float32)
    X = narrow if (narrow == case.X).all() else case.X
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "choose_rank", lambda n, d, columns: (min(rank, n, d), 50))
        path = l2svm_path(X, case.y, [case.C / 7, case.C], tol=tol, **given)
    objectives = _objectives(case, path.coef[0, 1], path.intercept[0, 1])
    np.testing.assert_allclose(path.objective[0, 1], objectives, rtol=1e-10)
    minima, reached = minima_of(case)
    event("reference reached" if reached else "reference bounds the minimum from above")
    assert (path.gap[0, 1] >= 1 - minima / objectives - 1e-10).all()
