"""All plots that records can fill, in the order of their experiments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dcgan_eval.reporting.plots.bars import Bar, bars_of, bars_plot
from dcgan_eval.reporting.plots.curves import (
    Curve,
    curves_plot,
    selection_curves,
    steps_curves,
)
from dcgan_eval.reporting.plots.figure import Plot
from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.row_errors import ErrorReader, with_intervals
from dcgan_eval.reporting.results.rows import Row, grouped, in_order, subset_note
from dcgan_eval.reporting.results.series import Ladder, find_ladders, find_layer_rows, samples_of
from dcgan_eval.reporting.results.sources import Gathered, Sources, gather
from dcgan_eval.reporting.results.trainings import Training


def make_plots(sources: Sources | Gathered, *, published: bool = True) -> list[Plot]:
    """Make all plots of results folders or records: bars, steps, layers, curves of C.

    Parameters
    ----------
    sources
        Results folders (with their subfolders), record files, records.
    published
        Whether published rows stand beside ours in the bars.
    """
    found = Findings.of(gather(sources).records, published=published)
    found = replace(found, rows=tuple(with_intervals(found.rows, ErrorReader())))
    titles = experiment_titles(found.records)
    plots: list[Plot] = []
    for experiment, title in titles.items():
        plots += experiment_plots(found.within(experiment), title)
    return plots


def experiment_plots(findings: Findings, title: str) -> list[Plot]:
    """The plots of one experiment; its rows have their intervals."""
    headlines = [row for row in findings.rows if row.headline]
    plots = [_bars(title, group) for group in grouped(headlines)]
    for ladder in find_ladders(findings.rows):
        plots += _rungs(title, ladder)
    plots += _steps(title, findings.trainings)
    for ablation in find_layer_rows(headlines):
        bars = [Bar(", ".join(row.layers), row.value, row.interval) for row in ablation.rows]
        name = f"Layers of {ablation.name}: {title}"
        axis = ablation.rows[0].heading
        plots.append(bars_plot(name, bars, axis, "dcgan-eval table --view layers"))
    curves, x_name, y_name = selection_curves(in_order(headlines))
    if curves:
        name = f"Choice of {x_name}: {title}"
        plots.append(curves_plot(name, curves, x_name, y_name, logarithmic=True))
    return plots


def _bars(title: str, group: Sequence[Row]) -> Plot:
    """Bars of one experiment and metric."""
    shown = in_order(group)
    subset = subset_note(shown)
    apart = subset and any(row.published for row in shown)
    plot_title = f"{shown[0].label}: {title}" + (
        " (ours: not the whole published set)" if apart else ""
    )
    return bars_plot(plot_title, bars_of(shown), shown[0].heading, "dcgan-eval table")


def _rungs(title: str, ladder: Ladder) -> list[Plot]:
    """Our rows by number of samples, where there is one of several."""
    curves = [
        Curve(
            line[0].name,
            tuple(float(samples_of(row)) for row in line),
            tuple(row.value for row in line),
            None,
        )
        for line in ladder.lines()
        if not line[0].published
    ]
    if all(len(curve.x) < 2 for curve in curves):
        return []
    plot_title = f"{ladder.metric} by number of samples: {title}"
    command = "dcgan-eval table --view rungs"
    axes = ("samples", ladder.heading)
    return [curves_plot(plot_title, curves, *axes, logarithmic=True, command=command)]


def _steps(title: str, trainings: Sequence[Training]) -> list[Plot]:
    """The learning curve of one experiment, where trainings have several steps."""
    curves = steps_curves(trainings)
    if not curves:
        return []
    y_name = trainings[0].heading
    name = f"Steps of training: {title}"
    return [curves_plot(name, curves, "step", y_name, command="dcgan-eval table --view steps")]
