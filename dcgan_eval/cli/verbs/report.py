"""``dcgan-eval report``: one HTML page of results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import write_text


def verb(
    results: Annotated[list[Path], typer.Argument(help="Results folders, or record files.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
    title: Annotated[str | None, typer.Option(help="Title of the page.")] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="Tables of this metric too, such as macro_f1; may be repeated."),
    ] = None,
    data_root: options.DataRoot = None,
    cache: options.Cache = None,
) -> None:
    """Write one self-contained HTML page: tables, plots, mistakes, costs, provenance."""
    from dcgan_eval.pipeline import image_finder
    from dcgan_eval.reporting import make_report

    images = image_finder(options.data_roots(data_root), options.cache_folder(cache))
    page = make_report(results, title=title, images=images, metrics=metric or ())
    write_text(out, page)
    print(out)
