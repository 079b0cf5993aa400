"""Results as a tidy pandas frame."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dcgan_eval.core import RecordWarning
from dcgan_eval.records import Metric, Outcome, Record
from dcgan_eval.reporting.results.sources import Gathered, Sources, gather
from dcgan_eval.reporting.tables.column import Column

if TYPE_CHECKING:
    import pandas as pd


def load_results(sources: Sources | Gathered) -> pd.DataFrame:
    """Read results into a frame with one row a metric and repeat.

    Parameters
    ----------
    sources
        A results folder or several (with their subfolders), record files, records.

    Returns
    -------
    pandas.DataFrame
        Columns ``representation, method, seed, step, protocol, preset, dataset, subset, metric,
        unit, better, repeat, value, mean, low, high, columns, seconds, cpu_seconds, record``.
        ``repeat`` is the name of a draw or seed, or empty where there is one value; ``mean``,
        ``low`` and ``high`` are those of the record. Numbers are those of the record, bit for bit.
        Files that cannot be used are named in warnings.

    Examples
    --------
    >>> from dcgan_eval import load_results
    >>> frame = load_results("results/cifar10_3000")
    >>> ours = frame[frame.representation.str.startswith("ours")]
    >>> ours.groupby("step").value.max().round(2).to_dict()
    {4.0: 48.92, 8.0: 51.75, 12.0: 53.67, 16.0: 55.91, 20.0: 56.57}
    """
    import pandas as pd

    gathered = gather(sources)
    for problem in gathered.problems:
        warnings.warn(problem, RecordWarning, stacklevel=2)
    repeats = [one for stored in gathered.records for one in _repeats(stored.record)]
    return pd.DataFrame(
        {column.name: [column.value(one) for one in repeats] for column in _COLUMNS}
    )


class _Repeat(NamedTuple):
    """One value of a metric: of a draw or seed, or the only one."""

    record: Record
    metric: Metric
    name: str
    value: float

    @property
    def outcome(self) -> Outcome:
        return self.record.outcome


_COLUMNS = (
    Column[_Repeat]("representation", lambda one: one.outcome.representation.name),
    Column[_Repeat]("method", lambda one: one.outcome.representation.method),
    Column[_Repeat]("seed", lambda one: one.outcome.representation.seed),
    Column[_Repeat]("step", lambda one: one.outcome.representation.step),
    Column[_Repeat]("protocol", lambda one: one.outcome.protocol.kind),
    Column[_Repeat]("preset", lambda one: one.outcome.protocol.preset),
    Column[_Repeat]("dataset", lambda one: one.outcome.data.name),
    Column[_Repeat]("subset", lambda one: one.outcome.data.subset),
    Column[_Repeat]("metric", lambda one: one.metric.label),
    Column[_Repeat]("unit", lambda one: one.metric.unit),
    Column[_Repeat]("better", lambda one: one.metric.better),
    Column[_Repeat]("repeat", lambda one: one.name),
    Column[_Repeat]("value", lambda one: one.value),
    Column[_Repeat]("mean", lambda one: one.metric.value),
    Column[_Repeat]("low", lambda one: one.metric.interval and one.metric.interval.low),
    Column[_Repeat]("high", lambda one: one.metric.interval and one.metric.interval.high),
    Column[_Repeat]("columns", lambda one: one.outcome.representation.columns),
    Column[_Repeat]("seconds", lambda one: one.record.run.took.seconds),
    Column[_Repeat]("cpu_seconds", lambda one: one.record.run.took.cpu),
    Column[_Repeat]("record", lambda one: one.record.id),
)


def _repeats(record: Record) -> Iterator[_Repeat]:
    """Values of one record."""
    for metric in record.outcome.metrics:
        found = [
            _Repeat(record, metric, repeat.name, one.value)
            for repeat in record.outcome.repeats
            for one in repeat.values
            if one.label == metric.label
        ]
        yield from found or [_Repeat(record, metric, "", metric.value)]
