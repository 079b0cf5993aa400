"""One grid an experiment and metric: our rows, then the published ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dcgan_eval.records import MetricInterval
from dcgan_eval.reporting.cells import row_interval
from dcgan_eval.reporting.experiment import experiment_titles
from dcgan_eval.reporting.grid import Cell, Column, Footnotes, Grid, Table, from_dicts
from dcgan_eval.reporting.numbers import (
    count_text,
    heading,
    interval_note,
    interval_text,
    seconds_text,
    value_text,
)
from dcgan_eval.reporting.request import Request
from dcgan_eval.reporting.rows import Row, make_rows, published_rows
from dcgan_eval.reporting.significance import bold_of

__all__ = ["DATA_COLUMNS", "grouped", "heading", "subset_note", "view"]

DATA_COLUMNS = (
    "representation",
    "protocol",
    "dataset",
    "metric",
    "value",
    "low",
    "high",
    "n_repeats",
    "columns",
    "seconds",
    "record",
    "preset",
    "subset",
    "unit",
    "better",
    "bold",
    "published",
)


def view(request: Request) -> Table:
    """Make the table."""
    rows = make_rows(request.records, request.metric)
    titles = experiment_titles(row.experiment for row in rows)
    grids: list[Grid] = []
    data: list[dict[str, Any]] = []
    for group in grouped(rows):
        own = request.sorted(group)
        shown = [*own, *request.sorted(published_rows(own) if request.published else [])]
        intervals = [row_interval(row, request.reader) for row in shown]
        bold, said = bold_of(shown, request.bold, request.reader)
        grids.append(_grid(titles[own[0].experiment], shown, intervals, list(bold), said))
        data += [
            _data(row, interval, bool(flag))
            for row, interval, flag in zip(shown, intervals, bold, strict=True)
        ]
    _, values = from_dicts(data)
    return Table(tuple(grids), DATA_COLUMNS, values)


def grouped(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows by experiment and metric, in order of first appearance."""
    groups: dict[tuple[object, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.experiment, row.label), []).append(row)
    return list(groups.values())


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


def _grid(
    title: str,
    rows: Sequence[Row],
    intervals: Sequence[MetricInterval | None],
    bold: Sequence[bool],
    said: Sequence[str],
) -> Grid:
    """The grid of one experiment and metric."""
    footnotes = Footnotes()
    subset = subset_note(rows)
    kinds = {(one.level, one.method, one.covers, one.given) for one in intervals if one}
    devices = {row.device for row in rows if row.device}
    lines = []
    for row, interval, flag in zip(rows, intervals, bold, strict=True):
        marks = [footnotes.mark(note) for note in row.notes]
        if row.source is not None:
            marks.append(footnotes.mark(f"Published: {row.source}."))
            marks += [footnotes.mark(subset)] if subset else []
        covers = (footnotes.mark(interval_note(interval)),) if interval and len(kinds) > 1 else ()
        elsewhere = len(devices) > 1 and row.device
        timed = (footnotes.mark(f"Seconds on {row.device}."),) if elsewhere else ()
        lines.append(
            (
                Cell(row.name, tag="published" if row.published else "", marks=tuple(marks)),
                Cell(value_text(row.value), bold=bool(flag)),
                Cell(interval_text(interval), marks=covers),
                Cell(count_text(row.n_repeats)),
                Cell(count_text(row.columns)),
                Cell(seconds_text(row.seconds), marks=timed),
            )
        )
    notes = [f"{heading(rows[0])}: {'higher' if rows[0].better == 'high' else 'lower'} is better."]
    if len(kinds) == 1:
        notes.append(interval_note(next(one for one in intervals if one)))
    if subset and not any(row.published for row in rows):
        notes.append(subset)
    columns = (
        Column("representation"),
        Column(heading(rows[0]), number=True),
        Column("interval", number=True),
        Column("repeats", number=True),
        Column("columns", number=True),
        Column("seconds", number=True),
    )
    return Grid(title, columns, tuple(lines), (*notes, *said), tuple(footnotes.texts))


def _data(row: Row, interval: MetricInterval | None, bold: bool) -> dict[str, Any]:
    """A row as plain values."""
    values = (
        row.name,
        row.experiment.kind,
        row.experiment.dataset,
        row.label,
        row.value,
        None if interval is None else interval.low,
        None if interval is None else interval.high,
        row.n_repeats,
        row.columns,
        None if row.seconds is None else round(row.seconds, 3),
        row.ids,
        row.experiment.preset,
        None if row.published else row.experiment.subset,
        row.unit,
        row.better,
        bold,
        row.source,
    )
    return dict(zip(DATA_COLUMNS, values, strict=True))
