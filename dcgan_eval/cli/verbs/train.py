"""``dcgan-eval train``: train a pair by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import shown_progress


def verb(
    recipe: Annotated[Path, typer.Argument(help="A YAML file, such as recipes/digits.yaml.")],
    set_: options.Set = None,
    data_root: options.DataRoot = None,
    cache: options.Cache = None,
    device: options.Device = "cpu",
    quiet: options.Quiet = False,
) -> None:
    """Train a pair, or go on where an interrupted run was; print the last checkpoints."""
    from dcgan_eval.data import load_images
    from dcgan_eval.training import read_recipe, train

    settings = read_recipe(recipe, set_ or [])
    progress = shown_progress(quiet)
    images = load_images(
        settings.data,
        "train",
        roots=options.data_roots(data_root),
        cache=options.cache_folder(cache),
        progress=progress,
    )
    for path in train(settings, images, device=device, progress=progress):
        print(path)
