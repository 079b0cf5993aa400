"""Where representations go wrong: accuracy by class, confusions, the images most often missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.reporting.cells import CellReader, Cells
from dcgan_eval.reporting.grid import Cell, Column, Grid
from dcgan_eval.reporting.rows import Row

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
    share
        Share of wrong predictions, the mean over representations.
    wrong_by, right_by
        Names of representations that are wrong (right) in most of their predictions.
    """

    item: int
    true: str
    share: float
    wrong_by: tuple[str, ...]
    right_by: tuple[str, ...]
    image: str | None = None


def compared_rows(rows: Sequence[Row], reader: CellReader) -> list[tuple[Row, Cells]]:
    """Rows with predictions of the same test items as the first that has some, best first."""
    found: list[tuple[Row, Cells]] = []
    for row in rows:
        cells = reader.cells(row)
        if not isinstance(cells, Cells):
            continue
        if not found or np.array_equal(found[0][1].item_ids, cells.item_ids):
            found.append((row, cells))
    return found


def by_class(found: Sequence[tuple[Row, Cells]], class_names: Sequence[str]) -> Grid:
    """Accuracy by class: one line a representation; of many classes, the hardest."""
    shown = found[:MOST_ROWS]
    targets = shown[0][1].targets
    classes = np.unique(targets)
    right = np.stack([1.0 - cells.errors.mean(axis=(0, 1)) for _, cells in shown])
    values = np.stack([100.0 * right[:, targets == label].mean(axis=1) for label in classes])
    notes = ["Accuracy in percent of the test images of each class."]
    if len(classes) > MOST_CLASSES:
        hardest = np.sort(np.argsort(values.mean(axis=1), kind="stable")[:MOST_CLASSES])
        classes, values = classes[hardest], values[hardest]
        notes.append(f"The {MOST_CLASSES} hardest of {len(hardest):,} classes.")
    if len(found) > len(shown):
        notes.append(f"The first {len(shown)} of {len(found)} representations.")
    columns = [Column(class_names[label], number=True) for label in classes]
    return Grid(
        "Accuracy by class",
        (Column("representation"), *columns),
        tuple(
            (Cell(row.name), *(Cell(f"{value:.1f}") for value in values[:, place]))
            for place, (row, _) in enumerate(shown)
        ),
        notes=tuple(notes),
    )


def confusions(counts: NDArray[Any], class_names: Sequence[str], name: str) -> Grid:
    """A confusion matrix in percent of each true class; of many classes, the commonest pairs."""
    counts = np.asarray(counts, dtype=np.float64)
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    percent = 100.0 * counts / totals
    n = len(counts)
    if n <= MOST_CLASSES:
        lines = tuple(
            (Cell(class_names[i]), *(Cell(f"{percent[i, j]:.1f}", bold=i == j) for j in range(n)))
            for i in range(n)
        )
        columns = (Column("true"), *(Column(class_names[j], number=True) for j in range(n)))
        notes = ("Percent of the images of a true class (line) that are called so (column).",)
        return Grid(f"Confusion matrix of {name}", columns, lines, notes=notes)
    off = percent.copy()
    np.fill_diagonal(off, -1.0)
    order = np.argsort(-off, axis=None, kind="stable")[:MOST_CONFUSIONS]
    pairs = [divmod(int(place), n) for place in order]
    lines = tuple(
        (Cell(class_names[i]), Cell(class_names[j]), Cell(f"{percent[i, j]:.1f}")) for i, j in pairs
    )
    columns = (Column("true"), Column("called"), Column("percent of the true class", number=True))
    return Grid(f"Commonest confusions of {name}", columns, lines)


def most_missed(
    found: Sequence[tuple[Row, Cells]], class_names: Sequence[str], most: int = MOST_IMAGES
) -> list[Missed]:
    """Images with the highest share of wrong predictions, ties to the lowest row."""
    first = found[0][1]
    shares = np.stack([cells.errors.mean(axis=(0, 1), dtype=np.float64) for _, cells in found])
    mean = shares.mean(axis=0)
    order = np.lexsort((first.item_ids, -mean))[:most]
    return [
        Missed(
            item=int(first.item_ids[i]),
            true=class_names[int(first.targets[i])],
            share=float(mean[i]),
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


def always_missed(found: Sequence[tuple[Row, Cells]]) -> tuple[int, int]:
    """How many images are wrong in every prediction of every representation, and of how many."""
    right = [~cells.errors.all(axis=(0, 1)) for _, cells in found]
    never = ~np.logical_or.reduce(right)
    return int(never.sum()), never.size
