"""Rows of tables from stored records: seeds of one method become one row, steps the chosen one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from dcgan_eval.core import assumptions
from dcgan_eval.records import At, Metric, MetricInterval, Record, StoredRecord, metric_label
from dcgan_eval.reporting.experiment import Experiment, method_key
from dcgan_eval.reporting.steps import find_steps


@dataclass(frozen=True)
class Row:
    """One metric of one representation, of the seeds of one method, or of the literature.

    Attributes
    ----------
    metric, at
        Name of the metric, and where inside the records it was taken.
    value
        In the metric's unit; of several seeds, their mean.
    interval
        The record's own; None for several seeds, whose interval `row_interval` computes.
    n_repeats
        Draws or seeds behind the value; None for a published row.
    spread
        1.96 × sd over draws, as the DCGAN authors print it.
    seconds
        Of all records of the row.
    records
        What the row was made of; none for a published row.
    source
        Of a published row.
    notes
        What a reader must know, a sentence each.
    """

    experiment: Experiment
    name: str
    metric: str
    value: float
    unit: str
    better: Literal["high", "low"]
    at: At = field(default_factory=dict)
    interval: MetricInterval | None = None
    n_repeats: int | None = None
    spread: float | None = None
    columns: int | None = None
    seconds: float | None = None
    records: tuple[StoredRecord, ...] = field(default=(), repr=False)
    source: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The metric as tables show it."""
        return metric_label(self.metric, self.at)

    @property
    def published(self) -> bool:
        """Whether this is a row of the literature."""
        return self.source is not None

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


def make_rows(records: Iterable[StoredRecord], metric: str | None = None) -> list[Row]:
    """Rows of our own, in the order of the records.

    Parameters
    ----------
    records
        Of any protocols and data sets.
    metric
        A metric's label, ``all``, or each record's headline when None.
    """
    kept = list(records)
    notes: dict[str, str] = {}
    for steps in find_steps(kept):
        if steps.chosen is not None:
            left_out = {one.record.id for one in steps.records} - {steps.chosen.record.id}
            kept = [one for one in kept if one.record.id not in left_out]
            notes[steps.chosen.record.id] = steps.note()
    rows = [row for group in _by_method(kept) for row in _rows_of(group, notes, metric)]
    return _told_apart(rows)


def published_rows(own: Sequence[Row]) -> list[Row]:
    """Rows of the literature for the experiments and metrics of our own rows, each once."""
    likes = {(row.experiment, row.label): row for row in own if not row.published}
    return [
        Row(
            experiment=experiment,
            name=one.name,
            metric=like.metric,
            value=one.value,
            unit=like.unit,
            better=like.better,
            at=like.at,
            source=table.source,
            notes=(_sentence(one.note),) if one.note else (),
        )
        for (experiment, label), like in likes.items()
        for table in experiment.published()
        for one in table.rows
        if metric_label(table.metric, one.at) == label
    ]


def _told_apart(rows: Sequence[Row]) -> list[Row]:
    """Several results of one name under one experiment get their ids beside it."""
    places = Counter((row.experiment, row.label, row.name) for row in rows)
    return [
        replace(row, name=f"{row.name} [{row.ids[:8]}]")
        if places[row.experiment, row.label, row.name] > 1
        else row
        for row in rows
    ]


def _by_method(records: Sequence[StoredRecord]) -> list[list[StoredRecord]]:
    """Seeds of one method together, everything else alone, in the order of the records."""
    groups: dict[object, list[StoredRecord]] = {}
    for one in records:
        shown = one.record.outcome.representation
        seeds = shown.method is not None and shown.seed is not None
        key: object = (Experiment.of(one.record), method_key(shown)) if seeds else one.record.id
        groups.setdefault(key, []).append(one)
    found: list[list[StoredRecord]] = []
    for group in groups.values():
        numbers = {one.record.outcome.representation.seed for one in group}
        # Two records with one seed are no sample of seeds: each is a row of its own.
        if len(numbers) == len(group):
            group.sort(key=lambda one: one.record.outcome.representation.seed or 0)
            found.append(group)
        else:
            found += [[one] for one in group]
    return found


def _rows_of(
    group: Sequence[StoredRecord], step_notes: dict[str, str], metric: str | None
) -> list[Row]:
    """Rows of one representation or method: one for each wanted metric, the headline first."""
    first = group[0].record.outcome
    shown = first.representation
    notes = [step_notes[one.record.id] for one in group if one.record.id in step_notes]
    by_method = bool(notes) or len(group) > 1
    notes += [_sentence(note) for one in group for note in one.record.outcome.notes]
    notes += [note for one in group for note in _assumed(one.record)]
    name = shown.method if by_method and shown.method else shown.name
    wanted = first.headline.label if metric is None else metric
    rows = []
    for one in sorted(first.metrics, key=lambda found: found is not first.headline):
        if wanted in ("all", one.label):
            rows.append(_row(group, one, name, tuple(dict.fromkeys(notes))))
    return rows


def _assumed(record: Record) -> list[str]:
    """What nobody said of the network, where something was assumed."""
    words = assumptions(record.outcome.representation.assumed)
    return [f"Assumed: {', '.join(words)}."] if words else []


def _row(group: Sequence[StoredRecord], metric: Metric, name: str, notes: tuple[str, ...]) -> Row:
    """One metric: as its record has it, or the mean over seeds."""
    alone = len(group) == 1
    found = (_metric(stored.record, metric.label) for stored in group)
    values = [one.value for one in found if one is not None]
    seconds = sum(sum(one.record.run.seconds.values()) for one in group)
    return Row(
        experiment=Experiment.of(group[0].record),
        name=name,
        metric=metric.name,
        value=metric.value if alone else float(np.mean(values)),
        unit=metric.unit,
        better=metric.better,
        at=metric.at,
        interval=metric.interval if alone else None,
        n_repeats=metric.n_repeats if alone else len(values),
        spread=metric.spread if alone else None,
        columns=group[0].record.outcome.representation.columns,
        seconds=round(seconds, 3),
        records=tuple(group),
        notes=notes,
    )


def _metric(record: Record, label: str) -> Metric | None:
    """The metric that tables call so."""
    return next((one for one in record.outcome.metrics if one.label == label), None)


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
