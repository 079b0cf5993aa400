"""``dcgan-eval report``: one HTML page of results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import write_bytes, write_text


def verb(
    results: Annotated[list[Path], typer.Argument(help="Results folders, or record files.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
    title: Annotated[str | None, typer.Option(help="Title of the page.")] = None,
    plots: Annotated[
        Path | None, typer.Option(help="Folder for every plot as a file of its own (SVG and PNG).")
    ] = None,
    data_root: options.DataRoot = None,
    cache: options.Cache = None,
) -> None:
    """Write one self-contained HTML page: tables, plots, mistakes, costs, provenance."""
    from dcgan_eval.pipeline import image_finder
    from dcgan_eval.reporting import make_plots, make_report

    images = image_finder(options.data_roots(data_root), options.cache_folder(cache))
    page = make_report(results, title=title, images=images)
    write_text(out, page)
    print(out)
    if plots is not None:
        for plot in make_plots(results):
            write_text(plots / f"{plot.name}.svg", plot.svg_file())
            write_bytes(plots / f"{plot.name}.png", plot.png())
        print(plots)
