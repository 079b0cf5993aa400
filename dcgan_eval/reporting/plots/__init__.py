"""Plots of results: bars with intervals, learning curves, layer ablations, curves of C."""

from dcgan_eval.reporting.plots.bars import Bar, bars_of, bars_plot
from dcgan_eval.reporting.plots.curves import Curve, curves_plot, selection_curves, steps_curves
from dcgan_eval.reporting.plots.figure import Plot
from dcgan_eval.reporting.plots.of_results import make_plots
from dcgan_eval.reporting.plots.scatter import scatter_plot

__all__ = [
    "Bar",
    "Curve",
    "Plot",
    "bars_of",
    "bars_plot",
    "curves_plot",
    "make_plots",
    "scatter_plot",
    "selection_curves",
    "steps_curves",
]
