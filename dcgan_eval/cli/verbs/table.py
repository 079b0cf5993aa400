"""``dcgan-eval table``: the table of results folders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.core import SettingsError, printable


def verb(
    folders: Annotated[list[Path], typer.Argument(help="Results folders or record files.")],
    format: Annotated[str, typer.Option(help="md, csv, latex or html.")] = "md",
    view: Annotated[
        str, typer.Option(help="representations, pivot, layers, steps or rungs.")
    ] = "representations",
    metric: Annotated[str | None, typer.Option(help="A metric's name, or all.")] = None,
    sort: Annotated[str, typer.Option(help="value, name, columns, seconds or given.")] = "value",
    where: Annotated[
        list[str] | None, typer.Option(help="Only rows that match: representation=DCGAN*.")
    ] = None,
    bold: Annotated[str, typer.Option(help="tests, max or none.")] = "tests",
    published: Annotated[bool, typer.Option(help="Published rows beside ours.")] = True,
) -> None:
    """Print a table of stored results; needs neither checkpoints nor cache."""
    from dcgan_eval.reporting import make_table

    chosen = dict(_pair(one) for one in where or [])
    made = make_table(
        folders, view=view, metric=metric, sort=sort, where=chosen, bold=bold, published=published
    )
    print(made.render(format), end="")
    for problem in made.problems:
        print(printable(f"dcgan-eval: left out: {problem}"), file=sys.stderr)


def _pair(text: str) -> tuple[str, str]:
    """``field=pattern``."""
    key, equals, pattern = text.partition("=")
    if not equals:
        raise SettingsError(f"--where {text}: expected field=pattern, such as kind=checkpoint")
    return key, pattern
