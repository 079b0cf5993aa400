"""Areas under the ROC curve against scikit-learn, and DeLong's variance against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dcgan_eval.core import DataError
from dcgan_eval.stats import auroc, auroc_changes


@pytest.mark.parametrize("levels", [3, 10_000])
def test_areas_are_scikit_learns(levels: int) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, levels, (80, 4)).astype(np.float32)
    positive = rng.random((80, 3)) < [0.1, 0.5, 0.9]
    found = auroc(values, positive)
    for row, column in np.ndindex(found.shape):
        expected = roc_auc_score(positive[:, row], values[:, column])
        assert found[row, column] == pytest.approx(expected, abs=1e-12)


def test_changes_give_delongs_variance() -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(0, 9, 60).astype(float)
    positive = rng.random(60) < 0.3
    x, y = values[positive], values[~positive]
    right = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    of_positives, of_negatives = right.mean(1) - right.mean(), right.mean(0) - right.mean()
    changes = auroc_changes(values, positive)
    assert changes[positive] == pytest.approx(of_positives / len(x))
    assert changes[~positive] == pytest.approx(of_negatives / len(y))
    delong = of_positives.var() / len(x) + of_negatives.var() / len(y)
    assert (changes**2).sum() == pytest.approx(delong)


def test_a_class_of_all_or_none_has_no_curve() -> None:
    for positive in (np.zeros((4, 1), bool), np.ones((4, 1), bool)):
        with pytest.raises(DataError, match="all items have, or none"):
            auroc(np.arange(4.0)[:, None], positive)
