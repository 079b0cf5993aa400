"""The tables of one section: our own rows, and apart from them those of the literature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.row_errors import ErrorReader
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.results.series import is_rung
from dcgan_eval.reporting.tables.grid import Grid
from dcgan_eval.reporting.tables.request import Request
from dcgan_eval.reporting.tables.settings import TableSettings
from dcgan_eval.reporting.tables.views import layers, representations, rungs, steps


def own_grids(findings: Findings, reader: ErrorReader, asked: Sequence[str] = ()) -> list[Grid]:
    """A grid a metric, of a ladder the headline alone; then ladders, steps, layers.

    Metrics that were asked for come after those of the records.
    """
    own = Request(_only(findings, lambda row: not row.published), reader=reader)
    told = {row.label for row in own.findings.rows if row.headline}
    shown = _only(own.findings, lambda row: row.label in told or not is_rung(row))
    known = {row.label for row in own.findings.rows}
    metrics = ["all", *(metric for metric in asked if metric not in known)]
    values = replace(own, findings=shown)
    tables = (
        *(
            representations.view(replace(values, settings=TableSettings(metric=metric)))
            for metric in metrics
        ),
        *(one.view(own) for one in (rungs, steps, layers)),
    )
    return [_for_page(grid, findings) for table in tables for grid in table.grids]


def published_grids(findings: Findings, reader: ErrorReader) -> list[Grid]:
    """The same of published rows, without saying of each row what it is."""
    others = _only(findings, lambda row: row.published and not is_rung(row))
    cited = _only(findings, lambda row: row.published)
    tables = (
        representations.view(Request(others, TableSettings(metric="all"), reader=reader)),
        rungs.view(Request(cited, reader=reader)),
    )
    grids = (_for_page(grid, findings) for table in tables for grid in table.grids)
    return [
        replace(
            grid,
            title=f"Published: {grid.title}",
            rows=tuple(tuple(replace(cell, tag="") for cell in row) for row in grid.rows),
        )
        for grid in grids
    ]


def _only(findings: Findings, wanted: Callable[[Row], bool]) -> Findings:
    """Findings with some of their rows."""
    return replace(findings, rows=tuple(row for row in findings.rows if wanted(row)))


def _for_page(grid: Grid, findings: Findings) -> Grid:
    """A caption without the experiment, which the section names; no column without a number."""
    (title,) = experiment_titles(findings.records).values()
    what = grid.title.removesuffix(title).removesuffix(": ")
    filled = (any(row[i].text for row in grid.rows) for i in range(len(grid.columns)))
    kept = [i for i, one in enumerate(filled) if one or i == 0]
    return replace(
        grid,
        title=what or grid.columns[1].name,
        columns=tuple(grid.columns[i] for i in kept),
        rows=tuple(tuple(row[i] for i in kept) for row in grid.rows),
    )
