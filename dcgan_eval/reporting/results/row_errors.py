"""What the predictions of a row lose by its metric, and the intervals that are made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, RecordError
from dcgan_eval.records import MetricInterval, Predictions, StoredRecord
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.results.percent import metric_value, value_interval
from dcgan_eval.stats import METRICS, Design, Losses, interval_for

# What records tell that is no error rate: their losses are those of another metric.
_SCORED_BY = {"balanced accuracy": "balanced_accuracy", "balanced error": "balanced_accuracy"}
# A metric is the mean of its errors but for rounding; anything more is another record's file.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class RowErrors:
    """Errors of one row of a table, or the losses of a metric that was computed from predictions.

    Attributes
    ----------
    errors : array, (training seeds, rows, items)
        Whether each prediction is wrong, or what each item adds to the loss (`stats.Losses`);
        rows are draws, sampling seeds, or one.
    worth, excess
        As `stats.Losses` has them; None and 0 for errors.
    n_rows
        Predictions an item and seed, of which the losses may be of the first ones alone.
    groups : integer array, (items,), optional
        Items that belong together.
    rows
        What the rows are, as the record declares.
    row_ids
        Fingerprint of the draws.
    given
        What was held fixed, as the one record says or is known of given predictions; None where
        it is the usual of the design.
    parameter
        What they chose, such as ``C``.
    """

    errors: NDArray[Any]
    worth: float | None
    excess: float
    n_rows: int
    targets: NDArray[np.integer]
    item_ids: NDArray[np.integer]
    groups: NDArray[np.integer] | None
    rows: Literal["none", "draws", "seeds"]
    row_ids: str
    given: str | None
    parameter: str

    @property
    def n_seeds(self) -> int:
        """Training seeds."""
        return len(self.errors)

    @property
    def by_row(self) -> Losses:
        """What the statistics take of checkpoints: (rows, items), the mean over seeds."""
        return self._taken(self.errors[0] if self.n_seeds == 1 else self.errors.mean(axis=0))

    @property
    def by_seed(self) -> Losses:
        """What the statistics take of a method: (seeds, items), each the mean over its rows."""
        if self.errors.shape[1] == 1:
            return self._taken(self.errors[:, 0])
        return self._taken(self.errors.mean(axis=1, dtype=np.float64))

    def _taken(self, values: NDArray[Any]) -> Losses:
        return Losses(values, self.worth, self.excess)


class ErrorReader:
    """Reads the predictions of each record once, and makes the errors of each row once.

    Attributes
    ----------
    tested
        By the keys of rows, what `pair_pvalues` found of them.
    """

    def __init__(self, known: Mapping[tuple[object, ...], RowErrors] = MappingProxyType({})) -> None:
        self.tested: dict[tuple[object, ...], tuple[NDArray[np.float64], NDArray[np.bool_]]] = {}
        self._predictions: dict[str, Predictions | None] = {}
        self._errors: dict[tuple[object, ...], RowErrors | str] = {**known}

    def predictions(self, stored: StoredRecord) -> Predictions | None:
        """A record's predictions."""
        key = stored.record.id
        if key not in self._predictions:
            self._predictions[key] = stored.predictions()
        return self._predictions[key]

    def errors(self, row: Row) -> RowErrors | str:
        """Errors of a row, or the reason why there are none, as ``X has no predictions …``."""
        if row.key not in self._errors:
            self._errors[row.key] = self._read(row)
        return self._errors[row.key]

    def needed(self, row: Row) -> RowErrors:
        """Errors of a row; a `RecordError` with the reason when there are none."""
        found = self.errors(row)
        if isinstance(found, str):
            raise RecordError(found)
        return found

    def _read(self, row: Row) -> RowErrors | str:
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
                    "run it again with --overwrite always (in Python overwrite='always')"
                )
            found.append(predictions)
            layouts.append(layout)
        first = found[0]
        if len({(one.rows, one.row_ids, one.n_rows, one.n_items) for one in layouts}) > 1:
            return f"{row.name}: its seeds have other draws or images than each other"
        metric = row.computed or METRICS[_SCORED_BY.get(row.metric, "error")]
        try:
            losses = [metric.losses(one.targets, one.values, one.scores) for one in found]
        except DataError as error:
            return f"{row.name}: {error}"
        if len({len(one.values) for one in losses}) > 1:
            return f"{row.name}: its seeds have scores of other numbers of draws than each other"
        errors = np.stack([one.values for one in losses])
        value = metric_value(float(errors.mean(dtype=np.float64)), row.better)
        if row.computed is None and abs(value - row.value) > _ROUNDING:
            return f"{row.name}: its predictions are not those of the metric {row.label}"
        chosen = row.records[0].record.outcome.selection
        said = row.records[0].record.outcome.headline.interval
        # What is given is another thing of several seeds, and of one draw of several.
        whole = len(row.records) == 1 and not errors.shape[1] == 1 < layouts[0].n_rows
        return RowErrors(
            errors=errors,
            worth=losses[0].worth,
            excess=float(np.mean([one.excess for one in losses])),
            n_rows=layouts[0].n_rows,
            targets=first.targets,
            item_ids=first.item_ids,
            groups=None if first.groups is None else first.groups[metric.items(first.targets)],
            rows=layouts[0].rows,
            row_ids=layouts[0].row_ids,
            given=said.given if said and whole else None,
            parameter=next((one.parameter for one in chosen), "C"),
        )


def with_intervals(rows: Iterable[Row], reader: ErrorReader) -> list[Row]:
    """Rows with their intervals: the records' own, or made of their predictions."""
    return [
        row if row.interval or row.published else replace(row, interval=_interval(row, reader))
        for row in rows
    ]


def _interval(row: Row, reader: ErrorReader) -> MetricInterval | None:
    """Interval of a row from its predictions; None where it has none."""
    found = reader.errors(row)
    if isinstance(found, str):
        return None
    if found.n_seeds == 1:
        design = Design(found.rows, given=found.given, parameter=found.parameter)
        interval = interval_for(found.by_row, design, groups=found.groups)
    else:
        method = Design("seeds", setting="method", given=found.given)
        interval = interval_for(found.by_seed, method, groups=found.groups)
    return value_interval(interval, row.better)
