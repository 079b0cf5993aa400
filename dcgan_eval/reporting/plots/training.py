"""Plots of a training's log: losses, and how often D is right, by step."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from dcgan_eval.core import DataError, distrusted, located, read_regular
from dcgan_eval.reporting.plots.curves import Curve
from dcgan_eval.reporting.plots.figure import Plot
from dcgan_eval.reporting.plots.lines import curves_plot

_MOST_BYTES = 1 << 20
# Of the log's columns, by plot: what a curve is called, and what its numbers are multiplied by.
_PLOTS = {
    "loss": ("Losses of {}", 1, {"loss_D": "D", "loss_G": "G"}),
    "right (%)": (
        "How often D of {} is right",
        100,
        {"accuracy_real": "about real images", "accuracy_fake": "about fake images"},
    ),
}


def training_plots(path: Path) -> list[Plot]:
    """Two plots of the log that a training writes beside its checkpoints.

    Parameters
    ----------
    path
        ``NAME_log.csv``.

    Raises
    ------
    DataError
        No such log.
    """
    with located(path), distrusted(DataError, "give the log that a training wrote, NAME_log.csv"):
        lines = read_regular(path, _MOST_BYTES).decode().splitlines()
        rows = [dict(row) for row in csv.DictReader(lines, strict=True)]
        plots = []
        for y_name, (title, unit, columns) in _PLOTS.items():
            curves = [_curve(rows, column, label, unit) for column, label in columns.items()]
            name = title.format(path.stem.removesuffix("_log"))
            plots.append(curves_plot(name, curves, "step", y_name))
        return plots


def _curve(rows: list[dict[str, str]], column: str, label: str, unit: float) -> Curve:
    """One column by step, where it has finite values."""
    points = [(float(row["step"]), unit * float(row[column])) for row in rows if row[column]]
    points = [point for point in points if all(map(math.isfinite, point))]
    if not points:
        raise ValueError(f"no values of {column}")
    x, y = zip(*points, strict=True)
    return Curve(label, x, y)
