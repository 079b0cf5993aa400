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
from dcgan_eval.reporting.report.differences import best_in_words
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
    is_samples,
    png_address,
    sample_grid,
)
from dcgan_eval.reporting.report.provenance import costs, origin
from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.row_errors import ErrorReader, with_intervals
from dcgan_eval.reporting.results.rows import Row, in_order
from dcgan_eval.reporting.results.series import is_rung
from dcgan_eval.reporting.results.sources import Gathered, Sources, gather
from dcgan_eval.reporting.tables.formats.html import grid_html
from dcgan_eval.reporting.tables.grid import Grid
from dcgan_eval.reporting.tables.request import Request
from dcgan_eval.reporting.tables.views import layers, representations, rungs, steps

# Pictures of this many representations an experiment.
MOST_VIEWS, MOST_SAMPLED = 4, 8


def make_report(
    sources: Sources | Gathered, *, title: str | None = None, images: ImageFinder | None = None
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

    Raises
    ------
    RecordError
        No such folder, or no usable record in it.

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
    sections = [
        _section(found.within(experiment), name, reader, images)
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
        problems=gathered.problems,
    )


def _named(sources: Sources | Gathered) -> str:
    """Folders as they are typed; of an absolute path the last part."""
    if isinstance(sources, Gathered | Record | StoredRecord):
        return ""
    given = [sources] if isinstance(sources, str | PathLike) else list(sources)
    paths = [Path(one) for one in given if isinstance(one, str | PathLike)]
    return " ".join(path.name if path.is_absolute() else path.as_posix() for path in paths)


def _section(
    findings: Findings, title: str, reader: ErrorReader, images: ImageFinder | None
) -> dict[str, object]:
    """Everything that the template shows of one experiment; its rows have their intervals."""
    ((first, *_),) = findings.records.values()
    class_names = first.record.outcome.data.class_names
    rows = in_order([row for row in findings.rows if row.headline and not row.published])
    sentences, compared = best_in_words(rows, reader)
    section: dict[str, object] = {
        "title": title,
        "tables": _grids(findings, rows, reader),
        "plots": experiment_plots(findings, title),
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
        "missed": most_missed(wrong, class_names, images),
        "always": always_missed(wrong),
        "views": _views(wrong, class_names),
    }


def _grids(findings: Findings, headlines: Sequence[Row], reader: ErrorReader) -> list[Grid]:
    """Ladders, a grid a metric (of those in a ladder the headline alone), steps, layers."""
    request = Request(findings, reader=reader)
    ladders = rungs.view(request).grids
    if ladders:
        others = (row for row in findings.rows if not is_rung(row))
        metrics = dict.fromkeys(row.label for row in (*headlines, *others))
    else:
        metrics = dict.fromkeys(["all"])
    values = [representations.view(replace(request, metric=metric)) for metric in metrics]
    tables = (*values, steps.view(request), layers.view(request))
    return [*ladders, *(grid for table in tables for grid in table.grids)]


def _views(wrong: Wrong, class_names: Sequence[str]) -> list[Plot]:
    """Feature space of the best representations that left a projection."""
    plots: list[Plot] = []
    for row in wrong.rows:
        exhibits = row.records[0].exhibits()
        points, places = exhibits.get("projection"), exhibits.get("projection_rows")
        if points is None or places is None or len(plots) == MOST_VIEWS:
            continue
        fits = points.ndim == 2 and points.shape[1] == 2 and places.shape == points.shape[:1]
        if fits and len(places) and 0 <= places.min() <= places.max() < len(wrong.targets):
            name = f"Feature space of {row.records[0].record.outcome.representation.name}"
            plots.append(scatter_plot(name, points, wrong.targets[places], class_names))
    return plots


def _samples(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Captions and grids of samples of the best representations that left some."""
    found = []
    for row in rows[:MOST_SAMPLED]:
        shown = row.records[0].record.outcome.representation.name
        for name, array in sorted(row.records[0].exhibits().items()):
            if is_samples(array):
                picture = png_address(sample_grid(array))
                found.append((f"{shown}: {name.replace('_', ' ')}", picture))
    return found
