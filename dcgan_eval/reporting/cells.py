"""Errors of rows, cell by cell, and how two rows are paired for the statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.records import MetricInterval, Predictions, StoredRecord
from dcgan_eval.reporting.rows import Row
from dcgan_eval.stats import FEWEST_SEEDS, Design, Interval, interval_for

# A metric is the mean of its cells but for rounding; anything more is another record's file.
_ROUNDING = 1e-6
_ONLY_CHECKPOINTS = Design("none", setting="method").notes(1, 1)[0]


@dataclass(frozen=True)
class Cells:
    """Errors of one row of a table.

    Attributes
    ----------
    errors : bool array, (training seeds, rows, items)
        Whether each prediction is wrong; rows are draws, sampling seeds, or one.
    groups : integer array, (items,), optional
        Items that belong together.
    rows
        What the rows are, as the record declares.
    row_ids
        Fingerprint of the draws.
    given
        What the records say was held fixed; None where they say nothing or differ.
    parameter
        What they chose, such as ``C``.
    """

    errors: NDArray[np.bool_]
    targets: NDArray[np.integer]
    item_ids: NDArray[np.integer]
    groups: NDArray[np.integer] | None
    rows: str
    row_ids: str
    given: str | None
    parameter: str

    @property
    def n_seeds(self) -> int:
        """Training seeds."""
        return len(self.errors)


class CellReader:
    """Reads the predictions of each record once.

    Attributes
    ----------
    problems
        Row key → why its cells cannot be used.
    """

    def __init__(self) -> None:
        self._predictions: dict[str, Predictions | None] = {}
        self._cells: dict[tuple[object, ...], Cells | str] = {}

    def predictions(self, stored: StoredRecord) -> Predictions | None:
        """A record's predictions."""
        key = stored.record.id
        if key not in self._predictions:
            self._predictions[key] = stored.predictions()
        return self._predictions[key]

    def cells(self, row: Row) -> Cells | str:
        """Errors of a row, or the reason why there are none, as ``X has no predictions …``."""
        if row.key not in self._cells:
            self._cells[row.key] = self._read(row)
        return self._cells[row.key]

    def _read(self, row: Row) -> Cells | str:
        if row.published:
            return f"{row.name} is published: it has no predictions"
        found, layouts = [], []
        for stored in row.records:
            layout = stored.record.outcome.predictions
            if layout is None:
                return (
                    f"{row.name} has no predictions: its protocol leaves none, so that it can be "
                    "shown but not compared"
                )
            predictions = self.predictions(stored)
            if predictions is None:
                return (
                    f"{row.name} has no predictions beside its record {stored.record.id[:12]}: "
                    "run it again with --overwrite always"
                )
            found.append(predictions)
            layouts.append(layout)
        first = found[0]
        if len({(one.rows, one.row_ids, one.n_rows) for one in layouts}) > 1:
            return f"{row.name}: its seeds have other draws than each other"
        errors = np.stack([one.errors for one in found])
        value = 100.0 * float(errors.mean(dtype=np.float64))
        if abs((100.0 - value if row.better == "high" else value) - row.value) > _ROUNDING:
            return f"{row.name}: its predictions are not those of the metric {row.label}"
        chosen = row.records[0].record.outcome.selection
        given = {one.record.outcome.headline.interval for one in row.records}
        said = {interval.given for interval in given if interval is not None}
        return Cells(
            errors=errors,
            targets=first.targets,
            item_ids=first.item_ids,
            groups=first.groups,
            rows=layouts[0].rows,
            row_ids=layouts[0].row_ids,
            given=said.pop() if len(said) == 1 else None,
            parameter=next((one.parameter for one in chosen), "C"),
        )


def why_not(a: Row, b: Row, reader: CellReader) -> str | None:
    """The reason why two rows cannot be compared; None when they can."""
    if a.experiment != b.experiment:
        return f"{a.name} and {b.name} are not of one experiment: they differ in " + ", ".join(
            a.experiment.differences(b.experiment)
        )
    if a.label != b.label:
        return f"{a.name} has the metric {a.label}, {b.name} has {b.label}"
    cells_a, cells_b = reader.cells(a), reader.cells(b)
    if isinstance(cells_a, str):
        return cells_a
    if isinstance(cells_b, str):
        return cells_b
    if cells_a.rows != cells_b.rows:
        return f"{a.name} and {b.name} have rows of another kind: {cells_a.rows}, {cells_b.rows}"
    if cells_a.rows == "draws" and (
        cells_a.row_ids != cells_b.row_ids or cells_a.errors.shape[1] != cells_b.errors.shape[1]
    ):
        return f"{a.name} and {b.name} have other draws of labelled images: make both with one seed"
    same = np.array_equal(cells_a.targets, cells_b.targets) and np.array_equal(
        cells_a.item_ids, cells_b.item_ids
    )
    return None if same else f"{a.name} and {b.name} have other test items than each other"


def paired(a: Cells, b: Cells) -> tuple[NDArray[Any], NDArray[Any], Design, tuple[str, ...]]:
    """Two rows as the statistics take them: errors of A and of B, their design, further notes."""
    rows: Any = a.rows
    if a.n_seeds == b.n_seeds == 1:
        given = a.given if a.given == b.given else None
        return a.errors[0], b.errors[0], Design(rows, given=given), ()
    if min(a.n_seeds, b.n_seeds) >= FEWEST_SEEDS:
        return by_seed(a), by_seed(b), Design("seeds", setting="method"), ()
    # Too few seeds for methods: the mean over the seeds there are, with draws kept as rows.
    means = [one.errors.mean(axis=0, dtype=np.float64) for one in (a, b)]
    return means[0], means[1], Design(rows, parameter=a.parameter), (_ONLY_CHECKPOINTS,)


def by_seed(cells: Cells) -> NDArray[Any]:
    """Errors by training seed: (seeds, items), each the mean over its rows."""
    if cells.errors.shape[1] == 1:
        return cells.errors[:, 0]
    return np.asarray(cells.errors.mean(axis=1, dtype=np.float64))


def row_interval(row: Row, reader: CellReader) -> MetricInterval | None:
    """Interval of a row in its metric's unit: the record's own, or made of its predictions."""
    if row.interval is not None or not row.records:
        return row.interval
    cells = reader.cells(row)
    if isinstance(cells, str):
        return None
    if cells.n_seeds == 1:
        rows: Any = cells.rows
        design = Design(rows, parameter=cells.parameter)
        found = interval_for(cells.errors[0], design, groups=cells.groups)
    else:
        method = Design("seeds", setting="method")
        found = interval_for(by_seed(cells), method, groups=cells.groups)
    return in_metric(found, row)


def in_metric(interval: Interval, row: Row) -> MetricInterval:
    """An interval of an error (a fraction) in the unit of a row's metric."""
    low, high = 100.0 * interval.low, 100.0 * interval.high
    if row.better == "high":
        low, high = 100.0 - high, 100.0 - low
    return MetricInterval(
        low=low,
        high=high,
        level=interval.level,
        method=interval.method,
        covers=interval.covers,
        given=interval.given,
    )
