"""A metric at growing numbers of samples: representations × rungs, beside the literature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.results.series import Ladder, find_ladders, samples_of
from dcgan_eval.reporting.tables.captions import capital, dataset_words
from dcgan_eval.reporting.tables.column import Column, make_data, pick
from dcgan_eval.reporting.tables.grid import Grid, Table
from dcgan_eval.reporting.tables.notes import Note, notes_of_intervals, notes_of_rows
from dcgan_eval.reporting.tables.numbers import value_and_interval
from dcgan_eval.reporting.tables.request import Request
from dcgan_eval.reporting.tables.row_columns import ROW_COLUMNS, better_note

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
)


def view(request: Request) -> Table:
    """Make the table; lines are sorted by the largest number of samples that they have."""
    found = find_ladders(request.rows_of("all"))
    titles = experiment_titles(ladder.experiment for ladder in found)
    grids = tuple(_grid(ladder, titles[ladder.experiment], request) for ladder in found)
    rows = [row for ladder in found for row in ladder.rows]
    return Table(grids, *make_data(DATA, rows))


def _grid(ladder: Ladder, title: str, request: Request) -> Grid:
    """The grid of one metric of one experiment."""
    lines = ladder.lines(request.settings.sort)
    form = request.form("none" if request.paper else "range")
    of_rows = notes_of_rows([line[-1] for line in lines])
    of_intervals = notes_of_intervals(ladder.rows, form)
    name = replace(NAME, footnotes=lambda line: of_rows.of(line[-1]))
    columns = [name, *(_rung(rung, form, request.settings.decimals) for rung in ladder.rungs)]
    columns = pick(columns, request.names(columns, [one.name for one in columns]))
    data = dataset_words(ladder.experiment)
    better = Note(better_note(ladder.heading, ladder.rows[0].better))
    return request.grid(
        f"{ladder.metric} by number of samples: {title}",
        columns,
        lines,
        [better, *of_intervals.notes, *of_rows.notes],
        caption=f"{capital(ladder.heading)} on {data} by number of samples",
    )


def _rung(samples: int, form: str, decimals: int) -> Column[Sequence[Row]]:
    """Values, with their intervals in a form, at one number of samples."""

    def value(line: Sequence[Row]) -> Row | None:
        return next((row for row in line if samples_of(row) == samples), None)

    def text(row: Row) -> str:
        return value_and_interval(row.value, row.interval, form, decimals)

    return Column(str(samples), value, text, f"{samples:,}", number=True)
