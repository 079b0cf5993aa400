"""Where representations go wrong: accuracy by class, confusions, the images most often missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.reporting.report.pictures import ImageFinder, png_address
from dcgan_eval.reporting.results.percent import percent
from dcgan_eval.reporting.results.row_errors import ErrorReader, RowErrors
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.tables.column import Column, make_grid
from dcgan_eval.reporting.tables.grid import Grid

# What can be read on one page; the predictions beside the records hold the rest.
MOST_ROWS = 12
MOST_CLASSES = 20
MOST_IMAGES = 24
MOST_CONFUSIONS = 20
MOST_CONFUSED = 3
MOST_CALLED = 2


@dataclass(frozen=True)
class Wrong:
    """How often rows are wrong on the same test items.

    Attributes
    ----------
    rows
        Best first.
    shares : array, (rows, items)
        Of wrong predictions.
    """

    rows: list[Row]
    shares: NDArray[np.float64]
    targets: NDArray[np.integer]
    item_ids: NDArray[np.integer]


@dataclass(frozen=True)
class Missed:
    """One image that is often got wrong.

    Attributes
    ----------
    item
        Its row in the test set.
    percent
        Wrong predictions, the mean over representations.
    called
        The commonest wrong classes, with their percents of the predictions.
    wrong_by, right_by
        Names of representations that are wrong (right) in most of their predictions.
    """

    item: int
    true: str
    percent: float
    called: tuple[tuple[str, float], ...]
    wrong_by: tuple[str, ...]
    right_by: tuple[str, ...]
    image: str | None = None


def find_wrong(rows: Sequence[Row], reader: ErrorReader) -> Wrong | None:
    """Rows with predictions of the same test items as the first that has some; None where none."""
    found: list[tuple[Row, RowErrors]] = []
    for row in rows:
        errors = reader.errors(row)
        if isinstance(errors, RowErrors) and (
            not found or np.array_equal(found[0][1].item_ids, errors.item_ids)
        ):
            found.append((row, errors))
    if not found:
        return None
    shares = np.stack([one.errors.mean(axis=(0, 1), dtype=np.float64) for _, one in found])
    first = found[0][1]
    return Wrong([row for row, _ in found], shares, first.targets, first.item_ids)


def by_class(wrong: Wrong, class_names: Sequence[str]) -> Grid:
    """Accuracy by class: one line a representation; of many classes, the hardest."""
    shown = wrong.rows[:MOST_ROWS]
    right = 1.0 - wrong.shares[:MOST_ROWS]
    classes = np.unique(wrong.targets)
    of_class = [right[:, wrong.targets == label].mean(axis=1) for label in classes]
    values = percent(np.stack(of_class))
    notes = ["Accuracy in percent of the test images of each class."]
    if len(classes) > MOST_CLASSES:
        hardest = np.sort(np.argsort(values.mean(axis=1), kind="stable")[:MOST_CLASSES])
        classes, values = classes[hardest], values[hardest]
        notes.append(f"The {MOST_CLASSES} hardest of {len(of_class):,} classes.")
    if len(wrong.rows) > len(shown):
        notes.append(f"The first {len(shown)} of {len(wrong.rows)} representations.")
    columns = [
        _named("representation", [row.name for row in shown]),
        *(_numbers(class_names[label], own) for label, own in zip(classes, values, strict=True)),
    ]
    return make_grid("Accuracy by class", columns, range(len(shown)), notes)


def confusions(wrong: Wrong, reader: ErrorReader, class_names: Sequence[str]) -> list[Grid]:
    """Confusion matrices of the best representations, from their predictions."""
    n = len(class_names)
    grids = []
    for row in wrong.rows[:MOST_CONFUSED]:
        counts = np.zeros(n * n, dtype=np.int64)
        for stored in row.records:
            predictions = reader.predictions(stored)
            if predictions is not None:
                pairs = wrong.targets.astype(np.int64) * n + predictions.values
                counts += np.bincount(pairs.ravel(), minlength=n * n)
        grids.append(_confusions(counts.reshape(n, n), class_names, row.name))
    return grids


def most_missed(
    wrong: Wrong, reader: ErrorReader, class_names: Sequence[str], images: ImageFinder | None
) -> list[Missed]:
    """Images with the highest share of wrong predictions, ties to the lowest row.

    With their pictures where they are at hand.
    """
    mean = wrong.shares.mean(axis=0)
    order = np.lexsort((wrong.item_ids, -mean))[:MOST_IMAGES]
    order = order[mean[order] > 0]
    missed = []
    for i, called in zip(order, _called(wrong, reader, order), strict=True):
        by: dict[bool, list[str]] = {False: [], True: []}
        for row, share in zip(wrong.rows, wrong.shares[:, i], strict=True):
            by[bool(share > 0.5)].append(row.name)
        called[wrong.targets[i]] = 0.0
        commonest = np.argsort(-called, kind="stable")[:MOST_CALLED]
        missed.append(
            Missed(
                item=int(wrong.item_ids[i]),
                true=class_names[int(wrong.targets[i])],
                percent=percent(float(mean[i])),
                called=tuple(
                    (class_names[j], percent(float(called[j]))) for j in commonest if called[j]
                ),
                wrong_by=tuple(by[True]),
                right_by=tuple(by[False]),
            )
        )
    if images is None or not missed:
        return missed
    record = wrong.rows[0].records[0].record
    pixels = images(record, np.array([one.item for one in missed], dtype=np.int64))
    if pixels is None:
        return missed
    return [replace(one, image=png_address(x)) for one, x in zip(missed, pixels, strict=True)]


def _called(wrong: Wrong, reader: ErrorReader, places: NDArray[np.integer]) -> NDArray[np.float64]:
    """Shares of the classes that items are called, (items, classes): the mean over rows."""
    found = []
    for row in wrong.rows:
        read = [one for stored in row.records if (one := reader.predictions(stored))]
        values = np.concatenate([one.values[:, places] for one in read])
        classes = np.arange(read[0].n_classes)
        found.append((values[:, :, None] == classes).mean(axis=0))
    return np.asarray(np.mean(found, axis=0))


def always_missed(wrong: Wrong) -> tuple[int, int]:
    """How many images are wrong in every prediction of every representation, and of how many."""
    never_right = (wrong.shares == 1.0).all(axis=0)
    return int(never_right.sum()), never_right.size


def _confusions(counts: NDArray[Any], class_names: Sequence[str], name: str) -> Grid:
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
