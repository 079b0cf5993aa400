"""``dcgan-eval data``: list, prepare and check data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import printable, shown_progress

app = typer.Typer(help="List, prepare and check data sets.")


@app.command("list")
def list_() -> None:
    """List the data sets that are known by name."""
    from dcgan_eval.data import KNOWN

    for name in sorted(KNOWN):
        print(name)


@app.command()
def prepare(
    name: Annotated[str, typer.Argument(help="A data set of the list.")],
    root: Annotated[Path, typer.Option(help="Folder below which NAME/ is made.")],
    quiet: options.Quiet = False,
) -> None:
    """Download a published data set; the only command that uses the network."""
    from dcgan_eval.data.prepare import prepare as prepare_

    for line in prepare_(name, root, shown_progress(quiet)):
        print(line)


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A data set's name.")],
    data_root: options.DataRoot = None,
) -> None:
    """Read a data set whole and say what it holds."""
    from dcgan_eval.data.prepare import check as check_

    for line in check_(name, roots=options.data_roots(data_root)):
        print(printable(line))
