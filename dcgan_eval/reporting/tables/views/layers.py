"""Layer ablation: one encoder under one experiment with different layers."""

from __future__ import annotations

from typing import Any

from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.series import find_layer_rows
from dcgan_eval.reporting.tables.bold import with_bold
from dcgan_eval.reporting.tables.captions import caption_of
from dcgan_eval.reporting.tables.column import Column, make_data, pick
from dcgan_eval.reporting.tables.grid import Table
from dcgan_eval.reporting.tables.notes import notes_of_intervals, notes_of_subset
from dcgan_eval.reporting.tables.request import Request
from dcgan_eval.reporting.tables.row_columns import ROW_COLUMNS, as_shown

PRINTED = ("layers", "part", "value", "interval", "columns")
IN_A_PAPER = PRINTED[:-1]
DATA = (
    *("representation", "protocol", "dataset", "layers", "part"),
    *("metric", "value", "interval", "columns", "record"),
)


def view(request: Request) -> Table:
    """Make the table."""
    found = find_layer_rows(request.rows)
    titles = experiment_titles(one.rows[0].experiment for one in found)
    form = request.form("range")
    grids = []
    header: tuple[str, ...] = ()
    data: list[tuple[Any, ...]] = []
    for ablation in found:
        rows, said = with_bold(ablation.rows, request.settings.bold, request.reader)
        columns = (*ROW_COLUMNS, Column("part", ablation.part))
        shown = as_shown(form, request.settings.decimals)
        shown["value"]["heading"] = rows[0].heading
        names = request.names(columns, PRINTED, IN_A_PAPER)
        of_intervals = notes_of_intervals(rows, form)
        shown["value" if form == "pm" else "interval"]["footnotes"] = of_intervals.of
        grids.append(
            request.grid(
                f"Layers of {ablation.name}: {titles[rows[0].experiment]}",
                pick(columns, names, **shown),
                rows,
                (*of_intervals.notes, *notes_of_subset(rows), *said),
                caption=f"Layers of {ablation.name}: {caption_of(rows[0])}",
            )
        )
        header, lines = make_data(pick(columns, DATA), rows)
        data += lines
    return Table(tuple(grids), header, tuple(data))
