"""``dcgan-eval convert``: any checkpoint in our own format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.cli import options


def verb(
    checkpoint: Annotated[str, typer.Argument(help="A checkpoint of any known format.")],
    out: Annotated[Path, typer.Argument(help="File to write, ending in .safetensors.")],
    name: Annotated[str | None, typer.Option(help="Name on the card.")] = None,
    source: Annotated[str | None, typer.Option(help="Where the weights come from.")] = None,
    licence: Annotated[str | None, typer.Option(help="Licence of the weights.")] = None,
    geometry: options.Geometry = None,
    half: Annotated[bool, typer.Option("--half", help="Store float16.")] = False,
    checkpoint_root: options.CheckpointRoot = None,
) -> None:
    """Write a safetensors file with a model card; nothing has to be known about it any more."""
    from dcgan_eval.models import convert_checkpoint
    from dcgan_eval.subjects import Place, find_checkpoint

    path = find_checkpoint(checkpoint, Place(options.checkpoint_roots(checkpoint_root)))
    told = {"name": name, "source": source, "licence": licence}
    card = {key: value for key, value in told.items() if value is not None}
    convert_checkpoint(path, out, card, geometry=options.geometry_keys(geometry), half=half)
    print(out)
