"""The page: one section an experiment, then costs and provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

from dcgan_eval.core import RecordError, printable
from dcgan_eval.records import Record, StoredRecord
from dcgan_eval.reporting.plots.figure import Plot
from dcgan_eval.reporting.plots.make import experiment_plots
from dcgan_eval.reporting.plots.scatter import scatter_plot
from dcgan_eval.reporting.plots.sheets import is_samples, is_sheet, sample_grid, sheet_grid
from dcgan_eval.reporting.report.differences import best_in_words
from dcgan_eval.reporting.report.grids import own_grids, published_grids
from dcgan_eval.reporting.report.mistakes import (
    Wrong,
    always_missed,
    by_class,
    confusions,
    find_wrong,
    most_missed,
)
from dcgan_eval.reporting.report.pictures import (
    ImageFinder,
    png_address,
)
from dcgan_eval.reporting.report.provenance import costs, origin
from dcgan_eval.reporting.results.computed import rows_of_metric, why_none
from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.row_errors import ErrorReader, with_intervals
from dcgan_eval.reporting.results.rows import Row, in_order
from dcgan_eval.reporting.results.sources import Gathered, Sources, gather
from dcgan_eval.reporting.tables.formats.html import grid_html

# Pictures of this many representations an experiment.
MOST_VIEWS, MOST_SAMPLED = 4, 8


def make_report(
    sources: Sources | Gathered,
    *,
    title: str | None = None,
    images: ImageFinder | None = None,
    metrics: Sequence[str] = (),
) -> str:
    """One self-contained HTML page: no scripts, nothing from the network.

    Parameters
    ----------
    sources
        Results folders (with their subfolders), record files, records.
    title
        Of the page; the folders' names when None.
    images
        Finds test images for the list of those most often got wrong; they are left out when
        None.
    metrics
        Metrics that get tables beside those of the records, computed from predictions; names as
        `dcgan_eval.table` takes them.

    Raises
    ------
    RecordError
        No such folder, no usable record in it, or none that has a metric.

    Examples
    --------
    >>> from dcgan_eval import make_report
    >>> page = make_report("results/cifar10_3000", title="CIFAR-10")
    >>> page.startswith("<!DOCTYPE html>"), "CIFAR-10" in page
    (True, True)
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    gathered = gather(sources)
    if not gathered.records:
        first = f": {gathered.problems[0]}" if gathered.problems else ""
        raise RecordError(f"no usable record{first}; give a folder that `dcgan-eval run` made")
    reader = ErrorReader()
    found = Findings.of(gathered.records)
    found = replace(found, rows=tuple(with_intervals(found.rows, reader)))
    others = {one: rows_of_metric(found.rows, one, reader) for one in metrics}
    for name, (rows, left_out) in others.items():
        if not rows:
            raise RecordError(why_none(name, found.rows, left_out))
    sections = [
        _section(found.within(experiment), name, reader, images, metrics)
        for experiment, name in experiment_titles(found.records).items()
    ]
    folders = _named(sources)
    environment = Environment(
        loader=PackageLoader("dcgan_eval.reporting", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        # Markup (escaped already) stays as it is; text from records is made printable.
        finalize=lambda value: printable(value) if type(value) is str else value,
        keep_trailing_newline=True,
    )
    environment.globals["grid_html"] = lambda grid: Markup(grid_html(grid))
    css = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    return environment.get_template("template.html").render(
        title=printable(title or f"Results of {folders or 'records'}"),
        css=css,
        folders=folders,
        n_records=len(gathered.records),
        experiments=sections,
        costs=costs(gathered.records),
        origins=[origin(one) for one in gathered.records],
        problems=(*gathered.problems, *(one for _, said in others.values() for one in said)),
    )


def _named(sources: Sources | Gathered) -> str:
    """Folders as they are typed; of an absolute path the last part."""
    if isinstance(sources, Gathered | Record | StoredRecord):
        return ""
    given = [sources] if isinstance(sources, str | PathLike) else list(sources)
    paths = [Path(one) for one in given if isinstance(one, str | PathLike)]
    return " ".join(path.name if path.is_absolute() else path.as_posix() for path in paths)


def _section(
    findings: Findings,
    title: str,
    reader: ErrorReader,
    images: ImageFinder | None,
    metrics: Sequence[str],
) -> dict[str, object]:
    """Everything that the template shows of one experiment; its rows have their intervals."""
    ((first, *_),) = findings.records.values()
    class_names = first.record.outcome.data.class_names
    rows = in_order([row for row in findings.rows if row.headline and not row.published])
    sentences, compared = best_in_words(rows, reader)
    section: dict[str, object] = {
        "title": title,
        "tables": own_grids(findings, reader, metrics),
        "published": published_grids(findings, reader),
        "plots": experiment_plots(findings),
        "sentences": sentences,
        "compared": compared,
        "samples": _samples(rows),
    }
    wrong = find_wrong(rows, reader)
    if wrong is None:
        return {**section, "by_class": None, "missed": [], "views": []}
    return {
        **section,
        "by_class": by_class(wrong, class_names),
        "confusions": confusions(wrong, reader, class_names),
        "missed": most_missed(wrong, reader, class_names, images),
        "always": always_missed(wrong),
        "views": _views(wrong, class_names),
    }


def _views(wrong: Wrong, class_names: Sequence[str]) -> list[Plot]:
    """Feature space of the best representations that left a projection; each network's once."""
    plots: list[Plot] = []
    seen: set[str] = set()
    for row in wrong.rows:
        record = row.records[0].record
        shown = record.outcome.representation
        network = shown.weights or record.id
        if network in seen:
            continue
        exhibits = row.records[0].exhibits()
        points, places = exhibits.get("projection"), exhibits.get("projection_rows")
        if points is None or places is None or len(plots) == MOST_VIEWS:
            continue
        fits = points.ndim == 2 and points.shape[1] == 2 and places.shape == points.shape[:1]
        fits = fits and points.dtype.kind == "f" and places.dtype.kind in "iu"
        if fits and len(places) and 0 <= places.min() <= places.max() < len(wrong.targets):
            name = f"Feature space of {shown.name}"
            plots.append(scatter_plot(name, points, wrong.targets[places], class_names))
            seen.add(network)
    return plots


def _samples(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Captions and grids of samples of the best representations that left some."""
    found = []
    for row in rows[:MOST_SAMPLED]:
        shown = row.records[0].record.outcome.representation.name
        for name, array in sorted(row.records[0].exhibits().items()):
            if is_samples(array) or is_sheet(array):
                grid = sheet_grid(array) if is_sheet(array) else sample_grid(array)
                found.append((f"{shown}: {name.replace('_', ' ')}", png_address(grid)))
    return found
