"""What answers lose by a metric, item by item."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, located
from dcgan_eval.reporting.given.answers import Answers, Role, Truth
from dcgan_eval.stats import Losses, Metric


def roles_for(metric: Metric) -> tuple[Role, ...]:
    """Roles of columns that a metric can be computed from, the best first."""
    if metric.needs_scores:
        return ("scores",)
    if metric.name == "accuracy":
        return ("prediction", "correct", "scores")
    return ("prediction", "scores")


def losses_of(answers: Answers, rows: NDArray[np.intp], truth: Truth, metric: Metric) -> Losses:
    """Losses of the items, (1, items).

    Parameters
    ----------
    rows
        The row of each item.

    Raises
    ------
    DataError
        No targets; classes of another kind than they; nothing that the metric can be computed from.
    """
    if answers.right is not None:
        return Losses(1 - answers.right[np.newaxis, rows])
    name, targets = answers.columns.name, truth.targets
    if targets is None:
        raise DataError(
            f"{name}: predictions without targets; give a file of targets, or a column of them "
            "beside the predictions"
        )
    with located(name):
        if answers.classes is not None:
            _same_kind(answers.classes, targets)
            found = answers.classes[rows]
            classes = np.unique(np.concatenate([targets, found]))
            return metric.losses(_numbers(targets, classes), _numbers(found, classes))
        assert answers.scores is not None
        classes = _scored(answers.scores.shape[1], answers.scored, targets, metric)
        scores = answers.scores[rows]
        return metric.losses(_numbers(targets, classes), scores.argmax(axis=1), scores)


def _scored(
    n: int, named: NDArray[Any] | None, targets: NDArray[Any], metric: Metric
) -> NDArray[Any]:
    """The classes of the columns of scores; of one column alone, the other class before it."""
    if n > 1:
        classes = np.arange(n) if named is None else named
        _same_kind(classes, targets)
        return classes
    if metric.name != "auroc":
        raise DataError(f"one score an item; {metric.name} takes classes, or a score of each class")
    there = np.unique(targets)
    if len(there) != 2:
        few = ", ".join(map(str, there[:5]))
        raise DataError(
            f"one score an item, targets of {len(there)} classes ({few}); expected targets of two "
            "classes, or a score of each class"
        )
    second = there[1:] if named is None else named
    _same_kind(second, targets)
    return np.concatenate([there[there != second], second])


def _same_kind(classes: NDArray[Any], targets: NDArray[Any]) -> None:
    """Refuse texts beside numbers."""
    if (classes.dtype.kind == "U") != (targets.dtype.kind == "U"):
        raise DataError(
            f"classes such as {classes[0]!s}, targets such as {targets[0]!s}; give both as the "
            "same numbers, or as the same texts"
        )


def _numbers(values: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.intp]:
    """The place of each value among the classes."""
    order = np.argsort(classes, kind="stable")
    places = np.minimum(np.searchsorted(classes[order], values), len(classes) - 1)
    numbers: NDArray[np.intp] = order[places]
    unknown = np.flatnonzero(classes[numbers] != values)
    if len(unknown):
        raise DataError(
            f"scores of {len(classes)} classes, and a target {values[unknown[0]]!s} that is none "
            "of them; give scores of every class"
        )
    return numbers
