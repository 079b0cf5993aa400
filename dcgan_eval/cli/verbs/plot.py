"""``dcgan-eval plot``: pictures of results folders, for papers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.core import printable, write_bytes


def verb(
    results: Annotated[list[Path], typer.Argument(help="Results folders or record files.")],
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
    """Draw stored results: bars, curves of C, of steps and of samples; print the files' names."""
    from dcgan_eval.reporting import Style, make_plots

    style = Style.of(width, font_size)
    made = make_plots(results, published=published)
    for name, content in made.files(format or ["pdf"], style):
        write_bytes(out / name, content)
        print(out / name)
    for words in made.in_words:
        print(printable(words))
    for problem in made.problems:
        print(printable(f"dcgan-eval: left out: {problem}"), file=sys.stderr)
