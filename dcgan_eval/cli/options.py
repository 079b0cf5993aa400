"""Options that several verbs share."""

from __future__ import annotations

import shlex
import sys
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
Geometry = Annotated[
    str | None,
    typer.Option(help="What a state dict does not say: '{input: [28, 28], strides: [2, 2]}'."),
]


def geometry_keys(text: str | None) -> dict[str, object] | None:
    """``--geometry`` as keys and values."""
    from dcgan_eval.core import SettingsError, located, parse_yaml

    if text is None:
        return None
    with located("--geometry"):
        values = parse_yaml(text)
    if not isinstance(values, dict):
        raise SettingsError(f"--geometry {text}: expected keys and values in braces")
    return values


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


def typed() -> str:
    """What was typed, as a record keeps it: without progress and folders of this machine."""
    kept: list[str] = []
    private = ("--data-root", "--checkpoint-root", "--cache", "--results")
    skip = False
    for argument in sys.argv[1:]:
        if skip:
            skip = False
        elif argument in private:
            skip = True
        elif not argument.startswith(("--quiet", *(f"{name}=" for name in private))):
            kept.append(argument)
    # Records are Unicode; a path need not be.
    return shlex.join(["dcgan-eval", *kept]).encode(errors="backslashreplace").decode()
