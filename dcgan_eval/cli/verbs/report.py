"""``dcgan-eval report``: one HTML page of results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dcgan_eval.cli import options
from dcgan_eval.core import DataError, build, located, write_bytes, write_text

if TYPE_CHECKING:
    from dcgan_eval.reporting import ImageFinder


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
    from dcgan_eval.reporting import make_plots, make_report

    page = make_report(results, title=title, images=_finder(options.data_roots(data_root), cache))
    write_text(out, page)
    print(out)
    if plots is not None:
        for plot in make_plots(results):
            write_text(plots / f"{plot.name}.svg", plot.svg_file())
            write_bytes(plots / f"{plot.name}.png", plot.png())
        print(plots)


def _finder(roots: tuple[Path, ...], cache: Path | None) -> ImageFinder:
    """Test images by fingerprint: those of the data set that the record's pipeline named."""

    def find(record: Any, rows: Any) -> Any:
        from dcgan_eval.data import DataSettings, load_images

        said = record.run.settings.get("data", record.outcome.data.name)
        values = said if isinstance(said, dict) else {"name": said}
        try:
            with located("record"):
                settings = build(DataSettings, values, at="data")
            images = load_images(settings, "test", roots=roots, cache=options.cache_folder(cache))
        except DataError:
            return None
        if images.fingerprint != record.outcome.data.test.fingerprint:
            return None
        return images.take(rows).images(0, len(rows))

    return find
