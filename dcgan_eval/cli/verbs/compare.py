"""``dcgan-eval compare``: which is better, and can the difference be believed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.core import write_text


def verb(
    results: Annotated[
        list[str], typer.Argument(help="Records, results folders, names or ids: at least two.")
    ],
    within: Annotated[
        list[Path] | None, typer.Option(help="Folder in which names and ids are looked for.")
    ] = None,
    format: Annotated[str, typer.Option(help="md, csv, json, latex or html.")] = "md",
    metric: Annotated[str | None, typer.Option(help="A metric's name.")] = None,
    level: Annotated[float, typer.Option(help="Confidence level.")] = 0.95,
    mid_p: Annotated[bool, typer.Option("--mid-p", help="McNemar's mid-p.")] = False,
    bootstrap: Annotated[
        bool, typer.Option("--bootstrap", help="Interval by paired bootstrap over items.")
    ] = False,
    detect: Annotated[
        float | None, typer.Option(help="Say how many images would find so many points.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write here in place of stdout.")] = None,
) -> None:
    """Compare stored results pair by pair; refuses what cannot be compared, with the reason."""
    from dcgan_eval.reporting import compare

    report = compare(
        results,
        within=within or (),
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
