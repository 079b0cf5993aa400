"""From predictions to metrics, designs, confusion matrices and 2-d views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import digest_arrays, digest_json, rng_for
from dcgan_eval.probes import Choice
from dcgan_eval.protocols.base import Features, Task
from dcgan_eval.records import At, Layout, Metric, MetricInterval, Selection, SelectionPoint
from dcgan_eval.stats import Design, authors_spread, interval_for

# Test items in the 2-d view of a report: enough to see classes, few enough to draw.
_VIEW_ITEMS = 2000
# Test classes are uneven where the largest has more than this many times the smallest's images.
_UNEVEN = 1.5


def error_rates(predictions: NDArray[np.integer], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of wrong predictions over the last axis."""
    return np.asarray((predictions != y).mean(axis=-1, dtype=np.float64))


def accuracy_metric(
    wrong: NDArray[np.bool_],
    groups: NDArray[np.int64] | None,
    parameter: str = "C",
    given: str | None = None,
) -> Metric:
    """Accuracy in percent of one row of predictions, with its interval over test items.

    Parameters
    ----------
    wrong : bool array, (1, items) or (items,)
        Which predictions are wrong.
    groups
        `Task.test_groups`.
    parameter
        The hyper-parameter that was chosen, as the design's usual list of what is given names it.
    given
        What was held fixed, in words, where it is not what `Design` says.
    """
    interval = interval_for(wrong, Design("none", given=given, parameter=parameter), groups=groups)
    return Metric(
        name="accuracy",
        value=100.0 * (1.0 - float(wrong.mean())),
        better="high",
        headline=True,
        interval=MetricInterval(
            low=100.0 * (1.0 - interval.high),
            high=100.0 * (1.0 - interval.low),
            level=interval.level,
            method=interval.method,
            covers=interval.covers,
            given=interval.given,
        ),
    )


def error_metric(
    wrong: NDArray[np.bool_],
    design: Design,
    groups: NDArray[np.int64] | None,
    at: At | None = None,
) -> Metric:
    """Mean error in percent of rows of predictions, with interval, sd and the authors' spread.

    Parameters
    ----------
    wrong : bool array, (rows, items)
        Which predictions are wrong.
    design
        What the rows are.
    groups
        `Task.test_groups`.
    at
        Coordinates of the metric inside the record.
    """
    interval = interval_for(wrong, design, groups=groups)
    rows = 100.0 * wrong.mean(axis=1, dtype=np.float64)
    several = len(rows) > 1
    return Metric(
        name="error",
        value=float(rows.mean()),
        at=at or {},
        better="low",
        headline=True,
        interval=MetricInterval(
            low=100.0 * interval.low,
            high=100.0 * interval.high,
            level=interval.level,
            method=interval.method,
            covers=interval.covers,
            given=interval.given,
        ),
        sd=float(rows.std(ddof=1)) if several else None,
        n_repeats=len(rows),
        spread=authors_spread(rows) if several else None,
    )


def balanced_metric(
    wrong: NDArray[np.bool_], y: NDArray[np.int64], n_classes: int, name: str
) -> tuple[Metric, ...]:
    """``balanced accuracy`` or ``balanced error``, where test classes are uneven; none elsewhere.

    The mean over classes of each one's own, in percent, and the mean of that over rows. Classes
    without test images are left out. Its interval is made from the predictions where it is shown.

    Parameters
    ----------
    wrong : bool array, (rows, items)
    y
        Labels of the items.
    n_classes
        Number of classes.
    name
        ``accuracy`` or ``error``.
    """
    counts = np.bincount(y, minlength=n_classes)
    if counts.max() <= _UNEVEN * counts.min():
        return ()
    by_class = [wrong[:, y == label].mean(axis=1) for label in np.flatnonzero(counts)]
    rows = 100.0 * np.mean(by_class, axis=0)
    accuracy = name == "accuracy"
    return (
        Metric(
            name=f"balanced {name}",
            value=float(100.0 - rows.mean() if accuracy else rows.mean()),
            better="high" if accuracy else "low",
            sd=float(rows.std(ddof=1)) if len(rows) > 1 else None,
            n_repeats=len(rows),
        ),
    )


def notes_of_chance(metric: Metric, n_classes: int) -> tuple[str, ...]:
    """Say where a whole interval is worse than guessing."""
    interval, right = metric.interval, 100.0 / n_classes
    if interval is None:
        return ()
    accuracy = metric.better == "high"
    chance = right if accuracy else 100.0 - right
    if interval.high >= chance if accuracy else interval.low <= chance:
        return ()
    return (
        f"{metric.name} is worse than chance ({chance:.3g} %): test labels may be shifted, or in "
        "another order than the training labels",
    )


def selection_of(choice: Choice, parameter: str, scored_on: str, metric: str) -> Selection:
    """A choice as the record keeps it, in percent."""
    accuracy = metric == "accuracy"

    def percent(error: float) -> float:
        return 100.0 * (1.0 - error) if accuracy else 100.0 * error

    return Selection(
        parameter=parameter,
        scored_on=scored_on,
        metric=metric,
        better="high" if accuracy else "low",
        curve=tuple(
            SelectionPoint(
                value=value,
                score=percent(float(errors.mean())),
                scores=tuple(percent(float(e)) for e in errors) if len(errors) > 1 else (),
            )
            for value, errors in zip(choice.values, choice.errors, strict=True)
        ),
        chosen=choice.chosen,
        at_end=choice.at_end,
        extended=choice.extended,
    )


def layout_of(
    task: Task[Any],
    rows: Literal["none", "draws", "seeds"],
    predictions: NDArray[np.integer],
    row_ids: Sequence[Any],
) -> Layout:
    """How predictions are laid out: results whose layouts agree are compared item by item.

    Parameters
    ----------
    task
        Whose test items they are of.
    rows
        What a row is; ``none`` where there is one.
    predictions : integer array, (rows, items)
        Predicted classes.
    row_ids
        JSON values that name the draws or seeds; none where there is one row.
    """
    items = digest_json([task.test.fingerprint, digest_arrays([("test", task.split.test)])])
    return Layout(
        rows=rows,
        n_rows=len(predictions),
        n_items=predictions.shape[1],
        items=items,
        row_ids=digest_json(list(row_ids)),
        grouped=task.test_groups is not None,
    )


def first_scores(rows: Iterable[NDArray[np.float16] | None]) -> NDArray[np.float16] | None:
    """Scores of the first rows, up to one that has none; None where the first has none."""
    found: list[NDArray[np.float16]] = []
    for one in rows:
        if one is None:
            break
        found.append(one)
    return np.stack(found) if found else None


def confusion_matrix(
    predictions: NDArray[np.integer], y: NDArray[np.int64], n_classes: int
) -> NDArray[np.int64]:
    """Counts (true class × predicted class), summed over rows of predictions."""
    cells = np.broadcast_to(y, predictions.shape) * n_classes + predictions
    counts = np.bincount(cells.ravel(), minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes).astype(np.int64)


def projection(task: Task[Features]) -> dict[str, NDArray[Any]]:
    """Two principal components of some test features, for the report's view of feature space."""
    n = len(task.split.test)
    rows = np.arange(n)
    if n > _VIEW_ITEMS:
        rows = np.sort(rng_for("projection").choice(n, _VIEW_ITEMS, replace=False))
    X = np.asarray(task.given.test[rows], dtype=np.float64)
    X -= X.mean(axis=0)
    # The Gram matrix is small whatever the number of columns, and its eigenvectors are the
    # principal components' scores.
    values, vectors = np.linalg.eigh(X @ X.T)
    scores = vectors[:, -1:-3:-1] * np.sqrt(np.maximum(values[-1:-3:-1], 0))
    # An eigenvector's sign is arbitrary: its largest entry is made positive.
    if scores.shape[1]:
        largest = np.abs(scores).argmax(axis=0)
        scores *= np.where(scores[largest, np.arange(scores.shape[1])] < 0, -1, 1)
    return {"projection": scores.astype(np.float32), "projection_rows": rows.astype(np.int64)}
