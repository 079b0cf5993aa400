"""A metric at growing numbers of samples: representations × rungs, beside the literature."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.results.series import Ladder, find_ladders, samples_of
from dcgan_eval.reporting.tables.column import Column, make_data, make_grid, pick
from dcgan_eval.reporting.tables.grid import Grid, Table
from dcgan_eval.reporting.tables.numbers import interval_note, interval_text, value_text
from dcgan_eval.reporting.tables.request import Request
from dcgan_eval.reporting.tables.row_columns import ROW_COLUMNS, better_note, notes_of

DATA = pick(
    (*ROW_COLUMNS, Column("samples", samples_of)),
    (
        *("representation", "protocol", "dataset", "metric", "samples", "value", "interval"),
        *("n_repeats", "published", "record"),
    ),
    published={"value": attrgetter("published")},
)
NAME = Column[Sequence[Row]](
    "representation",
    lambda line: line[-1].name,
    tag=lambda line: "published" if line[-1].published else "",
    footnotes=lambda line: notes_of(line[-1]),
)


def view(request: Request) -> Table:
    """Make the table; lines are sorted by the largest number of samples that they have."""
    found = find_ladders(request.rows_of("all"))
    titles = experiment_titles(ladder.experiment for ladder in found)
    grids = tuple(_grid(ladder, titles[ladder.experiment], request.sort) for ladder in found)
    rows = [row for ladder in found for row in ladder.rows]
    return Table(grids, *make_data(DATA, rows))


def _grid(ladder: Ladder, title: str, sort: str) -> Grid:
    """The grid of one metric of one experiment."""
    columns = [NAME, *(_rung(rung) for rung in ladder.rungs)]
    said = (interval_note(row.interval) for row in ladder.rows if row.interval)
    notes = [better_note(ladder.heading, ladder.rows[0].better), *dict.fromkeys(said)]
    title = f"{ladder.metric} by number of samples: {title}"
    return make_grid(title, columns, ladder.lines(sort), notes)


def _rung(samples: int) -> Column[Sequence[Row]]:
    """Values with their intervals at one number of samples."""

    def value(line: Sequence[Row]) -> Row | None:
        return next((row for row in line if samples_of(row) == samples), None)

    return Column(f"{samples:,}", value, _text, number=True)


def _text(row: Row) -> str:
    """``0.21 (0.15 to 0.27)``."""
    interval = f" ({interval_text(row.interval)})" if row.interval else ""
    return value_text(row.value) + interval
