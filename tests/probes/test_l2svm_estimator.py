"""`L2SVC` as scikit-learn's contract has it."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from dcgan_eval.core import ConvergenceWarning, DataError, SettingsError
from dcgan_eval.probes import L2SVC

X, y = load_iris(return_X_y=True)


# check_array_api_input skips itself unless SciPy was imported in another mode.
@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, id=check.func.__name__)
        for _, check in estimator_checks_generator(L2SVC(), legacy=True)
        if check.func.__name__ != "check_array_api_input"
    ],
)
def test_contract(check: Any) -> None:
    check(L2SVC())


def test_grid_search_pipelines_cloning_and_pickling() -> None:
    search = GridSearchCV(make_pipeline(StandardScaler(), L2SVC()), {"l2svc__C": [1e-3, 1.0]}, cv=3)
    search.fit(X, y)
    assert search.best_params_ == {"l2svc__C": 1.0}
    model = search.best_estimator_
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.decision_function(X), model.decision_function(X))
    assert not hasattr(clone(model[-1]), "coef_")
    assert cross_val_score(model, X, y).mean() > 0.9


def test_shapes_and_certificate() -> None:
    three = L2SVC(tol=1e-5).fit(X, y)
    assert three.coef_.shape == (3, 4)
    assert three.intercept_.shape == three.dual_gap_.shape == three.objective_.shape == (3,)
    assert (three.dual_gap_ <= 1e-5).all()
    assert three.n_iter_ >= 1
    two = L2SVC().fit(X[:100], np.array(["no", "yes"])[y[:100]])
    assert two.coef_.shape == (1, 4)
    assert two.decision_function(X).shape == (150,)
    assert set(two.predict(X)) == {"no", "yes"}


def test_no_intercept_is_none() -> None:
    model = L2SVC(fit_intercept=False).fit(X, y)
    np.testing.assert_array_equal(model.intercept_, 0)


@pytest.mark.parametrize(
    ("settings", "error"),
    [({"C": 0}, SettingsError), ({"C": -1.0}, SettingsError), ({"tol": -1}, SettingsError)],
)
def test_settings_are_checked_at_fit(settings: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        L2SVC(**settings).fit(X, y)


def test_wrong_data_fails_conventionally() -> None:
    with pytest.raises(DataError, match="at least 2 classes"):
        L2SVC().fit(X, np.zeros(150))
    with pytest.raises(ValueError, match="5 features, but L2SVC is expecting 4"):
        L2SVC().fit(X, y).predict(np.zeros((1, 5)))
    with pytest.raises(ValueError, match="NaN"):
        L2SVC().fit(X, y).predict(np.full((1, 4), np.nan))


def test_non_convergence_warns() -> None:
    with pytest.warns(ConvergenceWarning, match="max_passes=1"):
        L2SVC(tol=1e-12, max_iter=1).fit(np.vander(X[:, 0], 40), y)


class Features:
    """A matrix that scikit-learn does not know."""

    def __init__(self, values: Any) -> None:
        self.values = values
        self.shape, self.dtype = values.shape, values.dtype

    def __getitem__(self, rows: Any) -> Any:
        return self.values[rows]


def test_a_feature_matrix_is_read_by_rows() -> None:
    model, wanted = L2SVC().fit(Features(X), y), L2SVC().fit(X, y)
    np.testing.assert_array_equal(model.coef_, wanted.coef_)
    np.testing.assert_array_equal(model.predict(Features(X)), wanted.predict(X))
    with pytest.raises(ValueError, match="3 features"):
        model.predict(Features(X[:, :3]))
