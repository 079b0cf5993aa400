"""Predictions with what they are scored by: arrays that fit each other, or a line that says why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dcgan_eval.core import DataError
from dcgan_eval.stats.items import Floats


@dataclass(frozen=True)
class Predicted:
    """One prediction an item.

    Attributes
    ----------
    targets, predictions : integer array, (items,)
        True and predicted classes, numbered from 0.
    scores : array, (items, classes)
        Without columns where there are none; one column is the score of the second of two classes.
    weights : array, (items,)
        Of the items.
    """

    targets: NDArray[np.intp]
    predictions: NDArray[np.intp]
    scores: NDArray[np.floating]
    weights: Floats

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each prediction is right."""
        return np.asarray(self.predictions == self.targets)

    def of_class(self, name: str, label: int) -> Predicted:
        """The items of one class; an error where there are fewer than two."""
        kept = self.targets == label
        if kept.sum() < 2:
            raise DataError(f"{name}: {kept.sum()} of {len(kept):,} items are of that class")
        return Predicted(
            self.targets[kept], self.predictions[kept], self.scores[kept], self.weights[kept]
        )


def predicted_rows(
    targets: ArrayLike,
    predictions: ArrayLike,
    scores: NDArray[np.floating] | None,
    weights: ArrayLike | None = None,
) -> list[Predicted]:
    """One `Predicted` a row; with scores those of the rows that have some, which are the first.

    Parameters
    ----------
    targets, predictions, weights
        As `Metric.value` and `Metric.losses` take them.
    scores
        Of `checked_scores`.

    Raises
    ------
    DataError
        Arrays of other shapes or types.
    """
    t, p = _classes("targets", targets), np.atleast_2d(_classes("predictions", predictions))
    if t.ndim != 1 or len(t) < 2 or p.shape[1:] != t.shape or len(p) < 1:
        raise DataError(
            f"predictions have shape {p.shape}, targets {t.shape}: expected rows x items and as "
            "many targets, at least 2"
        )
    if scores is None:
        scores = np.empty((len(p), len(t), 0), dtype=np.float16)
    if not 1 <= len(scores) <= len(p) or scores.shape[1] != len(t):
        raise DataError(
            f"scores have shape {scores.shape}: expected rows x items x classes for predictions of "
            f"shape {p.shape}"
        )
    n_classes, n_columns = int(max(t.max(), p.max())) + 1, scores.shape[2]
    if n_columns and n_classes > max(2, n_columns):
        raise DataError(f"scores have {n_columns} columns, and classes go up to {n_classes - 1}")
    w = np.ones(len(t)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != t.shape or not (w >= 0).all() or not 0 < w.sum() < np.inf:
        raise DataError(f"weights must be {len(t):,} numbers, none below 0 and not all of them 0")
    true = t.astype(np.intp)
    rows = zip(p, scores, strict=False)
    return [Predicted(true, row.astype(np.intp), of_row, w) for row, of_row in rows]


def checked_scores(name: str, given: ArrayLike | None) -> NDArray[np.floating]:
    """Scores, rows x items x classes, for the metric of this name.

    Raises
    ------
    DataError
        None, NaN among them, or an array that is no such thing.
    """
    if given is None:
        raise DataError(f"{name} is computed from scores, and there are predictions alone")
    found = np.asarray(given)
    found = found[np.newaxis] if found.ndim == 2 else found
    if found.ndim != 3 or found.shape[2] < 1 or found.dtype.kind not in "biuf":
        raise DataError(
            f"scores have shape {found.shape} and are {found.dtype}: expected numbers, rows x "
            "items x classes"
        )
    missing = int(np.isnan(found).sum())
    if missing:
        raise DataError(f"{missing:,} of {found.size:,} scores are NaN: expected numbers")
    return found.astype(np.result_type(found, np.float16), copy=False)


def _classes(what: str, given: ArrayLike) -> NDArray[np.integer]:
    """Numbers of classes."""
    found = np.asarray(given)
    if found.dtype.kind not in "iu" or (found.size and found.min() < 0):
        raise DataError(f"{what} are {found.dtype}: expected classes, numbered from 0")
    return found
