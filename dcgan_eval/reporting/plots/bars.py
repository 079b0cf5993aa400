"""Bars with intervals: our rows, then the published ones; and the layers of one encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcgan_eval.records import MetricInterval
from dcgan_eval.reporting.plots.figure import COLOURS, INK, PUBLISHED, Plot, shortened
from dcgan_eval.reporting.results.rows import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# More bars than this cannot be read.
MOST_BARS = 40


@dataclass(frozen=True)
class Bar:
    """One bar."""

    label: str
    value: float
    interval: MetricInterval | None = None
    published: bool = False


def bars_of(rows: Sequence[Row]) -> list[Bar]:
    """Bars of rows that are shown in this order."""
    return [Bar(row.name, row.value, row.interval, row.published) for row in rows]


def bars_plot(title: str, bars: Sequence[Bar], axis: str, command: str = "") -> Plot:
    """Horizontal bars from zero, the first one on top."""
    shown = bars[:MOST_BARS]
    left_out = len(bars) - len(shown)

    def draw(axes: Axes) -> None:
        for place, bar in enumerate(shown):
            colour = PUBLISHED if bar.published else COLOURS[0]
            axes.barh(place, bar.value, 0.7, color=colour, alpha=0.75)
            end = bar.value
            if bar.interval is not None:
                ends = (bar.value - bar.interval.low, bar.interval.high - bar.value)
                errors = [[max(0.0, ends[0])], [max(0.0, ends[1])]]
                axes.errorbar(bar.value, place, xerr=errors, ecolor=INK, capsize=3, lw=1.4)
                end = max(end, bar.interval.high)
            axes.annotate(
                f"{bar.value:.1f}",
                (end, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
            )
        labels = [
            shortened(bar.label, 34) + (" (published)" if bar.published else "") for bar in shown
        ]
        axes.set_yticks(range(len(shown)), labels)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlim(0, None)
        axes.margins(x=0.12)
        axes.set_xlabel(axis)
        axes.grid(axis="x")
        axes.set_axisbelow(True)

    more = f"; {left_out} more are in the table" if left_out else ""
    words = "; ".join(_in_words(bar) for bar in shown)
    height = 0.9 + 0.27 * len(shown)
    return Plot(title, f"{axis}: {words}{more}.", (7.0, height), draw, command)


def _in_words(bar: Bar) -> str:
    """``pixels 36.6 (35.7 to 37.5)``."""
    said = f"{bar.label} {bar.value:.1f}"
    if bar.interval is not None:
        said += f" ({bar.interval.low:.1f} to {bar.interval.high:.1f})"
    return said + (" published" if bar.published else "")
