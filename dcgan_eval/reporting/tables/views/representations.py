"""One grid an experiment and metric: our rows, then the published ones."""

from __future__ import annotations

from collections.abc import Sequence

from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.rows import Row, subset_note
from dcgan_eval.reporting.tables.column import make_data, make_grid, pick
from dcgan_eval.reporting.tables.grid import Grid, Table
from dcgan_eval.reporting.tables.numbers import CPU_NOTE, interval_note
from dcgan_eval.reporting.tables.request import Request
from dcgan_eval.reporting.tables.row_columns import (
    ROW_COLUMNS,
    better_note,
    interval_notes,
    notes_of,
)

PRINTED = ("representation", "value", "interval", "n_repeats", "columns", "seconds")
# New ones go to the end: scripts may count the first.
DATA = (
    *("representation", "protocol", "dataset", "metric", "value", "interval", "n_repeats"),
    *("columns", "seconds", "record", "preset", "subset", "unit", "better", "bold", "published"),
    "cpu_seconds",
)


def view(request: Request) -> Table:
    """Make the table."""
    titles = experiment_titles(row.experiment for row in request.rows)
    groups = request.groups()
    grids = [_grid(titles[rows[0].experiment], rows, said) for rows, said in groups]
    every = [row for rows, _ in groups for row in rows]
    return Table(tuple(grids), *make_data(pick(ROW_COLUMNS, DATA), every))


def _grid(title: str, rows: Sequence[Row], said: Sequence[str]) -> Grid:
    """The grid of one experiment and metric; what is not the same for all rows is a footnote."""
    notes = [better_note(rows[0].heading, rows[0].better)]
    intervals = [row.interval for row in rows if row.interval]
    several = len({(one.level, one.method, one.covers, one.given) for one in intervals}) > 1
    if intervals and not several:
        notes.append(interval_note(intervals[0]))
    subset = subset_note(rows)
    cited = any(row.published for row in rows)
    if subset and not cited:
        notes.append(subset)
    devices = {row.device for row in rows if row.device}

    def of_row(row: Row) -> list[str]:
        return [*notes_of(row), subset] if subset and row.published else notes_of(row)

    def of_seconds(row: Row) -> list[str]:
        return [f"Seconds on {row.device}."] if row.device and len(devices) > 1 else []

    printed = [*PRINTED]
    if any(row.took and row.took.waited for row in rows):
        printed.append("cpu_seconds")
        notes.append(CPU_NOTE)
    columns = pick(
        ROW_COLUMNS,
        printed,
        representation={"footnotes": of_row},
        value={"heading": rows[0].heading},
        interval={"footnotes": interval_notes} if several else {},
        seconds={"footnotes": of_seconds},
    )
    return make_grid(title, columns, rows, (*notes, *said))
