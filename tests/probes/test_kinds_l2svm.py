"""``probe: l2svm`` and its ``solver``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.svm import LinearSVC

from dcgan_eval.core import SettingsError, Silent
from dcgan_eval.probes import Evaluation, Fits, read_probe
from dcgan_eval.probes.kinds import l2svm

CS = [1e-3, 1e-2]


def clouds() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(1)
    y = np.arange(120) % 3
    return (rng.normal(size=(120, 15)) * 2 + rng.normal(size=(3, 15))[y]).astype(np.float32), y


def predict(solver: str, tol: float = 1e-6) -> NDArray[np.int16]:
    X, y = clouds()
    probe = read_probe({"kind": "l2svm", "solver": solver, "tol": tol})
    rows = [np.arange(0, 80), np.arange(30, 120)]
    fits = Fits(X, y, CS, rows, [Evaluation(X)])
    found = probe.predict_path(fits, device="cpu", progress=Silent())
    return found.predictions[0]


@pytest.mark.parametrize("solver", ["auto", "l2svc", "liblinear"])
def test_each_solver_predicts_as_linearsvc(solver: str) -> None:
    X, y = clouds()
    found = predict(solver)
    for number, rows in enumerate([np.arange(0, 80), np.arange(30, 120)]):
        for at, C in enumerate(CS):
            model = LinearSVC(C=C, tol=1e-8, max_iter=1_000_000).fit(X[rows], y[rows])
            scores = np.sort(model.decision_function(X), axis=1)
            clear = scores[:, -1] - scores[:, -2] > 1e-3
            assert clear.mean() > 0.9
            np.testing.assert_array_equal(found[number, at][clear], model.predict(X)[clear])


@pytest.mark.parametrize(
    ("solver", "used"),
    [("auto", "l2svm_path"), ("l2svc", "l2svm_path"), ("liblinear", "liblinear_path")],
)
def test_the_solver_named_is_the_one_used(
    solver: str, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Called(Exception):
        pass

    def raise_called(*arguments: Any, **options: Any) -> None:
        raise Called

    monkeypatch.setattr(l2svm, used, raise_called)
    with pytest.raises(Called):
        predict(solver)


def test_another_solver_is_refused() -> None:
    with pytest.raises(SettingsError, match="solver"):
        read_probe({"kind": "l2svm", "solver": "newton"})


@pytest.mark.parametrize("solver", ["l2svc", "liblinear"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_are_the_decision_function_of_the_first_subsets(solver: str, n_classes: int) -> None:
    X, y = clouds()
    y = np.array([0, 3, 4])[y % n_classes]
    probe = read_probe({"kind": "l2svm", "solver": solver, "tol": 1e-8})
    subsets = [np.arange(0, 80), np.arange(30, 120), np.arange(10, 90)]
    test = Evaluation(X, np.arange(0, 120, 7))
    fits = Fits(X, y, CS, subsets, [test, Evaluation(X)], n_classes=5, scored=2)
    found = probe.predict_path(fits, device="cpu", progress=Silent())
    plain = probe.predict_path(replace(fits, scored=0), device="cpu", progress=Silent())
    assert plain.scores == ()
    for one, other in zip(found.predictions, plain.predictions, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(found.scores) == 2
    for scores, rows in zip(found.scores, subsets, strict=False):
        model = LinearSVC(C=CS[0], tol=1e-10, max_iter=1_000_000).fit(X[rows], y[rows])
        values = model.decision_function(X[::7])
        values = values if n_classes == 3 else np.stack([-values, values], axis=1)
        fitted = np.unique(y)
        assert scores is not None and scores.dtype == np.float16
        np.testing.assert_allclose(scores[:, fitted], values, atol=2e-3, rtol=2e-3)
        assert (np.delete(scores, fitted, axis=1) == -65504).all()
