"""Results as a tidy pandas frame."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from dcgan_eval.core import RecordWarning
from dcgan_eval.records import Record
from dcgan_eval.reporting.sources import Sources, gather

if TYPE_CHECKING:
    import pandas as pd


def load_results(sources: Sources) -> pd.DataFrame:
    """Read results into a frame with one row a metric and repeat.

    Parameters
    ----------
    sources
        A results folder or several (with their subfolders), record files, records.

    Returns
    -------
    pandas.DataFrame
        Columns ``representation, method, seed, step, protocol, preset, dataset, subset, metric,
        unit, better, repeat, value, mean, low, high, columns, seconds, record``. ``repeat`` is
        the name of a draw or seed, or empty where there is one value; ``mean``, ``low`` and
        ``high`` are those of the record. Files that cannot be used are named in warnings.
    """
    import pandas as pd

    gathered = gather(sources)
    for problem in gathered.problems:
        warnings.warn(problem, RecordWarning, stacklevel=2)
    rows = [row for stored in gathered.records for row in _rows(stored.record)]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "representation",
    "method",
    "seed",
    "step",
    "protocol",
    "preset",
    "dataset",
    "subset",
    "metric",
    "unit",
    "better",
    "repeat",
    "value",
    "mean",
    "low",
    "high",
    "columns",
    "seconds",
    "record",
)


def _rows(record: Record) -> list[dict[str, Any]]:
    """Rows of one record."""
    outcome = record.outcome
    shown, protocol = outcome.representation, outcome.protocol
    rows = []
    for metric in outcome.metrics:
        common = {
            "representation": shown.name,
            "method": shown.method,
            "seed": shown.seed,
            "step": shown.step,
            "protocol": protocol.kind,
            "preset": protocol.preset,
            "dataset": outcome.data.name,
            "subset": outcome.data.subset,
            "metric": metric.label,
            "unit": metric.unit,
            "better": metric.better,
            "mean": metric.value,
            "low": metric.interval.low if metric.interval else None,
            "high": metric.interval.high if metric.interval else None,
            "columns": shown.columns,
            "seconds": sum(record.run.seconds.values()),
            "record": record.id,
        }
        repeats = [
            (repeat.name, one.value)
            for repeat in outcome.repeats
            for one in repeat.values
            if one.label == metric.label
        ]
        for name, value in repeats or [("", metric.value)]:
            rows.append({**common, "repeat": name, "value": value})
    return rows
