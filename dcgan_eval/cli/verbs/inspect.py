"""``dcgan-eval inspect``: what is in a checkpoint."""

from __future__ import annotations

from typing import Annotated

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import SettingsError, located, parse_yaml, printable


def verb(
    checkpoint: Annotated[str, typer.Argument(help="A checkpoint file.")],
    geometry: Annotated[
        str | None,
        typer.Option(help="What a state dict does not say: '{input: [28, 28], strides: [2, 2]}'."),
    ] = None,
    checkpoint_root: options.CheckpointRoot = None,
) -> None:
    """Print format, architecture, layers, shapes, columns of each layer and hash of the weights."""
    from dcgan_eval.models import inspect_checkpoint
    from dcgan_eval.subjects import Place, find_checkpoints

    place = Place(options.checkpoint_roots(checkpoint_root))
    for path in find_checkpoints(checkpoint, place):
        for line in inspect_checkpoint(path, geometry_option(geometry)).lines():
            print(printable(line))


def geometry_option(text: str | None) -> dict[str, object] | None:
    """``--geometry`` as keys and values."""
    if text is None:
        return None
    with located("--geometry"):
        values = parse_yaml(text)
    if not isinstance(values, dict):
        raise SettingsError(f"--geometry {text}: expected keys and values in braces")
    return values
