"""Bars with intervals: our rows, then the published ones; and the layers of one encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcgan_eval.core import printable
from dcgan_eval.records import MetricInterval
from dcgan_eval.reporting.plots.figure import Plot
from dcgan_eval.reporting.plots.style import COLOURS, PUBLISHED, Style, wrapped
from dcgan_eval.reporting.results.rows import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# More bars than this cannot be read.
MOST_BARS = 40
# Of the width of a figure: names, and what is left of it for the bars.
_NAMES, _AXES = 0.36, 0.6


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


def bars_plot(
    title: str, bars: Sequence[Bar], axis: str, *, command: str = "", other: str | None = None
) -> Plot:
    """Horizontal bars from zero, the first one on top.

    Parameters
    ----------
    bars
        Published ones come last; they have a heading of their own.
    axis
        What the values are.
    other
        Why published ones are of another experiment, for that heading; they are hatched then.
        None where they are of the same.
    """
    shown = bars[:MOST_BARS]
    left_out = len(bars) - len(shown)

    def draw(figure: Figure, style: Style) -> None:
        height = _draw(figure.add_subplot(), shown, axis, other, style)
        figure.set_figheight(height + 3.6 * style.line)

    more = f"; {left_out} more are in the table" if left_out else ""
    words = "; ".join(bar_in_words(bar) for bar in shown)
    apart = f" {_heading(other)}." if other and any(bar.published for bar in shown) else ""
    return Plot(title, f"{axis}: {words}{more}.{apart}", draw, command)


def bar_in_words(bar: Bar) -> str:
    """``pixels 36.6 (35.7 to 37.5)``."""
    digits = _decimals([bar])
    said = f"{bar.label} {bar.value:.{digits}f}"
    if bar.interval is not None:
        said += f" ({bar.interval.low:.{digits}f} to {bar.interval.high:.{digits}f})"
    return said + (" published" if bar.published else "")


def _draw(axes: Axes, bars: Sequence[Bar], axis: str, other: str | None, style: Style) -> float:
    """Draw bars; the height that they need in inches."""
    from matplotlib import rcParams

    ink = rcParams["text.color"]
    names = [wrapped(bar.label, style.letters(_NAMES)) for bar in bars]
    places: list[float] = []
    # From top to bottom, in lines of text.
    y = 0.3
    for bar, name in zip(bars, names, strict=True):
        if bar.published and not (places and bars[len(places) - 1].published):
            heading = wrapped(_heading(other), style.letters(_AXES - 0.04))
            lines = heading.count("\n") + 1
            y += 0.5
            axes.text(0, y, f" {heading}".replace("\n", "\n "), style="italic", va="top")
            y += lines + 0.2
        lines = name.count("\n") + 1
        places.append(y + lines / 2)
        y += lines + 0.65
    digits = _decimals(bars)
    for bar, place in zip(bars, places, strict=True):
        if not bar.published:
            axes.barh(place, bar.value, 1.1, color=COLOURS[0])
        elif other is None:
            axes.barh(place, bar.value, 1.1, color=PUBLISHED)
        else:
            axes.barh(place, bar.value, 1.1, color="none", edgecolor=PUBLISHED, hatch="/////")
        if bar.interval is not None:
            ends = (bar.value - bar.interval.low, bar.interval.high - bar.value)
            errors = [[max(0.0, ends[0])], [max(0.0, ends[1])]]
            axes.errorbar(bar.value, place, xerr=errors, ecolor=ink, capsize=2, lw=1, fmt="none")
        axes.annotate(
            f"{bar.value:.{digits}f}",
            (_end(bar), place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(places, names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(y, 0)
    # Room for the longest number behind the longest bar.
    room = min(0.5, (digits + 4) / style.letters(_AXES))
    axes.set_xlim(min(0.0, *(bar.value for bar in bars)), max(map(_end, bars)) / (1 - room) or 1)
    axes.set_xlabel(printable(axis))
    axes.grid(axis="x")
    return y * style.line


def _heading(other: str | None) -> str:
    """Of published bars."""
    return "Published" if other is None else f"Published, another experiment: {other}"


def _end(bar: Bar) -> float:
    """Where a bar or its interval ends."""
    return max(0.0, bar.value, bar.interval.high if bar.interval else 0.0)


def _decimals(bars: Sequence[Bar]) -> int:
    """One decimal, two where a value is below ten, four where one is below a tenth."""
    least = min((abs(bar.value) for bar in bars if bar.value), default=10.0)
    return 1 if least >= 10 else 2 if least >= 0.1 else 4
