"""Curves: steps of trainings on validation, and the score along the grid of C."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcgan_eval.reporting.plots.figure import COLOURS, MARKERS, Plot, shortened
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.results.trainings import Training

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# As many as there are colours.
MOST_CURVES = len(COLOURS)


@dataclass(frozen=True)
class Curve:
    """Points in order of x, and which x was chosen."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    chosen: float | None


def steps_curves(trainings: Sequence[Training]) -> list[Curve]:
    """One curve a training that has validation scores."""
    curves = []
    for one in trainings:
        points = [(float(step.number), step.score) for step in one.steps if step.score is not None]
        if points:
            x, y = zip(*points, strict=True)
            chosen = None if one.chosen is None else float(one.chosen.number)
            curves.append(Curve(one.name, x, y, chosen))
    return curves


def selection_curves(rows: Sequence[Row]) -> tuple[list[Curve], str, str]:
    """Curves of the first selection of each row's first record, and what x and y are."""
    curves = []
    x_name = y_name = ""
    for row in rows:
        if not row.records:
            continue
        # Of several seeds each has a curve of its own; the first one's is drawn, by its own name.
        outcome = row.records[0].record.outcome
        selection = next(iter(outcome.selection), None)
        if selection is None or len(selection.curve) < 2:
            continue
        x_name, y_name = selection.parameter, f"{selection.metric} (%), {selection.scored_on}"
        curves.append(
            Curve(
                outcome.representation.name,
                tuple(point.value for point in selection.curve),
                tuple(point.score for point in selection.curve),
                selection.chosen,
            )
        )
    return curves, x_name, y_name


def curves_plot(
    title: str,
    curves: Sequence[Curve],
    x_name: str,
    y_name: str,
    *,
    logarithmic: bool = False,
    command: str = "",
) -> Plot:
    """Lines with a marker at each point and a ring around the chosen one."""
    shown = curves[:MOST_CURVES]
    left_out = len(curves) - len(shown)

    def draw(axes: Axes) -> None:
        for curve, colour, marker in zip(shown, COLOURS, MARKERS, strict=False):
            axes.plot(
                curve.x,
                curve.y,
                color=colour,
                marker=marker,
                markersize=4,
                lw=1.4,
                label=shortened(curve.label),
            )
            if curve.chosen in curve.x:
                y = curve.y[curve.x.index(curve.chosen)]
                axes.plot(curve.chosen, y, "o", markersize=11, mfc="none", mec=colour)
        if logarithmic and all(x > 0 for curve in shown for x in curve.x):
            ticks = sorted({x for curve in shown for x in curve.x})
            axes.set_xscale("log")
            axes.set_xticks(_apart(ticks))
            axes.set_xticks([], minor=True)
            axes.xaxis.set_major_formatter(lambda x, place: _short(x))
        elif all(float(x).is_integer() for curve in shown for x in curve.x):
            axes.locator_params(axis="x", integer=True)
        axes.set_xlabel(x_name)
        axes.set_ylabel(y_name)
        axes.grid()
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))

    words = "; ".join(_in_words(curve, x_name) for curve in shown)
    more = f"; {left_out} more are not drawn" if left_out else ""
    return Plot(title, f"{y_name}: {words}{more}.", (7.0, 3.2), draw, command)


def _apart(ticks: Sequence[float]) -> list[float]:
    """Ascending values of a grid, without those too near to the one before on a logarithmic axis.

    Nine labels fit side by side.
    """
    least = (ticks[-1] / ticks[0]) ** (1 / 9)
    kept = [ticks[0]]
    for tick in ticks[1:]:
        if tick / kept[-1] >= least:
            kept.append(tick)
    return kept


def _short(x: float) -> str:
    """As in the settings, large numbers as 50k or 10M."""
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if x >= unit:
            return f"{x / unit:g}{letter}"
    return f"{x:g}"


def _in_words(curve: Curve, x_name: str) -> str:
    """``A from 61.0 at C 0.001 to 60.2 at C 0.1, chosen 0.01``."""
    ends = f"{curve.y[0]:.1f} at {x_name} {curve.x[0]:g} to {curve.y[-1]:.1f} at {curve.x[-1]:g}"
    chosen = "" if curve.chosen is None else f", chosen {curve.chosen:g}"
    return f"{curve.label} from {ends}{chosen}"
