"""``dcgan-eval study``: a study of a trained pair, its record, table and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import SettingsError, override, shown_progress, write_bytes

if TYPE_CHECKING:
    from dcgan_eval.pipeline import Options, Pipeline


def verb(
    kind: Annotated[str, typer.Argument(help="A study, such as walk.")],
    generator: Annotated[
        str | None, typer.Option(help="A generator's checkpoint, where the study is of one.")
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="An encoder's checkpoint: with a generator it measures the samples (pixels do when"
            " not given), alone it is what is studied."
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="The data set that they were trained on, or that is studied.")
    ] = None,
    set_: options.Set = None,
    overwrite: Annotated[str, typer.Option(help="never, always or failed.")] = "never",
    results: Annotated[
        Path | None, typer.Option(help="Folder of the record; results/studies/KIND when not given.")
    ] = None,
    write_samples: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000,
            help="Only write so many numbered samples (PNG), to draw boxes in or to choose from.",
        ),
    ] = None,
    data_root: options.DataRoot = None,
    checkpoint_root: options.CheckpointRoot = None,
    cache: options.Cache = None,
    device: options.Device = "cpu",
    quiet: options.Quiet = False,
) -> None:
    """Study a trained pair, one of it, or data; print a table, write pictures (PDF, PNG) beside."""
    from dcgan_eval import pipeline as room
    from dcgan_eval.protocols import PROTOCOLS
    from dcgan_eval.samples import RealSource

    folder = results or Path("results", "studies", kind)
    values: dict[str, Any] = {"name": kind, "protocol": {"kind": kind}, "results": str(folder)}
    if data is not None:
        values["data"] = {"name": data}
    measuring = None if encoder is None else {"kind": "checkpoint", "path": encoder}
    if generator is not None:
        beside = {} if measuring is None else {"encoder": measuring}
        values["generators"] = [{"kind": "generator", "path": generator, **beside}]
    elif measuring is not None:
        values["representations"] = [measuring]
    elif PROTOCOLS.load(kind).takes is RealSource:
        values["generators"] = [{"kind": "real"}]
    values = override(values, set_ or [])
    if not {"generators", "representations"} & values.keys():
        raise SettingsError("what is to be studied? give --generator, --encoder or both")
    if "data" not in values:
        raise SettingsError("give --data, such as --data mnist")
    settings = room.pipeline_from(values)
    chosen = room.Options(
        cache=options.cache_folder(cache),
        data_roots=options.data_roots(data_root),
        checkpoint_roots=options.checkpoint_roots(checkpoint_root),
        results=folder,
        overwrite=overwrite,
        device=device,
        command=options.typed(),
    )
    if write_samples is not None:
        files = _write_samples(settings, chosen, write_samples, folder / "samples")
        print(f"{len(files) - 1} samples, and {files[-1]}: what to do with them")
        return
    progress = shown_progress(quiet)
    found = room.run_pipeline(settings, chosen, progress)
    from dcgan_eval.reporting import make_plots, write_summary

    written = write_summary(folder)
    for name, content in make_plots([folder]).files(["pdf"]):
        write_bytes(folder / name, content)
        written.append(folder / name)
    print(found.table(metric="all"))
    progress.say(f"written: {', '.join(str(path) for path in written)}")


def _write_samples(settings: Pipeline, chosen: Options, count: int, folder: Path) -> list[Path]:
    """Samples of the pipeline's generator by number, as its study draws them."""
    from dcgan_eval.samples import GeneratorSource
    from dcgan_eval.studies import NumberedStudy

    study, row = settings.protocol, settings.representations[0]
    source = row.make(0, chosen.place(settings.beside))[0]
    if not (isinstance(study, NumberedStudy) and isinstance(source, GeneratorSource)):
        raise SettingsError(
            f"--write-samples: {study.kind} of kind: {row.kind} looks at no numbered samples; "
            "remove it"
        )
    return study.write_samples(source, count, folder)
