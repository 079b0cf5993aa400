"""Where representations go wrong: accuracy by class, confusions, the images most often missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.reporting.results.row_errors import ErrorReader, RowErrors
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.results.units import percent
from dcgan_eval.reporting.tables.column import Column, make_grid
from dcgan_eval.reporting.tables.grid import Grid

# What can be read on one page; the predictions beside the records hold the rest.
MOST_ROWS = 12
MOST_CLASSES = 20
MOST_IMAGES = 24
MOST_CONFUSIONS = 20


@dataclass(frozen=True)
class Missed:
    """One image that is often got wrong.

    Attributes
    ----------
    item
        Its row in the test set.
    percent
        Wrong predictions, the mean over representations.
    wrong_by, right_by
        Names of representations that are wrong (right) in most of their predictions.
    """

    item: int
    true: str
    percent: float
    wrong_by: tuple[str, ...]
    right_by: tuple[str, ...]
    image: str | None = None


def compared_rows(rows: Sequence[Row], reader: ErrorReader) -> list[tuple[Row, RowErrors]]:
    """Rows with predictions of the same test items as the first that has some, best first."""
    found: list[tuple[Row, RowErrors]] = []
    for row in rows:
        errors = reader.errors(row)
        if not isinstance(errors, RowErrors):
            continue
        if not found or np.array_equal(found[0][1].item_ids, errors.item_ids):
            found.append((row, errors))
    return found


def by_class(found: Sequence[tuple[Row, RowErrors]], class_names: Sequence[str]) -> Grid:
    """Accuracy by class: one line a representation; of many classes, the hardest."""
    shown = found[:MOST_ROWS]
    targets = shown[0][1].targets
    classes = np.unique(targets)
    right = np.stack([1.0 - one.errors.mean(axis=(0, 1)) for _, one in shown])
    values = percent(np.stack([right[:, targets == label].mean(axis=1) for label in classes]))
    notes = ["Accuracy in percent of the test images of each class."]
    if len(classes) > MOST_CLASSES:
        hardest = np.sort(np.argsort(values.mean(axis=1), kind="stable")[:MOST_CLASSES])
        classes, values = classes[hardest], values[hardest]
        notes.append(f"The {MOST_CLASSES} hardest of {len(hardest):,} classes.")
    if len(found) > len(shown):
        notes.append(f"The first {len(shown)} of {len(found)} representations.")
    columns = [
        _named("representation", [row.name for row, _ in shown]),
        *(_numbers(class_names[label], own) for label, own in zip(classes, values, strict=True)),
    ]
    return make_grid("Accuracy by class", columns, range(len(shown)), notes)


def confusions(counts: NDArray[Any], class_names: Sequence[str], name: str) -> Grid:
    """A confusion matrix in percent of each true class; of many classes, the commonest pairs."""
    counts = np.asarray(counts, dtype=np.float64)
    shares = percent(counts) / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    n = len(counts)
    if n <= MOST_CLASSES:
        columns = [
            _named("true", class_names),
            *(_numbers(class_names[j], shares[:, j], bold=j) for j in range(n)),
        ]
        note = "Percent of the images of a true class (line) that are called so (column)."
        return make_grid(f"Confusion matrix of {name}", columns, range(n), [note])
    off = shares.copy()
    np.fill_diagonal(off, -1.0)
    order = np.argsort(-off, axis=None, kind="stable")[:MOST_CONFUSIONS]
    columns = [
        _named("true", [class_names[place // n] for place in order]),
        _named("called", [class_names[place % n] for place in order]),
        _numbers("percent of the true class", shares.ravel()[order]),
    ]
    return make_grid(f"Commonest confusions of {name}", columns, range(len(order)))


def _named(heading: str, names: Sequence[str]) -> Column[int]:
    """A column of names, one a line."""
    return Column(heading, lambda place: names[place])


def _numbers(heading: str, values: NDArray[Any], bold: int | None = None) -> Column[int]:
    """A column of percents, one a line; one of them may be bold."""
    text = "{:.1f}".format
    return Column(
        heading, lambda place: values[place], text, number=True, bold=lambda place: place == bold
    )


def most_missed(
    found: Sequence[tuple[Row, RowErrors]], class_names: Sequence[str], most: int = MOST_IMAGES
) -> list[Missed]:
    """Images with the highest share of wrong predictions, ties to the lowest row."""
    first = found[0][1]
    shares = np.stack([one.errors.mean(axis=(0, 1), dtype=np.float64) for _, one in found])
    mean = shares.mean(axis=0)
    order = np.lexsort((first.item_ids, -mean))[:most]
    return [
        Missed(
            item=int(first.item_ids[i]),
            true=class_names[int(first.targets[i])],
            percent=percent(float(mean[i])),
            wrong_by=tuple(
                row.name for (row, _), s in zip(found, shares[:, i], strict=True) if s > 0.5
            ),
            right_by=tuple(
                row.name for (row, _), s in zip(found, shares[:, i], strict=True) if s <= 0.5
            ),
        )
        for i in order
        if mean[i] > 0
    ]


def always_missed(found: Sequence[tuple[Row, RowErrors]]) -> tuple[int, int]:
    """How many images are wrong in every prediction of every representation, and of how many."""
    right = [~one.errors.all(axis=(0, 1)) for _, one in found]
    never = ~np.logical_or.reduce(right)
    return int(never.sum()), never.size
