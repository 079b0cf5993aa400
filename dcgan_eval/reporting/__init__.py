"""Tables, comparisons, plots and the report: functions of records."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcgan_eval.reporting.comparing import compare
    from dcgan_eval.reporting.comparison import ComparisonReport, Pair
    from dcgan_eval.reporting.frame import load_results
    from dcgan_eval.reporting.grid import Cell, Column, Grid, Table
    from dcgan_eval.reporting.plots import Plot, make_plots
    from dcgan_eval.reporting.report import ImageFinder, make_report
    from dcgan_eval.reporting.sources import Gathered, gather
    from dcgan_eval.reporting.summary import write_summary
    from dcgan_eval.reporting.tables import make_table, table

__all__ = [
    "Cell",
    "Column",
    "ComparisonReport",
    "Gathered",
    "Grid",
    "ImageFinder",
    "Pair",
    "Plot",
    "Table",
    "compare",
    "gather",
    "load_results",
    "make_plots",
    "make_report",
    "make_table",
    "table",
    "write_summary",
]

# Where each public name lives: what is not asked for is not imported.
_HOMES = {
    "Cell": "grid",
    "Column": "grid",
    "ComparisonReport": "comparison",
    "Gathered": "sources",
    "Grid": "grid",
    "ImageFinder": "report",
    "Pair": "comparison",
    "Plot": "plots",
    "Table": "grid",
    "compare": "comparing",
    "gather": "sources",
    "load_results": "frame",
    "make_plots": "plots",
    "make_report": "report",
    "make_table": "tables",
    "table": "tables",
    "write_summary": "summary",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
