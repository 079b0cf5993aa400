"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataRoot = Annotated[
    list[Path] | None,
    typer.Option(help="Folder in which data sets are looked for (also DCGAN_EVAL_DATA)."),
]
CheckpointRoot = Annotated[
    list[Path] | None,
    typer.Option(help="Folder in which checkpoints are looked for (also DCGAN_EVAL_CHECKPOINTS)."),
]
Cache = Annotated[Path | None, typer.Option(help="Folder of the cache (also DCGAN_EVAL_CACHE).")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a setting: key.path=value; may be given several times."),
]
AllowCode = Annotated[
    bool, typer.Option("--allow-code", help="Let 'module:' entries run the code they name.")
]
AllowDownload = Annotated[
    bool,
    typer.Option("--allow-download", help="Let libraries download weights that they offer."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
Device = Annotated[str, typer.Option(help="Torch device, such as cpu or cuda.")]


def roots(given: list[Path] | None, variable: str) -> tuple[Path, ...]:
    """Folders given on the command line, then those of the environment variable."""
    from dcgan_eval.core import named_folders

    return (*(given or ()), *named_folders(variable))


def data_roots(given: list[Path] | None) -> tuple[Path, ...]:
    """Folders of data sets."""
    return roots(given, "DCGAN_EVAL_DATA")


def checkpoint_roots(given: list[Path] | None) -> tuple[Path, ...]:
    """Folders of checkpoints."""
    return roots(given, "DCGAN_EVAL_CHECKPOINTS")


def cache_folder(given: Path | None) -> Path:
    """The folder given, or the default one."""
    from dcgan_eval.pipeline import default_cache

    return given or default_cache()
