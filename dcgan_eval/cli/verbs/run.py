"""``dcgan-eval run``: evaluate every representation of a pipeline."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import SettingsError, printable, shown_progress


def verb(
    pipeline: Annotated[Path, typer.Argument(help="A YAML file, such as pipelines/digits.yaml.")],
    set_: options.Set = None,
    limit: Annotated[int | None, typer.Option(min=20, help="Smoke run: so many images.")] = None,
    only: Annotated[
        str | None, typer.Option(help="i/n: every n-th part (file, seed) from the i-th on.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    overwrite: Annotated[str, typer.Option(help="never, always or failed.")] = "never",
    results: Annotated[Path | None, typer.Option(help="In place of the pipeline's folder.")] = None,
    data_root: options.DataRoot = None,
    checkpoint_root: options.CheckpointRoot = None,
    cache: options.Cache = None,
    device: options.Device = "cpu",
    allow_code: options.AllowCode = False,
    allow_download: options.AllowDownload = False,
    quiet: options.Quiet = False,
) -> None:
    """Evaluate every representation of a pipeline; print and write its table, draw its plots."""
    from dcgan_eval import pipeline as room

    chosen = room.Options(
        cache=options.cache_folder(cache),
        data_roots=options.data_roots(data_root),
        checkpoint_roots=options.checkpoint_roots(checkpoint_root),
        results=results,
        limit=limit,
        only=_share(only),
        overwrite=overwrite,
        device=device,
        allow_code=allow_code,
        allow_download=allow_download,
        command=options.typed(),
    )
    settings = room.read_pipeline(pipeline, set_ or [])
    folder = results or Path(settings.results)
    progress = shown_progress(quiet)
    if dry_run:
        for line in room.dry_run_lines(room.make_plan(settings, chosen, progress), folder):
            print(printable(line))
        return
    room.run_pipeline(settings, chosen, progress)
    from dcgan_eval.reporting import table, write_summary

    written = write_summary(folder)
    print(table([folder], "md"))
    progress.say(f"written: {', '.join(str(path) for path in written)}")


def _share(text: str | None) -> tuple[int, int] | None:
    """``2/8`` as numbers."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise SettingsError(f"--only {text}: expected i/n with i from 1 to n, such as 2/8")
    return int(found[1]), int(found[2])
