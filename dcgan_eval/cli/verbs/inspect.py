"""``dcgan-eval inspect``: what is in a checkpoint."""

from __future__ import annotations

from typing import Annotated

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import SettingsError, located, printable


def verb(
    checkpoint: Annotated[str, typer.Argument(help="A checkpoint file.")],
    geometry: options.Geometry = None,
    contrast: Annotated[
        bool, typer.Option("--contrast", help="Say whether a discriminator sees contrast.")
    ] = False,
    checkpoint_root: options.CheckpointRoot = None,
) -> None:
    """Print format, architecture, layers, shapes, columns of each layer and hash of the weights."""
    from dcgan_eval.models import Encoder, inspect_checkpoint
    from dcgan_eval.subjects import Place, find_checkpoints

    place = Place(options.checkpoint_roots(checkpoint_root))
    for path in find_checkpoints(checkpoint, place):
        report = inspect_checkpoint(path, options.geometry_keys(geometry))
        lines = report.lines()
        if contrast:
            from dcgan_eval.features import contrast_changes

            with located(path):
                if not isinstance(report.made, Encoder):
                    raise SettingsError("--contrast is of discriminators; this is a generator")
                lines += [change.line() for change in contrast_changes(report.made)]
        for line in lines:
            print(printable(line))
