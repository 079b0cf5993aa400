"""``dcgan-eval power``: how many images, draws or seeds a comparison takes, from a pilot."""

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
from dcgan_eval.core import SettingsError, write_bytes, write_text


def verb(
    results: Annotated[
        list[str] | None,
        typer.Argument(help="The pilot: records, results folders, names or ids."),
    ] = None,
    within: Within = None,
    predictions: PredictionFiles = None,
    targets: Targets = None,
    groups: Groups = None,
    column: ColumnNames = None,
    filter: LogFilter = None,
    rows: FileRows = None,
    pair: Annotated[
        tuple[str, str] | None, typer.Option(help="Names of two, where the pilot has more.")
    ] = None,
    difference: Annotated[
        list[float] | None,
        typer.Option(help="A true difference in points: 0.5, 1, 2, 3 and 5 when none is given."),
    ] = None,
    power: Annotated[float, typer.Option(help="Chance of finding it.")] = 0.8,
    repeats: Annotated[
        list[int] | None, typer.Option(help="Images are counted for so many draws or seeds.")
    ] = None,
    format: Annotated[str, typer.Option(help="md, csv, json, latex or html.")] = "md",
    metric: MetricName = None,
    level: Annotated[float, typer.Option(help="Confidence level of the test.")] = 0.95,
    mid_p: MidP = False,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the power there, too: .pdf, .svg or .png.")
    ] = None,
    over: Annotated[
        str | None, typer.Option(help="What the plot goes over: items (the default) or repeats.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write here in place of stdout.")] = None,
) -> None:
    """Say how many test images, draws or seeds find a true difference, from two results."""
    from dcgan_eval import reporting

    if over is not None and plot is None:
        raise SettingsError("--over: it goes with --plot; leave it out")
    pilot = compared(
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
    )
    wished = {"differences": difference} if difference else {}
    found = reporting.power(pilot, pair=pair, power=power, repeats=repeats or (), **wished)
    text = found.render(format)
    if plot is not None:
        write_bytes(plot, found.plot(over or "items").render(plot.suffix.removeprefix(".")))
    if out is None:
        print(text, end="" if text.endswith("\n") else "\n")
    else:
        write_text(out, text)
