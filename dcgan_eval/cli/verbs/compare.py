"""``dcgan-eval compare``: which is better, and can the difference be believed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.cli.compared import (
    ColumnNames,
    FileRows,
    Groups,
    LogFilter,
    MetricName,
    MidP,
    PredictionFiles,
    Targets,
    Within,
    compared,
)
from dcgan_eval.core import write_text


def verb(
    results: Annotated[
        list[str] | None,
        typer.Argument(help="Records, results folders, names or ids: at least two."),
    ] = None,
    within: Within = None,
    predictions: PredictionFiles = None,
    targets: Targets = None,
    groups: Groups = None,
    column: ColumnNames = None,
    filter: LogFilter = None,
    rows: FileRows = None,
    format: Annotated[str, typer.Option(help="md, csv, json, latex or html.")] = "md",
    metric: MetricName = None,
    level: Annotated[float, typer.Option(help="Confidence level.")] = 0.95,
    mid_p: MidP = False,
    bootstrap: Annotated[
        bool, typer.Option("--bootstrap", help="Interval by paired bootstrap over items.")
    ] = False,
    detect: Annotated[
        float | None, typer.Option(help="Say how many images would find so many points.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write here in place of stdout.")] = None,
) -> None:
    """Compare results or predictions pair by pair; says why where that is refused."""
    report = compared(
        results,
        within=within,
        predictions=predictions,
        targets=targets,
        groups=groups,
        column=column,
        filter=filter,
        rows=rows,
        metric=metric,
        level=level,
        mid_p=mid_p,
        bootstrap=bootstrap,
        detect=detect,
    )
    text = report.render(format)
    if out is None:
        print(text, end="" if text.endswith("\n") else "\n")
    else:
        write_text(out, text)
