"""One grid an experiment and metric: our rows, then the published ones."""

from __future__ import annotations

from collections.abc import Sequence

from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.tables.captions import caption_of
from dcgan_eval.reporting.tables.column import make_data, pick
from dcgan_eval.reporting.tables.grid import Grid, Table
from dcgan_eval.reporting.tables.notes import Note, notes_of_intervals, notes_of_rows
from dcgan_eval.reporting.tables.numbers import CPU_NOTE
from dcgan_eval.reporting.tables.request import Request
from dcgan_eval.reporting.tables.row_columns import ROW_COLUMNS, as_shown, better_note, heading_of

PRINTED = ("representation", "value", "interval", "n_repeats", "columns", "seconds")
IN_A_PAPER = ("representation", "value", "interval")
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
    grids = [_grid(request, titles[rows[0].experiment], rows, said) for rows, said in groups]
    every = [row for rows, _ in groups for row in rows]
    return Table(tuple(grids), *make_data(pick(ROW_COLUMNS, DATA), every))


def _grid(request: Request, title: str, rows: Sequence[Row], said: Sequence[Note]) -> Grid:
    """The grid of one experiment and metric; what is not the same for all rows is a footnote."""
    first = rows[0]
    form = request.form("range")
    of_rows, of_intervals = notes_of_rows(rows), notes_of_intervals(rows, form)
    usual = [*PRINTED]
    if any(row.took and row.took.waited for row in rows):
        usual.append("cpu_seconds")
    names = request.names(ROW_COLUMNS, usual, IN_A_PAPER)
    devices = {row.device for row in rows if row.device}

    def of_seconds(row: Row) -> list[str]:
        return [f"Seconds on {row.device}."] if row.device and len(devices) > 1 else []

    shown = as_shown(form, request.settings.decimals)
    heading = f"{first.metric} ({first.unit})" if request.paper else heading_of(first)
    marked = "value" if form == "pm" else "interval"
    shown["value"]["heading"] = heading
    shown[marked]["footnotes"] = of_intervals.of
    columns = pick(
        ROW_COLUMNS,
        names,
        representation={"footnotes": of_rows.of},
        seconds={"footnotes": of_seconds},
        **shown,
    )
    notes = [Note(better_note(heading, first.better)), *of_intervals.notes, *of_rows.notes]
    if "cpu_seconds" in names:
        notes.append(Note(CPU_NOTE))
    return request.grid(title, columns, rows, (*notes, *said), caption=caption_of(first))
