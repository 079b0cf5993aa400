"""What each item adds to a metric: values whose weighted mean is the metric.

A metric is a function T of the items. Where T is a mean, the value of an item is what is averaged.
Elsewhere it is T plus the item's influence on it: (N - 1)·(T - T without the item), less the mean
of that. So the weighted mean of the values is the metric itself, and the variance of their mean is
the jackknife's of the metric (Tukey 1958; Efron 1982), which for the AUROC is that of DeLong et
al. (1988) but for one item less in a denominator. Everything that is computed from errors (rows x
items, groups, methods) is computed from these values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from dcgan_eval.core import DataError
from dcgan_eval.stats.items import Floats
from dcgan_eval.stats.predicted import Predicted

_BLOCK = 4_000_000  # scores compared at once
BINS = 15
"""Bins of the calibration error (Guo et al. 2017)."""

Values = NDArray[Any]
ItemValues = Callable[[Predicted], Values]
Probabilities = Callable[[NDArray[np.floating]], Floats]


def right(one: Predicted) -> Values:
    """Accuracy."""
    return one.right


def wrong(one: Predicted) -> Values:
    """Error."""
    return ~one.right


def balanced_accuracy(one: Predicted) -> Values:
    """Mean recall of the classes that occur."""
    t, w, w_right = one.targets, one.weights, one.weights * one.right
    hits, sizes = _count(t, w_right), _count(t, w)
    there = sizes > 0
    recalls = _over(hits, sizes, 0.0)
    lost = recalls[t] - _over(hits[t] - w_right, sizes[t] - w, recalls[t])
    return _around(float(recalls[there].mean()), lost / there.sum(), w)


def macro_f1(one: Predicted) -> Values:
    """Mean F1 of the classes that occur or are predicted."""
    t, p, w, w_right = one.targets, one.predictions, one.weights, one.weights * one.right
    n = int(max(t.max(), p.max())) + 1
    there = np.bincount(t, minlength=n) + np.bincount(p, minlength=n) > 0
    # F1 of a class is 2·hits / (items of it + predictions of it).
    hits, found = _count(t, w_right, n), _count(t, w, n) + _count(p, w, n)
    f1 = _over(2 * hits, found, 0.0)
    # An item counts in its own class and, where it is wrong, in the one that it is taken for.
    of_t = f1[t] - _over(2 * (hits[t] - w_right), found[t] - w - w_right, f1[t])
    of_p = f1[p] - _over(2 * hits[p], found[p] - w, f1[p])
    lost = of_t + np.where(one.right, 0.0, of_p)
    return _around(float(f1[there].mean()), lost / there.sum(), w)


def top(k: int) -> ItemValues:
    """Accuracy among the k highest scores; of equal scores the later class is the higher."""

    def values(one: Predicted) -> Values:
        n_items, n_classes = one.scores.shape
        if n_classes <= k:
            raise DataError(
                f"top-{k} accuracy takes more than {k} classes, and scores have {n_classes} columns"
            )
        among = np.empty(n_items, dtype=bool)
        classes = np.arange(n_classes)
        block = max(1, _BLOCK // n_classes)
        for start in range(0, n_items, block):
            scores = one.scores[start : start + block]
            targets = one.targets[start : start + block, np.newaxis]
            own = np.take_along_axis(scores, targets, axis=1)
            above = (scores > own) | ((scores == own) & (classes > targets))
            among[start : start + block] = above.sum(axis=1) < k
        return among

    return values


def auroc(one: Predicted) -> Values:
    """Area under the ROC curve, each class against the rest, mean over those that occur.

    Of two classes it is that of the second one's score.
    """
    sizes = _count(one.targets, one.weights)
    classes = np.flatnonzero(sizes)
    if len(classes) < 2:
        raise DataError(
            f"AUROC: all {len(one.targets):,} items are of class {classes[0]}; it takes at least "
            "two classes"
        )
    if one.scores.shape[1] <= 2:
        columns = {1: one.scores[:, -1]}
    else:
        columns = {int(k): one.scores[:, k] for k in classes}
    area, lost = 0.0, np.zeros(len(one.targets))
    for k, scores in columns.items():
        of_class, lost_of_class = _area(scores, one.targets == k, one.weights)
        area += of_class / len(columns)
        lost += lost_of_class / len(columns)
    return _around(area, lost, one.weights)


class CalibrationError:
    """Expected calibration error of `BINS` equal bins of confidence.

    The sum over bins of |Σ(confidence - right)| / N; confidence is the probability of the
    predicted class. An absolute value is above 0 by chance alone, see `excess`.
    """

    def __init__(self, probabilities: Probabilities) -> None:
        self.probabilities = probabilities

    def __call__(self, one: Predicted) -> Values:
        """The value of each item."""
        gaps, bins = self._gaps(one)
        signs = np.sign(_count(bins, one.weights * gaps, BINS))
        return np.asarray(signs[bins] * gaps)

    def excess(self, one: Predicted) -> float:
        """What chance adds to it on average, at most.

        The mean of |g + σ·Z| is above |g| by σ·(2φ(r) - 2r·(1 - Φ(r))), r = |g|/σ. The true r of a
        bin is taken as two less than the one seen, so that only bins beyond doubt add nothing.
        """
        gaps, bins = self._gaps(one)
        sums, squares = _count(bins, gaps, BINS), _count(bins, gaps**2, BINS)
        # The sum over a bin varies with the number of its items too.
        sd = np.sqrt(np.maximum(squares - sums**2 / len(gaps), 0.0))
        r = np.maximum(_over(np.abs(sums), sd, 0.0) - 2, 0.0)
        added = 2 * np.exp(-(r**2) / 2) / np.sqrt(2 * np.pi) - 2 * r * ndtr(-r)
        return float(sd @ added) / len(gaps)

    def _gaps(self, one: Predicted) -> tuple[Floats, NDArray[np.intp]]:
        """Confidence less right, and the bin, of each item."""
        found = self.probabilities(one.scores)
        confidence = np.take_along_axis(found, one.predictions[:, np.newaxis], axis=1)[:, 0]
        bins = np.clip(np.ceil(confidence * BINS).astype(np.intp) - 1, 0, BINS - 1)
        return confidence - one.right, bins


def as_probabilities(scores: NDArray[np.floating]) -> Floats:
    """Scores that are probabilities already.

    Raises
    ------
    DataError
        They are below 0, or those of an item do not sum to 1.
    """
    found = np.asarray(scores, dtype=np.float64)
    if found.shape[1] == 1:
        found = np.hstack([1 - found, found])
    sums = found.sum(axis=1, keepdims=True)
    # Half precision rounds each by up to 2⁻¹¹ of itself, and so their sum.
    if found.min() < 0 or np.abs(sums - 1).max() > 2e-3:
        raise DataError(
            "ece: these scores are no probabilities (not below 0, summing to 1 for each item): "
            "ask for ece_softmax, that of their softmax"
        )
    return np.asarray(found / sums)


def softmax(scores: NDArray[np.floating]) -> Floats:
    """Probabilities of logits; of decision values only numbers that sum to 1.

    Raises
    ------
    DataError
        An infinite score.
    """
    found = np.asarray(scores, dtype=np.float64)
    if found.shape[1] == 1:
        found = np.hstack([np.zeros_like(found), found])
    if not np.isfinite(found).all():
        raise DataError("ece_softmax: some scores are infinite; expected finite ones")
    powers = np.exp(found - found.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _area(
    scores: NDArray[np.floating], positive: NDArray[np.bool_], weights: Floats
) -> tuple[float, Floats]:
    """AUROC of one class, and what it loses without each item.

    An item counts by the share of the others that it is on the right side of, ties by half.
    """
    scores = scores.astype(np.result_type(scores, np.float32), copy=False)
    order = np.argsort(scores)
    ordered = scores[order]
    of_positive = np.where(positive, weights, 0.0)[order]
    of_negative = np.where(positive, 0.0, weights)[order]
    place = np.cumsum(np.concatenate([[0], ordered[1:] != ordered[:-1]])).astype(np.intp)
    # Weights at each distinct score, and half of them together with all that are lower.
    at_positive, at_negative = _count(place, of_positive), _count(place, of_negative)
    positives, negatives = at_positive.sum(), at_negative.sum()
    below = (np.cumsum(at_negative) - at_negative / 2) / negatives
    above = (positives - np.cumsum(at_positive) + at_positive / 2) / positives
    # No product of BLAS: its sum depends on the number of threads.
    area = float((at_positive * below).sum()) / positives
    share = np.empty(len(scores))
    share[order] = np.where(positive[order], below[place], above[place])
    others = np.where(positive, positives, negatives) - weights
    return area, _over(weights * (share - area), others, 0.0)


def _around(value: float, lost: Floats, weights: Floats) -> Floats:
    """The metric plus the influence of each item, from what it loses without the item."""
    influences = (len(lost) - 1) * lost
    return np.asarray(value + influences - np.average(influences, weights=weights))


def _count(classes: NDArray[np.intp], weights: Floats, n: int = 0) -> Floats:
    """The weight of each class."""
    return np.bincount(classes, weights, n).astype(np.float64, copy=False)


def _over(numerators: Floats, denominators: Floats, otherwise: Floats | float) -> Floats:
    """Quotients, and something else where there is nothing to divide by."""
    found = np.full(denominators.shape, otherwise, dtype=np.float64)
    return np.asarray(np.divide(numerators, denominators, out=found, where=denominators > 0))
