"""`Row`: one metric of one representation, of the seeds of one method, or of the literature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dcgan_eval.core import Took, assumptions
from dcgan_eval.records import (
    At,
    Metric,
    MetricInterval,
    Record,
    StoredRecord,
    metric_label,
)
from dcgan_eval.reporting.results.experiment import Experiment
from dcgan_eval.reporting.results.percent import Better
from dcgan_eval.stats import Metric as PredictionMetric


@dataclass(frozen=True)
class Row:
    """One metric of one representation, of the seeds of one method, or of the literature.

    Attributes
    ----------
    metric, at
        Name of the metric, and where inside the records it was taken.
    value
        In the metric's unit; of several seeds, their mean.
    headline
        Whether its records tell this metric first.
    interval
        In the metric's unit: the record's own; of several seeds what `with_intervals` computes.
    n_repeats
        Draws or seeds behind the value; None for a published row.
    spread
        1.96 × sd over draws, as the DCGAN authors print it.
    took
        What all records of the row took together; None for a published row.
    records
        What the row was made of; none for a published row.
    source
        Of a published row.
    computed
        The metric of predictions that it was computed by; None for one of the records' own.
    notes
        What a reader must know, a sentence each.
    bold
        Whether it is the best, or not told apart from it.
    """

    experiment: Experiment
    name: str
    metric: str
    value: float
    unit: str
    better: Better
    at: At = field(default_factory=dict)
    headline: bool = True
    interval: MetricInterval | None = None
    n_repeats: int | None = None
    spread: float | None = None
    columns: int | None = None
    took: Took | None = None
    records: tuple[StoredRecord, ...] = field(default=(), repr=False)
    source: str | None = None
    computed: PredictionMetric | None = None
    notes: tuple[str, ...] = ()
    bold: bool = False

    @property
    def label(self) -> str:
        """The metric as tables show it."""
        return metric_label(self.metric, self.at)

    @property
    def heading(self) -> str:
        """Metric and unit: ``error (%)``."""
        return f"{self.label} ({self.unit})"

    @property
    def published(self) -> bool:
        """Whether this is a row of the literature."""
        return self.source is not None

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers of a row of our own."""
        return self.records[0].record.outcome.representation.layers

    @property
    def device(self) -> str:
        """Where the records were computed; empty for a published row."""
        found = (one.record.run.environment.get("device", "") for one in self.records)
        return " and ".join(sorted({device for device in found if device}))

    @property
    def key(self) -> tuple[object, ...]:
        """Tells this row from all others."""
        ids = tuple(one.record.id for one in self.records)
        return self.experiment, ids or (self.source, self.name), self.label

    @property
    def ids(self) -> str:
        """First digits of the records' ids, which their file names have too."""
        return " ".join(one.record.id[:12] for one in self.records)

    def is_of(self, metric: str | None) -> bool:
        """Whether it tells a metric, by its label; ``all`` is any, None its records' headline."""
        return self.headline if metric is None else metric in ("all", self.label)


def rows_of(
    group: Sequence[StoredRecord], experiment: Experiment, step_notes: Mapping[str, str] | None = None
) -> list[Row]:
    """Rows of one representation or method: one a metric, the headline first.

    Parameters
    ----------
    group
        One record, or those of the seeds of one method.
    step_notes
        By the id of a record: how its step was chosen.
    """
    first = group[0].record.outcome
    shown = first.representation
    chosen = step_notes or {}
    notes = [chosen[one.record.id] for one in group if one.record.id in chosen]
    by_method = bool(notes) or len(group) > 1
    notes += [_sentence(note) for one in group for note in one.record.outcome.notes]
    notes += [note for one in group for note in _assumed(one.record)]
    name = shown.method if by_method and shown.method else shown.name
    ordered = sorted(first.metrics, key=lambda found: found is not first.headline)
    return [_row(group, experiment, one, name, tuple(dict.fromkeys(notes))) for one in ordered]


def published_rows(own: Sequence[Row]) -> list[Row]:
    """Rows of the literature for the experiments and metrics of our own rows, each once."""
    likes = {(row.experiment, row.label): row for row in own}
    return [
        Row(
            experiment=experiment,
            name=one.name,
            metric=like.metric,
            value=one.value,
            unit=like.unit,
            better=like.better,
            at=like.at,
            headline=like.headline,
            source=table.source,
            notes=(_sentence(one.note),) if one.note else (),
        )
        for (experiment, label), like in likes.items()
        for table in experiment.published()
        for one in table.rows
        if metric_label(table.metric, one.at) == label
    ]


def grouped(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows by experiment and metric, in order of first appearance."""
    groups: dict[tuple[object, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.experiment, row.label), []).append(row)
    return list(groups.values())


def in_order(rows: Sequence[Row], sort: str = "value") -> list[Row]:
    """Our rows, then the published ones; equal ones by name, those without a number last.

    Parameters
    ----------
    sort
        ``value`` (best first), ``name``, ``columns``, ``seconds``, or ``given``.
    """

    def place(row: Row) -> tuple[bool, float, str]:
        number: float | None = 0.0
        if sort == "value":
            number = -row.value if row.better == "high" else row.value
        elif sort == "columns":
            number = row.columns
        elif sort == "seconds":
            number = row.took and row.took.seconds
        return row.published, float("inf") if number is None else number, row.name

    return sorted(rows, key=(lambda row: row.published) if sort == "given" else place)


def subset_note(rows: Sequence[Row]) -> str | None:
    """What must be said when our rows are of less than the published set."""
    subset = rows[0].experiment.subset
    if subset is None:
        return None
    if any(row.published for row in rows):
        return (
            f"Our rows are not of the whole published set ({subset}); the published rows are: "
            "not the same experiment."
        )
    return f"Not the whole published set: {subset}."


def _assumed(record: Record) -> list[str]:
    """What nobody said of the network, where something was assumed."""
    words = assumptions(record.outcome.representation.assumed)
    return [f"Assumed: {', '.join(words)}."] if words else []


def _row(
    group: Sequence[StoredRecord],
    experiment: Experiment,
    metric: Metric,
    name: str,
    notes: tuple[str, ...],
) -> Row:
    """One metric: as its record has it, or the mean over seeds."""
    alone = len(group) == 1
    found = (_metric(stored.record, metric.label) for stored in group)
    values = [one.value for one in found if one is not None]
    first = group[0].record.outcome
    return Row(
        experiment=experiment,
        name=name,
        metric=metric.name,
        value=metric.value if alone else float(np.mean(values)),
        unit=metric.unit,
        better=metric.better,
        at=metric.at,
        headline=metric is first.headline,
        interval=metric.interval if alone else None,
        n_repeats=metric.n_repeats if alone else len(values),
        spread=metric.spread if alone else None,
        columns=first.representation.columns,
        took=Took.together(one.record.run.took for one in group),
        records=tuple(group),
        notes=notes,
    )


def _metric(record: Record, label: str) -> Metric | None:
    """The metric that tables call so."""
    return next((one for one in record.outcome.metrics if one.label == label), None)


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
