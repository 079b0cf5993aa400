"""All plots that records can fill, in the order of their experiments."""

from __future__ import annotations

from dcgan_eval.reporting.cells import row_interval
from dcgan_eval.reporting.experiment import Experiment, experiment_titles
from dcgan_eval.reporting.plots.bars import Bar, bars_of, bars_plot
from dcgan_eval.reporting.plots.curves import (
    Curve,
    curves_plot,
    selection_curves,
    steps_curves,
)
from dcgan_eval.reporting.plots.figure import Plot
from dcgan_eval.reporting.request import Request
from dcgan_eval.reporting.rows import Row, make_rows, published_rows
from dcgan_eval.reporting.sources import Gathered, Sources, gather
from dcgan_eval.reporting.steps import find_steps
from dcgan_eval.reporting.views.layers import find_ablations, layers_of
from dcgan_eval.reporting.views.representations import grouped, heading, subset_note
from dcgan_eval.reporting.views.rungs import by_line, find_rungs, samples_of


def make_plots(sources: Sources | Gathered, *, published: bool = True) -> list[Plot]:
    """Make all plots of results folders or records: bars, steps, layers, curves of C.

    Parameters
    ----------
    sources
        Results folders (with their subfolders), record files, records.
    published
        Whether published rows stand beside ours in the bars.
    """
    request = Request(gather(sources).records, published=published)
    titles = experiment_titles(Experiment.of(one.record) for one in request.records)
    plots: list[Plot] = []
    for experiment, title in titles.items():
        plots += experiment_plots(experiment, title, request)
    return plots


def experiment_plots(experiment: Experiment, title: str, request: Request) -> list[Plot]:
    """The plots of one experiment."""
    records = [one for one in request.records if Experiment.of(one.record) == experiment]
    plots: list[Plot] = []
    rows = make_rows(records)
    for group in grouped(rows):
        plots.append(_bars(title, group, request))
    plots += _rungs(title, make_rows(records, "all"), request)
    plots += _steps(title, request, experiment)
    for ablation in find_ablations(rows):
        bars = [
            Bar(", ".join(layers_of(row)), row.value, row_interval(row, request.reader))
            for row in ablation.rows
        ]
        name = f"Layers of {ablation.name}: {title}"
        axis = heading(ablation.rows[0])
        plots.append(bars_plot(name, bars, axis, "dcgan-eval table --view layers"))
    curves, x_name, y_name = selection_curves(request.sorted(rows))
    if curves:
        name = f"Choice of {x_name}: {title}"
        plots.append(curves_plot(name, curves, x_name, y_name, logarithmic=True))
    return plots


def _bars(title: str, group: list[Row], request: Request) -> Plot:
    """Bars of one experiment and metric."""
    own = request.sorted(group)
    shown = [*own, *request.sorted(published_rows(own) if request.published else [])]
    intervals = [row_interval(row, request.reader) for row in shown]
    plot_title = f"{own[0].label}: {title}"
    subset = subset_note(shown)
    if subset and any(row.published for row in shown):
        plot_title += " (ours: not the whole published set)"
    return bars_plot(plot_title, bars_of(shown, intervals), heading(own[0]), "dcgan-eval table")


def _rungs(title: str, rows: list[Row], request: Request) -> list[Plot]:
    """A metric by number of samples, where it is told at several."""
    plots = []
    for (_, name), found in find_rungs(rows).items():
        ends = {id(line[-1]): line for line in by_line(found)}
        lines = [ends[id(end)] for end in request.sorted([line[-1] for line in ends.values()])]
        curves = [
            Curve(
                line[0].name,
                tuple(float(samples_of(row)) for row in line),
                tuple(row.value for row in line),
                None,
            )
            for line in lines
        ]
        if any(len(curve.x) > 1 for curve in curves):
            plot_title = f"{name} by number of samples: {title}"
            command = "dcgan-eval table --view rungs"
            axes = ("samples", f"{name} ({found[0].unit})")
            plots.append(curves_plot(plot_title, curves, *axes, logarithmic=True, command=command))
    return plots


def _steps(title: str, request: Request, experiment: Experiment) -> list[Plot]:
    """The learning curve of one experiment, where trainings have several steps."""
    found = [steps for steps in find_steps(request.records) if steps.experiment == experiment]
    curves = steps_curves(found)
    if not curves:
        return []
    y_name = f"{found[0].metric} (%), {found[0].scored_on}"
    name = f"Steps of training: {title}"
    return [curves_plot(name, curves, "step", y_name, command="dcgan-eval table --view steps")]
