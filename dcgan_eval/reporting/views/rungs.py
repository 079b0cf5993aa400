"""A metric at growing numbers of samples: representations × rungs, beside the literature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dcgan_eval.reporting.cells import row_interval
from dcgan_eval.reporting.experiment import Experiment, experiment_titles
from dcgan_eval.reporting.grid import Cell, Column, Footnotes, Grid, Table, from_dicts
from dcgan_eval.reporting.numbers import interval_note, interval_text, value_text
from dcgan_eval.reporting.request import Request
from dcgan_eval.reporting.rows import Row, make_rows, published_rows

HEADER = (
    "representation",
    "protocol",
    "dataset",
    "metric",
    "samples",
    "value",
    "low",
    "high",
    "n_repeats",
    "published",
    "record",
)


def view(request: Request) -> Table:
    """Make the table; lines are sorted by the largest number of samples that they have."""
    found = find_rungs(make_rows(request.records, "all"))
    titles = experiment_titles(experiment for experiment, _ in found)
    grids, data = [], []
    for (experiment, name), rows in found.items():
        shown = [*rows, *(published_rows(rows) if request.published else [])]
        grids.append(_grid(f"{name} by number of samples: {titles[experiment]}", shown, request))
        data += [_data(row, request) for row in shown]
    _, values = from_dicts(data)
    return Table(tuple(grids), HEADER, values)


def find_rungs(rows: Sequence[Row]) -> dict[tuple[Experiment, str], list[Row]]:
    """Rows of metrics that are told at numbers of samples alone, by what they tell."""
    found: dict[tuple[Experiment, str], list[Row]] = {}
    for row in rows:
        if is_rung(row):
            found.setdefault((row.experiment, row.metric), []).append(row)
    return found


def is_rung(row: Row) -> bool:
    """Whether a row is told at a number of samples, and at nothing else."""
    return row.at.keys() == {"samples"} and isinstance(row.at["samples"], int)


def samples_of(row: Row) -> int:
    """The number of samples of a rung."""
    return int(row.at["samples"])


def by_line(rows: Sequence[Row]) -> list[list[Row]]:
    """One list a representation or published name, each by number of samples."""
    lines: dict[tuple[str, bool], list[Row]] = {}
    for row in sorted(rows, key=samples_of):
        lines.setdefault((row.name, row.published), []).append(row)
    return list(lines.values())


def _grid(title: str, rows: Sequence[Row], request: Request) -> Grid:
    """The grid of one experiment: ours first, each kind by its last value."""
    rungs = sorted({samples_of(row) for row in rows})
    footnotes = Footnotes()
    ends = {id(line[-1]): line for line in by_line(rows)}
    own = request.sorted([line[-1] for line in ends.values() if not line[-1].published])
    cited = request.sorted([line[-1] for line in ends.values() if line[-1].published])
    lines = []
    for end in [*own, *cited]:
        line = {samples_of(row): row for row in ends[id(end)]}
        marks = [footnotes.mark(note) for note in end.notes]
        marks += [footnotes.mark(f"Published: {end.source}.")] if end.source else []
        cells = [_cell(line[rung], request) if rung in line else Cell("") for rung in rungs]
        tag = "published" if end.published else ""
        lines.append((Cell(end.name, tag=tag, marks=tuple(marks)), *cells))
    first = rows[0]
    better = "higher" if first.better == "high" else "lower"
    notes = [f"{first.metric} ({first.unit}): {better} is better."]
    intervals = (row_interval(row, request.reader) for row in rows)
    notes += dict.fromkeys(interval_note(one) for one in intervals if one)
    columns = (Column("representation"), *(Column(f"{n:,}", number=True) for n in rungs))
    return Grid(title, columns, tuple(lines), tuple(notes), tuple(footnotes.texts))


def _cell(row: Row, request: Request) -> Cell:
    """Value and interval."""
    interval = interval_text(row_interval(row, request.reader))
    return Cell(value_text(row.value) + (f" ({interval})" if interval else ""))


def _data(row: Row, request: Request) -> dict[str, Any]:
    """One value as data."""
    interval = row_interval(row, request.reader)
    return {
        "representation": row.name,
        "protocol": row.experiment.kind,
        "dataset": row.experiment.dataset,
        "metric": row.label,
        "samples": samples_of(row),
        "value": row.value,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "n_repeats": row.n_repeats,
        "published": row.published,
        "record": row.ids,
    }
