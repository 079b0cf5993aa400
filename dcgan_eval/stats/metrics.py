"""Metrics of predictions, as losses that every interval and test of this room takes.

``Metric.losses`` turns predictions into an array rows x items whose mean is the loss: the metric
itself where lower is better, 1 minus it where higher is better, as an error is to an accuracy.
``interval_for`` and ``compare_paired`` take it in place of errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dcgan_eval.core import DataError, SettingsError, did_you_mean
from dcgan_eval.stats import item_values
from dcgan_eval.stats.item_values import (
    BINS,
    CalibrationError,
    ItemValues,
    Probabilities,
    Values,
)
from dcgan_eval.stats.predicted import Predicted, checked_scores, predicted_rows


@dataclass(frozen=True)
class Losses:
    """What each item adds to the loss of one metric.

    Attributes
    ----------
    values : array, (rows, items)
        Its mean is the loss. Whether each prediction is wrong, where that is the metric; for
        others the loss plus the item's influence on it, any real number.
    worth
        Of influences: how many independent items they are worth where nothing varies. None where
        each prediction is right or wrong.
    excess
        What chance adds to the loss on average, at most: an absolute value is above 0 by chance.
    """

    values: Values
    worth: float | None = None
    excess: float = 0.0


@dataclass(frozen=True)
class Metric:
    """A number that says how good predictions are, in [0, 1].

    Attributes
    ----------
    name
        As ``--metric`` takes it.
    title
        What it is, in words.
    needs_scores
        Whether it is computed from scores.
    item_values
        What each item adds, see `item_values`.
    macro
        Whether classes count the same, whatever their size.
    only
        The class whose items it is about; None for all.
    excess
        What chance adds to it, see `CalibrationError.excess`; None where that is nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from dcgan_eval.stats import METRICS, Design, interval_for
    >>> metric = METRICS["balanced_accuracy"]
    >>> targets, predictions = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    >>> round(metric.value(targets, predictions), 3)
    0.833
    >>> losses = metric.losses(targets, predictions)
    >>> interval = interval_for(losses, Design("none"))
    >>> round(1 - interval.high, 2), round(1 - interval.low, 2)  # of the metric
    (0.42, 0.97)
    """

    name: str
    title: str
    needs_scores: bool
    higher_is_better: bool
    item_values: ItemValues
    macro: bool = False
    only: int | None = None
    excess: Callable[[Predicted], float] | None = None

    def items(self, targets: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which items it is about, (items,): the columns of its losses, in their order.

        Groups of items are picked by it: ``compare_paired(a, b, design, groups=groups[items])``.
        """
        if self.only is None:
            return np.ones(len(targets), dtype=bool)
        return np.asarray(targets == self.only)

    def value(
        self,
        targets: ArrayLike,
        predictions: ArrayLike,
        scores: ArrayLike | None = None,
        weights: ArrayLike | None = None,
    ) -> float:
        """The metric of one prediction an item, a fraction.

        Parameters
        ----------
        targets, predictions : array-like, (items,)
            Classes, numbered from 0.
        scores : array-like, (items, classes), optional
            The higher, the likelier. Of two classes one column is enough, that of class 1.
        weights : array-like, (items,), optional
            Of the items, not negative; 1 when None.

        Raises
        ------
        DataError
            Arrays of other shapes or types, NaN, or none of which there is such a metric.
        """
        rows = self._rows(targets, predictions, scores, weights)
        if len(rows) != 1:
            raise DataError(f"{self.name}: {len(rows)} predictions an item; a value is of one")
        return float(np.average(self.item_values(rows[0]), weights=rows[0].weights))

    def losses(
        self, targets: ArrayLike, predictions: ArrayLike, scores: ArrayLike | None = None
    ) -> Losses:
        """What each item adds to the loss, of each row.

        Parameters
        ----------
        targets : array-like, (items,)
            Classes, numbered from 0.
        predictions : array-like, (rows, items) or (items,)
            Predicted classes; rows are draws or seeds.
        scores : array-like, (rows, items, classes) or (items, classes), optional
            Of the same rows, or of the first ones: the losses of a metric of scores are of the
            rows that have some.

        Raises
        ------
        DataError
            As in `value`.
        """
        rows = self._rows(targets, predictions, scores, None)
        values = np.stack([self.item_values(one) for one in rows])
        if values.dtype == bool:
            return Losses(~values if self.higher_is_better else values)
        sizes = np.unique(rows[0].targets, return_counts=True)[1]
        worth = len(sizes) ** 2 / float((1 / sizes).sum()) if self.macro else float(sizes.sum())
        excess = 0.0 if self.excess is None else float(np.mean([self.excess(one) for one in rows]))
        return Losses(1 - values if self.higher_is_better else values, worth, excess)

    def _rows(
        self,
        targets: ArrayLike,
        predictions: ArrayLike,
        scores: ArrayLike | None,
        weights: ArrayLike | None,
    ) -> list[Predicted]:
        """What it is computed from, of the items that it is about."""
        used = checked_scores(self.name, scores) if self.needs_scores else None
        rows = predicted_rows(targets, predictions, used, weights)
        return rows if self.only is None else [one.of_class(self.name, self.only) for one in rows]


def top_k(k: int) -> Metric:
    """Accuracy among the k highest scores."""
    return Metric(f"top{k}", f"top-{k} accuracy", True, True, item_values.top(k))


def recall_of(label: int, class_name: str | None = None) -> Metric:
    """Recall of one class: accuracy on the items that are of it."""
    name = str(label) if class_name is None else class_name
    return Metric(
        f"recall@class={name}", f"recall of {name}", False, True, item_values.right, only=label
    )


def _calibration(name: str, of: str, probabilities: Probabilities) -> Metric:
    """Expected calibration error of what scores are taken for."""
    error = CalibrationError(probabilities)
    title = f"expected calibration error ({BINS} equal bins of confidence) of {of}"
    return Metric(name, title, True, False, error, excess=error.excess)


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("accuracy", "accuracy", False, True, item_values.right),
            Metric("error", "error", False, False, item_values.wrong),
            Metric(
                "balanced_accuracy",
                "balanced accuracy, the mean recall of the classes",
                needs_scores=False,
                higher_is_better=True,
                item_values=item_values.balanced_accuracy,
                macro=True,
            ),
            Metric("macro_f1", "mean F1 of the classes", False, True, item_values.macro_f1, True),
            top_k(5),
            Metric(
                "auroc",
                "area under the ROC curve, each class against the rest, mean over classes",
                needs_scores=True,
                higher_is_better=True,
                item_values=item_values.auroc,
                macro=True,
            ),
            _calibration("ece", "the probabilities", item_values.as_probabilities),
            _calibration(
                "ece_softmax",
                "the softmax of the scores (decision values of an SVM are no logits: of them it "
                "says little)",
                item_values.softmax,
            ),
        )
    }
)
"""Metrics by their names; `find_metric` knows those of one class and other k too."""


def find_metric(name: str, class_names: Sequence[str] = ()) -> Metric:
    """A metric by its name: one of `METRICS`, ``top3``, ``recall@class=frog``.

    Raises
    ------
    SettingsError
        An unknown name.
    """
    if name in METRICS:
        return METRICS[name]
    found = re.fullmatch(r"top([1-9][0-9]{0,3})", name)
    if found:
        return top_k(int(found[1]))
    recalls = {one.name: one for one in map(recall_of, range(len(class_names)), class_names)}
    if name in recalls:
        return recalls[name]
    raise SettingsError(f"metric {name!r} unknown; {did_you_mean(name, [*METRICS, *recalls])}")
