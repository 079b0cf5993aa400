"""``dcgan-eval init``: a pipeline to begin with."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.core import BUNDLED, SettingsError, shown_progress, slug, write_text


def verb(
    pipeline: Annotated[Path, typer.Argument(help="The file to write, such as my.yaml.")],
) -> None:
    """Write the demo's pipeline, with comments, to be changed; it runs as it is."""
    if pipeline.exists() or pipeline.is_symlink():
        raise SettingsError(f"{pipeline}: is there already; give another name, or remove it")
    name = slug(pipeline.stem)
    # The name, and the last part of the folder of results.
    write_text(pipeline, (BUNDLED / "demo.yaml").read_text().replace('demo"', f'{name}"'))
    file = shlex.quote(str(pipeline))
    print(pipeline)
    shown_progress().say(f"next: dcgan-eval run {file} --dry-run, then dcgan-eval run {file}")
