"""``dcgan-eval plot``: pictures of results folders and of trainings, for papers."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.core import printable, write_bytes


def verb(
    results: Annotated[
        list[Path],
        typer.Argument(help="Results folders, record files, or logs of trainings (NAME_log.csv)."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("plots"),
    format: Annotated[
        list[str] | None,
        typer.Option(help="pdf (when none is given), svg or png; may be given several times."),
    ] = None,
    width: Annotated[
        str,
        typer.Option(help="column (3.15 in), text (6.5 in, two columns), or a number of inches."),
    ] = "text",
    font_size: Annotated[float, typer.Option(help="Of all letters, in points.")] = 8.0,
    published: Annotated[bool, typer.Option(help="Published rows beside ours.")] = True,
) -> None:
    """Draw stored results and logs of trainings: bars and curves; print the files' names."""
    from dcgan_eval.reporting import Plots, Style, make_plots, training_plots

    style = Style.of(width, font_size)
    logs = [path for path in results if path.name.endswith("_log.csv")]
    records = [path for path in results if path not in logs]
    made = make_plots(records, published=published) if records else Plots((), ())
    made = replace(made, plots=(*made.plots, *(one for log in logs for one in training_plots(log))))
    for name, content in made.files(format or ["pdf"], style):
        write_bytes(out / name, content)
        print(out / name)
    for words in made.in_words:
        print(printable(words))
    for problem in made.problems:
        print(printable(f"dcgan-eval: left out: {problem}"), file=sys.stderr)
