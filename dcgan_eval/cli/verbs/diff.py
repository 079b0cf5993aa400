"""``dcgan-eval diff``: why two results have two ids."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.core import printable


def verb(
    a: Annotated[str, typer.Argument(help="A record file, a name or an id.")],
    b: Annotated[str, typer.Argument(help="Another one.")],
    within: Annotated[
        list[Path] | None, typer.Option(help="Folder in which names and ids are looked for.")
    ] = None,
) -> None:
    """Print the identity fields in which two records differ, then what differs beside them."""
    from dcgan_eval.reporting import diff

    for line in diff(a, b, within=within or ()).lines():
        print(printable(line))
