"""``dcgan-eval sample``: a grid of a generator's images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.cli import options


def verb(
    checkpoint: Annotated[str, typer.Argument(help="A generator's checkpoint.")],
    out: Annotated[Path, typer.Option(help="PNG to write.")] = Path("samples.png"),
    rows: Annotated[int, typer.Option(min=1, max=100, help="Rows of the grid.")] = 10,
    columns: Annotated[int, typer.Option(min=1, max=100, help="Columns of the grid.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of z.")] = 0,
    scale: Annotated[int, typer.Option(min=1, max=16, help="Pixels a pixel.")] = 2,
    same_z: Annotated[
        bool, typer.Option("--same-z", help="The same z in every row: rows differ by class.")
    ] = False,
    geometry: options.Geometry = None,
    stretch: Annotated[
        bool,
        typer.Option("--stretch", help="Stretch the contrast of the whole grid, and say how far."),
    ] = False,
    checkpoint_root: options.CheckpointRoot = None,
) -> None:
    """Draw a grid of samples; a conditional generator gets a row a class."""
    from dcgan_eval.models import load_generator, write_sample_sheet
    from dcgan_eval.subjects import Place, find_checkpoint

    path = find_checkpoint(checkpoint, Place(options.checkpoint_roots(checkpoint_root)))
    generator = load_generator(path, geometry=options.geometry_keys(geometry))
    factor = write_sample_sheet(out, generator, rows, columns, seed, scale, same_z, stretch)
    print(out)
    if stretch:
        print(f"contrast stretched {factor:.2f} times about mid-grey")
