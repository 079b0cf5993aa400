"""The page: one section an experiment, then costs and provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np

from dcgan_eval.core import RecordError, printable
from dcgan_eval.records import Record, StoredRecord
from dcgan_eval.reporting.cells import CellReader, Cells
from dcgan_eval.reporting.experiment import Experiment, experiment_titles
from dcgan_eval.reporting.formats.html import grid_html
from dcgan_eval.reporting.grid import Grid
from dcgan_eval.reporting.plots import Plot, scatter_plot
from dcgan_eval.reporting.plots.of_results import experiment_plots
from dcgan_eval.reporting.report.differences import best_in_words
from dcgan_eval.reporting.report.mistakes import (
    Missed,
    always_missed,
    by_class,
    compared_rows,
    confusions,
    most_missed,
)
from dcgan_eval.reporting.report.pictures import (
    ImageFinder,
    is_samples,
    png_address,
    sample_grid,
)
from dcgan_eval.reporting.report.provenance import costs, origin
from dcgan_eval.reporting.request import Request
from dcgan_eval.reporting.rows import Row, make_rows
from dcgan_eval.reporting.sources import Gathered, Sources, gather
from dcgan_eval.reporting.views import layers, representations, rungs, steps

# Pictures of this many representations an experiment.
MOST_CONFUSED, MOST_VIEWS, MOST_SAMPLED = 3, 4, 8


@dataclass(frozen=True)
class Figure:
    """A plot on the page."""

    title: str
    svg: str
    command: str = ""


@dataclass(frozen=True)
class Samples:
    """A grid of samples on the page."""

    title: str
    address: str


@dataclass(frozen=True)
class Section:
    """What the page shows of one experiment."""

    title: str
    tables: tuple[Grid, ...]
    plots: tuple[Figure, ...]
    sentences: tuple[str, ...]
    compared: str
    by_class: Grid | None
    confusions: tuple[Grid, ...]
    missed: tuple[Missed, ...]
    always: tuple[int, int]
    views: tuple[Figure, ...]
    samples: tuple[Samples, ...]


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
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    gathered = gather(sources)
    if not gathered.records:
        first = f": {gathered.problems[0]}" if gathered.problems else ""
        raise RecordError(f"no usable record{first}; give a folder that `dcgan-eval run` made")
    reader = CellReader()
    titles = experiment_titles(Experiment.of(one.record) for one in gathered.records)
    sections = [
        _section(experiment, name, gathered.records, reader, f"e{place}", images)
        for place, (experiment, name) in enumerate(titles.items(), start=1)
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
    experiment: Experiment,
    title: str,
    records: Sequence[StoredRecord],
    reader: CellReader,
    prefix: str,
    images: ImageFinder | None,
) -> Section:
    """Everything of one experiment."""
    own = tuple(one for one in records if Experiment.of(one.record) == experiment)
    request = Request(own, reader=reader)
    class_names = own[0].record.outcome.data.class_names
    rows = request.sorted(make_rows(own))
    found = compared_rows(rows, reader)
    ladder = rungs.view(request).grids
    grids = [*ladder, *_value_grids(rows, request, has_ladder=bool(ladder))]
    grids += [*steps.view(request).grids, *layers.view(request).grids]
    plots = experiment_plots(experiment, title, request)
    sentences, compared = best_in_words(rows, reader)
    return Section(
        title=title,
        tables=tuple(grids),
        plots=tuple(_figure(plot, f"{prefix}p{i}") for i, plot in enumerate(plots)),
        sentences=sentences,
        compared=compared,
        by_class=by_class(found, class_names) if found else None,
        confusions=tuple(_confusions(found, reader, class_names)),
        missed=_missed(found, class_names, images),
        always=always_missed(found) if found else (0, 0),
        views=tuple(
            _figure(plot, f"{prefix}v{i}")
            for i, plot in enumerate(_views(found, reader, class_names))
        ),
        samples=tuple(_samples(rows)),
    )


def _value_grids(rows: Sequence[Row], request: Request, *, has_ladder: bool) -> list[Grid]:
    """A grid a metric; of those that the ladder shows, the headline alone."""
    if not has_ladder:
        return [*representations.view(replace(request, metric="all")).grids]
    every = make_rows(request.records, "all")
    others = (row for row in every if not rungs.is_rung(row))
    shown = dict.fromkeys(row.label for row in (*rows, *others))
    return [g for m in shown for g in representations.view(replace(request, metric=m)).grids]


def _figure(plot: Plot, prefix: str) -> Figure:
    return Figure(plot.title, plot.svg(prefix), plot.command)


def _confusions(
    found: Sequence[tuple[Row, Cells]], reader: CellReader, class_names: Sequence[str]
) -> list[Grid]:
    """Confusion matrices of the best representations, from their predictions."""
    n = len(class_names)
    grids = []
    for row, cells in found[:MOST_CONFUSED]:
        counts = np.zeros(n * n, dtype=np.int64)
        for stored in row.records:
            predictions = reader.predictions(stored)
            if predictions is not None:
                pairs = cells.targets.astype(np.int64) * n + predictions.values
                counts += np.bincount(pairs.ravel(), minlength=n * n)
        grids.append(confusions(counts.reshape(n, n), class_names, row.name))
    return grids


def _missed(
    found: Sequence[tuple[Row, Cells]], class_names: Sequence[str], images: ImageFinder | None
) -> tuple[Missed, ...]:
    """The images most often got wrong, with their pictures where they are at hand."""
    missed = most_missed(found, class_names) if found else []
    if images is None or not missed:
        return tuple(missed)
    record = found[0][0].records[0].record
    pixels = images(record, np.array([one.item for one in missed], dtype=np.int64))
    if pixels is None:
        return tuple(missed)
    return tuple(
        replace(one, image=png_address(image)) for one, image in zip(missed, pixels, strict=True)
    )


def _views(
    found: Sequence[tuple[Row, Cells]], reader: CellReader, class_names: Sequence[str]
) -> list[Plot]:
    """Feature space of the best representations that left a projection."""
    plots: list[Plot] = []
    for row, cells in found:
        exhibits = row.records[0].exhibits()
        points, places = exhibits.get("projection"), exhibits.get("projection_rows")
        if points is None or places is None or len(plots) == MOST_VIEWS:
            continue
        fits = points.ndim == 2 and points.shape[1] == 2 and places.shape == points.shape[:1]
        if fits and len(places) and 0 <= places.min() <= places.max() < len(cells.targets):
            name = f"Feature space of {row.records[0].record.outcome.representation.name}"
            plots.append(scatter_plot(name, points, cells.targets[places], class_names))
    return plots


def _samples(rows: Sequence[Row]) -> list[Samples]:
    """Sample grids of the best representations that left samples."""
    found: list[Samples] = []
    for row in rows[:MOST_SAMPLED]:
        shown = row.records[0].record.outcome.representation.name
        for name, array in sorted(row.records[0].exhibits().items()):
            if is_samples(array):
                caption = f"{shown}: {name.replace('_', ' ')}"
                found.append(Samples(caption, png_address(sample_grid(array))))
    return found
