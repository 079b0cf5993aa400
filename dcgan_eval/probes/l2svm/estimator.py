"""`L2SVC`: the path of one C as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from dcgan_eval.probes.l2svm.path import l2svm_path
from dcgan_eval.probes.l2svm.problem import ClassWeight
from dcgan_eval.probes.l2svm.products import Products
from dcgan_eval.probes.l2svm.threads import single_threaded_workers
from dcgan_eval.probes.matrix import Matrix

_DTYPES = (np.float64, np.float32, np.float16)


class L2SVC(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no type hints
    """Linear SVM with squared hinge and L2 penalty, with a certificate of optimality.

    The optimum is that of ``LinearSVC(penalty="l2", loss="squared_hinge")``: one class against
    the rest, the intercept penalised as liblinear penalises it.

    Parameters
    ----------
    C : float
        Weight of the losses against the penalty; > 0.
    tol : float
        Relative duality gap (P − D)/P to reach in every class: an upper bound of the relative
        suboptimality. (``LinearSVC`` has another ``tol``, that bounds nothing.) At 1e-3 the
        accuracy is within a test set's sampling error of the exact optimum's; 1e-4 costs about
        half as many passes again and changes one prediction in a thousand
        (``docs/l2svm.md``, part 5).
    max_iter : int
        Passes over X (Newton steps when there are few rows) for each class.
    fit_intercept, intercept_scaling, class_weight
        As in ``LinearSVC``.
    device : str
        ``"cpu"`` or a CUDA device.
    block_rows : int or None
        Rows of X read at a time; None chooses.

    Attributes
    ----------
    classes_ : (number of classes,)
    coef_ : (K, d)
        K is the number of classes, or 1 for two classes.
    intercept_ : (K,)
    dual_gap_ : (K,)
        Relative duality gap of each class's problem.
    objective_ : (K,)
        Primal objective of each class's problem.
    n_iter_ : int
        Passes (or Newton steps) of the class that needed most.
    n_features_in_ : int

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from dcgan_eval import L2SVC
    >>> X, y = load_digits(return_X_y=True)
    >>> model = L2SVC(C=0.001).fit(X, y)
    >>> bool(model.dual_gap_.max() < 1e-3), round(model.score(X, y), 2)
    (True, 0.98)
    """

    def __init__(
        self,
        C: float = 1.0,
        *,
        tol: float = 1e-3,
        max_iter: int = 200,
        fit_intercept: bool = True,
        intercept_scaling: float = 1.0,
        class_weight: ClassWeight = None,
        device: str = "cpu",
        block_rows: int | None = None,
    ) -> None:
        self.C = C
        self.tol = tol
        self.max_iter = max_iter
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.class_weight = class_weight
        self.device = device
        self.block_rows = block_rows

    def fit(self, X: Matrix, y: Any, sample_weight: Any = None) -> Self:
        """Train on features (n, d) and labels (n,); see `l2svm_path` for what is refused."""
        features, labels = self._checked(X, y)
        check_classification_targets(labels)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, features, dtype=np.float64)
        path = l2svm_path(
            features,
            labels,
            [self.C],
            tol=self.tol,
            fit_intercept=self.fit_intercept,
            intercept_scaling=self.intercept_scaling,
            class_weight=self.class_weight,
            sample_weight=sample_weight,
            device=self.device,
            block_rows=self.block_rows,
            max_passes=self.max_iter,
        )
        self.classes_ = path.classes
        self.coef_, self.intercept_ = path.coef[0, 0], path.intercept[0, 0]
        self.dual_gap_, self.objective_ = path.gap[0, 0], path.objective[0, 0]
        self.n_iter_ = max(1, int(np.ceil(path.passes.max())))
        return self

    def decision_function(self, X: Matrix) -> NDArray[np.floating]:
        """Scores (rows, K), or (rows,) for two classes."""
        check_is_fitted(self)
        features = self._checked_features(X)
        # Products of a few rows and of many round differently; float64 hides that (a subset's
        # predictions are the predictions' subset).
        weights = np.ascontiguousarray(self.coef_, dtype=np.float64)
        with single_threaded_workers() as workers:
            held = Products(features, workers, dtype=np.float64, block_rows=self.block_rows)
            scores = held.scores(weights).T + self.intercept_
        out: NDArray[np.floating] = scores.astype(self.coef_.dtype)
        return out[:, 0] if len(self.classes_) == 2 else out

    def predict(self, X: Matrix) -> NDArray[Any]:
        """Labels (rows,)."""
        scores = self.decision_function(X)
        codes = (scores > 0).astype(np.int64) if scores.ndim == 1 else scores.argmax(axis=1)
        labels: NDArray[Any] = self.classes_[codes]
        return labels

    def _checked(self, X: Matrix, y: Any) -> tuple[Matrix, NDArray[Any]]:
        """X and y for `fit`: scikit-learn's checks, without copies of what is on disk."""
        if _is_foreign(X):
            self.n_features_in_ = X.shape[1]
            return X, column_or_1d(y, warn=True)
        features, labels = validate_data(
            self, X, y, dtype=_DTYPES, order=None, ensure_all_finite=False
        )
        return features, labels

    def _checked_features(self, X: Matrix) -> Matrix:
        """X for scores: the width that was fitted."""
        if _is_foreign(X):
            if X.shape[1] != self.n_features_in_:
                raise ValueError(
                    f"X has {X.shape[1]} features, but L2SVC is expecting "
                    f"{self.n_features_in_} features as input"
                )
            return X
        checked: Matrix = validate_data(self, X, reset=False, dtype=_DTYPES, ensure_all_finite=True)
        return checked


def _is_foreign(X: object) -> bool:
    """A matrix that is neither an array nor known to scikit-learn, such as `FeatureMatrix`."""
    known = ("numpy", "pandas", "scipy", "builtins", "polars", "sklearn")
    return (
        hasattr(X, "shape")
        and hasattr(X, "dtype")
        and type(X).__module__.split(".")[0] not in known
    )
