"""All plots that records can fill, in the order of their experiments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from dcgan_eval.core import RecordError
from dcgan_eval.reporting.plots.bars import Bar, bar_in_words, bars_of, bars_plot
from dcgan_eval.reporting.plots.curves import rung_curve, selection_curve, steps_curve
from dcgan_eval.reporting.plots.figure import Plot, check_format
from dcgan_eval.reporting.plots.lines import curves_plot
from dcgan_eval.reporting.plots.sheets import sheet_plots
from dcgan_eval.reporting.plots.style import Style
from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.row_errors import ErrorReader, with_intervals
from dcgan_eval.reporting.results.rows import Row, grouped, in_order
from dcgan_eval.reporting.results.series import (
    Ladder,
    find_ladders,
    find_layer_rows,
    is_rung,
    samples_of,
)
from dcgan_eval.reporting.results.sources import Gathered, Sources, gather
from dcgan_eval.reporting.results.trainings import Training


@dataclass(frozen=True)
class Plots:
    """The plots of some records.

    Attributes
    ----------
    in_words
        Rows that are alone under their experiment and metric, a line each: no picture.
    problems
        Files that could not be used, and why.
    """

    plots: tuple[Plot, ...]
    in_words: tuple[str, ...]
    problems: tuple[str, ...] = field(default=(), repr=False)

    def files(
        self, formats: Sequence[str], style: Style | None = None
    ) -> Iterator[tuple[str, bytes]]:
        """Name and content of each plot's files; an unknown format is refused first."""
        for format in formats:
            check_format(format)
        for plot in self.plots:
            for format in formats:
                yield f"{plot.name}.{format}", plot.render(format, style)


def make_plots(sources: Sources | Gathered, *, published: bool = True) -> Plots:
    """Make all plots of results folders or records: bars, rungs, steps, layers, curves of C.

    Parameters
    ----------
    sources
        Results folders (with their subfolders), record files, records.
    published
        Whether published rows stand beside ours in the bars.

    Raises
    ------
    RecordError
        No such folder, or no usable record in it.

    Examples
    --------
    >>> from dcgan_eval.reporting import make_plots
    >>> from dcgan_eval.reporting.plots.style import Style
    >>> bars, *_ = make_plots("results/cifar10_3000").plots
    >>> bars.title, bars.render("pdf", Style.of("column"))[:5]
    ('accuracy: full_labels/cifar10 on cifar10', b'%PDF-')
    """
    gathered = gather(sources)
    if not gathered.records:
        raise RecordError(gathered.why_empty())
    found = Findings.of(gathered.records, published=published)
    found = replace(found, rows=tuple(with_intervals(found.rows, ErrorReader())))
    plots: list[Plot] = []
    in_words: list[str] = []
    for experiment, title in experiment_titles(found.records).items():
        within = found.within(experiment)
        plots += experiment_plots(within, title)
        in_words += _in_words(within, title)
        for group in _headlines(within):
            plots += [one for row in group if not row.published for one in sheet_plots(row)]
    return Plots(tuple(plots), tuple(in_words), gathered.problems)


def experiment_plots(findings: Findings, title: str = "") -> list[Plot]:
    """The plots of one experiment; its rows have their intervals.

    Parameters
    ----------
    title
        Of the experiment, at the end of each plot's; empty where it stands above them all.
    """

    def titled(what: str) -> str:
        return f"{what}: {title}" if title else what

    groups = _headlines(findings)
    plots = [_bars(titled(group[0].label), group) for group in groups if len(group) > 1]
    for ladder in find_ladders(findings.rows):
        plots += _rungs(titled(f"{ladder.metric} by number of samples"), ladder)
    plots += _steps(titled("Steps of training"), findings.trainings)
    headlines = [row for group in groups for row in group]
    ablations = find_layer_rows(headlines)
    for ablation in ablations:
        bars = [Bar(", ".join(row.layers), row.value, row.interval) for row in ablation.rows]
        name, axis = titled(f"Layers of {ablation.name}"), ablation.rows[0].heading
        plots.append(bars_plot(name, bars, axis, command="dcgan-eval table --view layers"))
    # Of one network's choices of layers the longest: the others would lie on top of each other.
    shorter = {row.key for ablation in ablations for row in ablation.rows[:-1]}
    whole = [row for row in headlines if row.key not in shorter]
    found = [one for row in whole if (one := selection_curve(row))]
    if found:
        _, x_name, y_name = found[0]
        curves = [curve for curve, *_ in found]
        name = titled(f"Choice of {x_name}")
        plots.append(curves_plot(name, curves, x_name, y_name, logarithmic=True))
    return plots


def _in_words(findings: Findings, title: str) -> list[str]:
    """Rows that are alone: a bar would show no more than its number."""
    alone = [group[0] for group in _headlines(findings) if len(group) == 1]
    return [
        f"{title}, {row.label}: one row, no picture: {bar_in_words(*bars_of([row]))}"
        for row in alone
    ]


def _headlines(findings: Findings) -> list[list[Row]]:
    """Rows of each headline: ours best first, then the published ones."""
    groups = grouped([row for row in findings.rows if row.headline])
    return [in_order(group) for group in groups]


def _bars(title: str, group: Sequence[Row]) -> Plot:
    """Bars of one experiment and metric."""
    subset = group[0].experiment.subset
    other = subset and f"of the whole data set (ours: {subset})"
    return bars_plot(
        title, bars_of(group), _axis(group[0]), command="dcgan-eval table", other=other
    )


def _axis(row: Row) -> str:
    """Metric and unit: ``error (%) at 1,000,000 samples``."""
    if not is_rung(row):
        return row.heading
    return f"{row.metric} ({row.unit}) at {samples_of(row):,} samples"


def _rungs(title: str, ladder: Ladder) -> list[Plot]:
    """Our rows by number of samples, where there is one of several."""
    curves = [rung_curve(line) for line in ladder.lines() if not line[0].published]
    if all(len(curve.x) < 2 for curve in curves):
        return []
    command = "dcgan-eval table --view rungs"
    axes = ("samples", ladder.heading)
    return [curves_plot(title, curves, *axes, logarithmic=True, command=command)]


def _steps(title: str, trainings: Sequence[Training]) -> list[Plot]:
    """The learning curve of one experiment, where trainings have several steps."""
    curves = [curve for one in trainings if (curve := steps_curve(one))]
    if not curves:
        return []
    command = "dcgan-eval table --view steps"
    return [curves_plot(title, curves, "step", trainings[0].heading, command=command)]
