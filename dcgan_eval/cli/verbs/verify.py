"""``dcgan-eval verify``: run stored results again, and say what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import printable, shown_progress


def verb(
    folders: Annotated[list[Path], typer.Argument(help="Results folders or record files.")],
    match: Annotated[
        str, typer.Option(help="Only records whose name or id matches, such as 'raw*' or 667c6a.")
    ] = "*",
    out: Annotated[
        Path | None, typer.Option(help="Folder in which the new records are kept.")
    ] = None,
    data_root: options.DataRoot = None,
    checkpoint_root: options.CheckpointRoot = None,
    cache: options.Cache = None,
    device: options.Device = "cpu",
    allow_code: options.AllowCode = False,
    allow_download: options.AllowDownload = False,
    quiet: options.Quiet = False,
) -> None:
    """Run stored records again: a line each, "same" or what differs and by how much."""
    from dcgan_eval import pipeline as room

    chosen = room.Options(
        cache=options.cache_folder(cache),
        data_roots=options.data_roots(data_root),
        checkpoint_roots=options.checkpoint_roots(checkpoint_root),
        results=out,
        device=device,
        allow_code=allow_code,
        allow_download=allow_download,
    )
    same = True
    for verified in room.verify_records(folders, chosen, match, shown_progress(quiet)):
        print(printable(verified.line()), flush=True)
        same = same and verified.same
    if not same:
        raise typer.Exit(1)
