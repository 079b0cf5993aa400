"""Logistic regression against scikit-learn's, subset by subset and value by value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from dcgan_eval.core import ConvergenceWarning, Silent, build
from dcgan_eval.probes import Evaluation, Fits, read_probe
from dcgan_eval.probes.kinds import logistic

VALUES = [1e-3, 1e-1, 10.0]


def clouds(n: int, d: int, n_classes: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, n_classes, n)
    X = rng.normal(size=(n, d)) * 2 + rng.normal(size=(n_classes, d))[y]
    return X.astype(np.float32), y


def predict(X: Any, y: Any, subsets: Any, evaluations: Any, **keys: Any) -> Any:
    probe = read_probe({"kind": "logistic", **keys})
    fits = Fits(X, y, VALUES, subsets, evaluations)
    return probe.predict_path(fits, device="cpu", progress=Silent())


@pytest.mark.parametrize(("n", "d", "n_classes"), [(300, 8, 4), (60, 150, 3), (120, 20, 2)])
@pytest.mark.parametrize(
    ("dtype", "tol", "agreement"), [("float32", 1e-4, 0.8), ("float64", 1e-6, 1.0)]
)
def test_predicts_what_scikit_learn_predicts(
    n: int, d: int, n_classes: int, dtype: str, tol: float, agreement: float
) -> None:
    X, y = clouds(n, d, n_classes)
    halves = [np.arange(0, n, 2), np.arange(1, n, 2)]
    strangers = clouds(500, d, n_classes)[0][::-1] * 1.1
    found = predict(
        X, y, halves, [Evaluation(strangers), Evaluation(X, halves[1])], tol=tol, dtype=dtype
    )
    for number, rows in enumerate(halves):
        for at, C in enumerate(VALUES):
            # With two classes scikit-learn penalises one vector, the difference of our two.
            model = LogisticRegression(C=2 * C if n_classes == 2 else C, tol=1e-8, max_iter=10_000)
            model.fit(X[rows].astype(np.float64), y[rows])
            scores = np.sort(model.predict_proba(strangers), axis=1)
            sure = scores[:, -1] - scores[:, -2] > 1e-3
            assert sure.mean() > 0.95
            wanted = model.predict(strangers)
            same = found.predictions[0][number, at][sure] == wanted[sure]
            assert same.mean() >= agreement
    assert found.predictions[1].shape == (2, len(VALUES), len(halves[1]))
    assert found.details["worst_gradient"] <= tol


def test_rows_read_in_blocks_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = clouds(300, 8, 4)
    rows = [np.arange(300)]
    whole = predict(X, y, rows, [Evaluation(X)], dtype="float64")
    monkeypatch.setattr(logistic, "_block_rows", lambda columns: 37)
    blocks = predict(X, y, rows, [Evaluation(X)], dtype="float64")
    np.testing.assert_array_equal(whole.predictions[0], blocks.predictions[0])


def test_labels_need_not_begin_at_zero_or_follow_each_other() -> None:
    X, y = clouds(120, 6, 3)
    names = np.array([2, 5, 9])
    plain = predict(X, y, [np.arange(120)], [Evaluation(X)])
    named = predict(X, names[y], [np.arange(120)], [Evaluation(X)])
    np.testing.assert_array_equal(names[plain.predictions[0]], named.predictions[0])


def test_says_when_it_was_stopped_early() -> None:
    X, y = clouds(300, 8, 4)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        predict(X, y, [np.arange(300)], [Evaluation(X)], max_iter=2)


def test_the_grid_follows_the_scale_of_the_features() -> None:
    X, _ = clouds(50, 8, 2)
    probe = logistic.LogisticProbe()
    grid = probe.auto_grid(X, np.arange(50))
    smaller = probe.auto_grid(10 * X, np.arange(50))
    np.testing.assert_allclose(np.array(grid) / 100, smaller)
    assert grid[3] == pytest.approx(30 / (X**2).sum(1).mean(), rel=0.8)
    assert probe.extend(grid, True)[0] > grid[-1] > grid[0] > probe.extend(grid, False)[-1]


def test_settings_are_strict() -> None:
    with pytest.raises(ValueError, match=r"probe: unknown key 'tolerance'"):
        build(logistic.LogisticProbe, {"kind": "logistic", "tolerance": 1}, at="probe")


@pytest.mark.parametrize(("n", "d", "n_classes"), [(300, 8, 4), (60, 150, 3), (120, 20, 2)])
def test_scores_are_the_logits_of_the_first_subsets(n: int, d: int, n_classes: int) -> None:
    X, y = clouds(n, d, n_classes)
    halves = [np.arange(0, n, 2), np.arange(1, n, 2)]
    strangers = clouds(500, d, n_classes)[0][::-1] * 1.1
    probe = read_probe({"kind": "logistic", "tol": 1e-6})
    fits = Fits(X, y, VALUES, halves, [Evaluation(strangers)], n_classes + 1, scored=1)
    found = probe.predict_path(fits, device="cpu", progress=Silent())
    (scores,) = found.scores
    assert scores is not None and scores.shape == (500, n_classes + 1)
    C = 2 * VALUES[0] if n_classes == 2 else VALUES[0]
    model = LogisticRegression(C=C, tol=1e-10, max_iter=10_000)
    model.fit(X[halves[0]].astype(np.float64), y[halves[0]])
    # Logits are free of a common addend.
    logits = scores[:, :-1].astype(np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, model.predict_proba(strangers), atol=2e-3)
    assert (scores[:, -1] == -65504).all()
