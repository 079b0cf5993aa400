"""``dcgan-eval study``: a study of a trained pair, its record, table and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import override, shown_progress, write_bytes


def verb(
    kind: Annotated[str, typer.Argument(help="A study, such as walk.")],
    generator: Annotated[str, typer.Option(help="A generator's checkpoint.")],
    data: Annotated[str, typer.Option(help="The data set that it was trained on.")],
    encoder: Annotated[
        str | None,
        typer.Option(help="Checkpoint in whose features is measured; pixels when not given."),
    ] = None,
    set_: options.Set = None,
    overwrite: Annotated[str, typer.Option(help="never, always or failed.")] = "never",
    results: Annotated[
        Path | None, typer.Option(help="Folder of the record; results/studies/KIND when not given.")
    ] = None,
    data_root: options.DataRoot = None,
    checkpoint_root: options.CheckpointRoot = None,
    cache: options.Cache = None,
    device: options.Device = "cpu",
    quiet: options.Quiet = False,
) -> None:
    """Study a trained pair; print its table, and write it with pictures (PDF, PNG) beside."""
    from dcgan_eval import pipeline as room

    folder = results or Path("results", "studies", kind)
    pair: dict[str, Any] = {"kind": "generator", "path": generator}
    if encoder is not None:
        pair["encoder"] = {"kind": "checkpoint", "path": encoder}
    values = {
        "name": kind,
        "data": {"name": data},
        "generators": [pair],
        "protocol": {"kind": kind},
        "results": str(folder),
    }
    settings = room.pipeline_from(override(values, set_ or []))
    chosen = room.Options(
        cache=options.cache_folder(cache),
        data_roots=options.data_roots(data_root),
        checkpoint_roots=options.checkpoint_roots(checkpoint_root),
        results=folder,
        overwrite=overwrite,
        device=device,
        command=options.typed(),
    )
    progress = shown_progress(quiet)
    found = room.run_pipeline(settings, chosen, progress)
    from dcgan_eval.reporting import make_plots, write_summary

    written = write_summary(folder)
    for name, content in make_plots([folder]).files(["pdf"]):
        write_bytes(folder / name, content)
        written.append(folder / name)
    print(found.table(metric="all"))
    progress.say(f"written: {', '.join(str(path) for path in written)}")
