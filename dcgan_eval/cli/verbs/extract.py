"""``dcgan-eval extract``: features as .npy files, for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import shown_progress


def verb(
    pipeline: Annotated[Path, typer.Argument(help="A YAML file with data and representations.")],
    out: Annotated[Path, typer.Option(help="Folder to write; one below it a representation.")],
    set_: options.Set = None,
    limit: Annotated[int | None, typer.Option(min=20, help="So many images a set.")] = None,
    data_root: options.DataRoot = None,
    checkpoint_root: options.CheckpointRoot = None,
    cache: options.Cache = None,
    device: options.Device = "cpu",
    allow_code: options.AllowCode = False,
    allow_download: options.AllowDownload = False,
    quiet: options.Quiet = False,
) -> None:
    """Write train.npy, test.npy, their labels and columns.json for each representation."""
    from dcgan_eval import pipeline as room

    chosen = room.Options(
        cache=options.cache_folder(cache),
        data_roots=options.data_roots(data_root),
        checkpoint_roots=options.checkpoint_roots(checkpoint_root),
        limit=limit,
        device=device,
        allow_code=allow_code,
        allow_download=allow_download,
    )
    settings = room.read_pipeline(pipeline, set_ or [])
    for folder in room.export_features(settings, chosen, out, shown_progress(quiet)):
        print(folder)
