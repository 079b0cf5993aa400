"""Layer ablation: one encoder under one experiment with different layers."""

from __future__ import annotations

from typing import Any

from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.series import find_layer_rows
from dcgan_eval.reporting.tables.bold import with_bold
from dcgan_eval.reporting.tables.column import Column, make_data, make_grid, pick
from dcgan_eval.reporting.tables.grid import Table
from dcgan_eval.reporting.tables.request import Request
from dcgan_eval.reporting.tables.row_columns import ROW_COLUMNS

PRINTED = ("layers", "part", "value", "interval", "columns")
DATA = (
    *("representation", "protocol", "dataset", "layers", "part"),
    *("metric", "value", "interval", "columns", "record"),
)


def view(request: Request) -> Table:
    """Make the table."""
    found = find_layer_rows(request.rows)
    titles = experiment_titles(one.rows[0].experiment for one in found)
    grids = []
    header: tuple[str, ...] = ()
    data: list[tuple[Any, ...]] = []
    for ablation in found:
        rows, said = with_bold(ablation.rows, request.bold, request.reader)
        columns = (*ROW_COLUMNS, Column("part", ablation.part))
        title = f"Layers of {ablation.name}: {titles[rows[0].experiment]}"
        printed = pick(columns, PRINTED, value={"heading": rows[0].heading})
        grids.append(make_grid(title, printed, rows, said))
        header, lines = make_data(pick(columns, DATA), rows)
        data += lines
    return Table(tuple(grids), header, tuple(data))
