"""``dcgan-eval demo``: from a small network to table, comparison and report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import BUNDLED, shown_progress


def verb(
    results: Annotated[Path, typer.Option(help="Folder of the records and the page.")] = Path(
        "results/demo"
    ),
    cache: options.Cache = None,
    quiet: options.Quiet = False,
) -> None:
    """Compare a trained network, random weights and pixels on digits: table, sentences, report."""
    from dcgan_eval.pipeline import Options, read_pipeline, run_pipeline

    progress = shown_progress(quiet)
    chosen = Options(cache=options.cache_folder(cache), results=results, command="dcgan-eval demo")
    found = run_pipeline(read_pipeline(BUNDLED / "demo.yaml"), chosen, progress)
    print(found.table())
    for sentence in found.compare().sentences:
        print(f"{sentence}\n")
    print(f"Report: {found.report(results / 'report.html', title='demo')}")
    progress.say("next: dcgan-eval init my.yaml writes this pipeline, with comments, to be changed")
