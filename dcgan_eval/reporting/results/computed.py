"""Rows of metrics that records do not tell, computed from their predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dcgan_eval.core import SettingsError, did_you_mean
from dcgan_eval.reporting.results.percent import metric_value
from dcgan_eval.reporting.results.row_errors import ErrorReader
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.stats import METRICS, Metric, find_metric, recall_of


def rows_of_metric(
    rows: Sequence[Row], metric: str | None, reader: ErrorReader
) -> tuple[list[Row], tuple[str, ...]]:
    """Rows of a metric: as records tell it; where none does, computed from predictions.

    Parameters
    ----------
    rows
        Of every metric that records tell.
    metric
        A metric's label, ``all`` that records tell, or each record's headline when None; a name of
        `dcgan_eval.stats.find_metric`; ``recall`` of every class.

    Returns
    -------
    rows, left_out
        Why results have no such row, a line each.
    """
    told = [row for row in rows if row.is_of(metric)]
    if told or metric is None:
        return told, ()
    found: list[Row] = []
    left_out: list[str] = []
    for row in rows:
        if row.headline and not row.published:
            for one in _metrics_called(metric, row):
                made = _computed(row, one, reader)
                if isinstance(made, Row):
                    found.append(made)
                else:
                    left_out.append(made)
    return found, tuple(left_out)


def _metrics_called(name: str, row: Row) -> Iterator[Metric]:
    """Metrics of a name that can be computed from the predictions of a row."""
    classes = row.records[0].record.outcome.data.class_names
    if name == "recall":
        yield from map(recall_of, range(len(classes)), classes)
        return
    try:
        yield find_metric(name, classes)
    except SettingsError:
        return


def why_none(metric: str | None, rows: Sequence[Row], left_out: Sequence[str]) -> str:
    """Why no result has a row of a metric."""
    if left_out:
        more = f" (and {len(left_out) - 1} more)" if len(left_out) > 1 else ""
        return left_out[0] + more
    known = {row.label for row in rows} | {"recall", *METRICS}
    return f"metric: {metric!r} is in no record; {did_you_mean(str(metric), known)}"


def _computed(row: Row, metric: Metric, reader: ErrorReader) -> Row | str:
    """The same result by another metric, or why there is none."""
    asked = replace(
        row,
        metric=metric.name,
        at={},
        unit="%",
        better="high" if metric.higher_is_better else "low",
        headline=False,
        interval=None,
        spread=None,
        computed=metric,
    )
    found = reader.errors(asked)
    if isinstance(found, str):
        return found
    n_rows = found.errors.shape[1]
    said = [f"{metric.name}: {metric.title}."]
    if n_rows < found.n_rows:
        said.append(f"{metric.name} is of the first {n_rows} of {found.n_rows} {found.rows}.")
    return replace(
        asked,
        value=metric_value(float(np.mean(found.errors, dtype=np.float64)), asked.better),
        n_repeats=n_rows if found.n_seeds == 1 else found.n_seeds,
        notes=(*row.notes, *said),
    )
