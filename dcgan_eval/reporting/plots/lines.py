"""Curves as lines with markers and bands, and a legend of what can be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dcgan_eval.core import printable
from dcgan_eval.reporting.plots.curves import Curve, curve_in_words
from dcgan_eval.reporting.plots.figure import Plot
from dcgan_eval.reporting.plots.style import COLOURS, MARKERS, Style, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# As many as there are colours.
MOST_CURVES = len(COLOURS)
# Of the width of a figure: axes beside a legend and above one; names beside axes and below them;
# the height of the axes in both.
_AXES_BESIDE, _AXES_ABOVE = 0.52, 0.84
_NAMES_BESIDE, _NAMES_BELOW = 0.35, 0.86
_HEIGHT_BESIDE, _HEIGHT_ABOVE = 0.36, 0.5
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def curves_plot(
    title: str,
    curves: Sequence[Curve],
    x_name: str,
    y_name: str,
    *,
    logarithmic: bool = False,
    command: str = "",
) -> Plot:
    """Lines with a marker at each point, their bands, and a ring around each chosen point."""
    shown = curves[:MOST_CURVES]
    left_out = len(curves) - len(shown)

    def draw(figure: Figure, style: Style) -> None:
        axes = figure.add_subplot()
        _draw(axes, shown)
        _set_ticks(axes, sorted({x for curve in shown for x in curve.x}), logarithmic, style)
        axes.set_xlabel(printable(x_name))
        height = style.letters(_HEIGHT_ABOVE if style.narrow else _HEIGHT_BESIDE)
        axes.set_ylabel(wrapped(y_name, height))
        axes.grid()
        lines = _legend(figure, axes, shown, left_out, style)
        if style.narrow:
            figure.set_figheight(0.66 * style.width + lines * 1.1 * style.line)
        else:
            figure.set_figheight(max(0.44 * style.width, (lines + 1) * 1.1 * style.line))

    words = "; ".join(curve_in_words(curve, x_name) for curve in shown)
    more = f"; {_left_out(left_out)}" if left_out else ""
    bands = dict.fromkeys(curve.band for curve in shown if curve.band)
    said = f". Bands: {', '.join(bands)}" if bands else ""
    return Plot(title, f"{y_name}: {words}{more}{said}.", draw, command)


def _draw(axes: Axes, curves: Sequence[Curve]) -> None:
    """Bands first; of curves that coincide, the first is the thickest and lies lowest."""
    for curve, colour in zip(curves, COLOURS, strict=False):
        if curve.band:
            axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.18, lw=0)
    for place, (curve, colour, marker) in enumerate(zip(curves, COLOURS, MARKERS, strict=False)):
        above = sum(_coincide(curve, other, curves) for other in curves[place + 1 :])
        axes.plot(
            curve.x,
            curve.y,
            color=colour,
            marker=marker,
            markersize=4 + 2 * above,
            lw=1.2 + 1.4 * above,
        )
        if curve.chosen in curve.x:
            y = curve.y[curve.x.index(curve.chosen)]
            size = 9 + 2 * above
            axes.plot(curve.chosen, y, "o", markersize=size, mfc="none", mec=colour)


def _coincide(a: Curve, b: Curve, curves: Sequence[Curve]) -> bool:
    """Whether one curve hides another: nowhere apart by more than a hundredth of what is drawn."""
    if a.x != b.x:
        return False
    every = [y for curve in curves for y in curve.y]
    apart = max(abs(one - other) for one, other in zip(a.y, b.y, strict=True))
    return apart <= 0.01 * (max(every) - min(every))


def _legend(
    figure: Figure, axes: Axes, curves: Sequence[Curve], left_out: int, style: Style
) -> int:
    """A legend beside the axes, or below narrow ones; how many lines it has."""
    from matplotlib import rcParams
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    ink = rcParams["text.color"]
    letters = style.letters(_NAMES_BELOW if style.narrow else _NAMES_BESIDE)
    handles: list[Any] = [
        Line2D([], [], color=colour, marker=marker, ms=4, label=wrapped(curve.label, letters))
        for curve, colour, marker in zip(curves, COLOURS, MARKERS, strict=False)
    ]
    if any(curve.chosen in curve.x for curve in curves):
        handles.append(Line2D([], [], ls="", marker="o", ms=8, mfc="none", mec=ink, label="chosen"))
    handles += [
        Patch(color=ink, alpha=0.18, lw=0, label=band)
        for band in dict.fromkeys(curve.band for curve in curves if curve.band)
    ]
    if left_out:
        handles.append(Line2D([], [], ls="", label=_left_out(left_out)))
    labels = [str(handle.get_label()) for handle in handles]
    several = style.narrow and max(map(len, labels)) < style.letters(0.34)
    figure.legend(handles=handles, loc=style.legend_place, ncols=2 if several else 1)
    lines = sum(label.count("\n") + 1 for label in labels)
    return -(-lines // 2) if several else lines


def _left_out(n: int) -> str:
    """How many curves have no place."""
    return f"{n} more {'is' if n == 1 else 'are'} not drawn"


def _set_ticks(axes: Axes, ticks: Sequence[float], logarithmic: bool, style: Style) -> None:
    """Label the values that occur, as many as have room; the others have a mark of their own."""
    logarithmic = logarithmic and ticks[0] > 0
    powers = logarithmic and ticks[0] < 0.001
    words = [_power(x) if powers else _short(x) for x in ticks]
    places = [math.log10(x) for x in ticks] if logarithmic else list(ticks)
    letters = style.letters(_AXES_ABOVE if style.narrow else _AXES_BESIDE)
    # Powers of ten before what stands between them.
    first = [logarithmic and place.is_integer() for place in places]
    labelled = _that_fit(places, words, first, letters)
    if logarithmic:
        axes.set_xscale("log")
    axes.set_xticks([ticks[i] for i in labelled], [words[i] for i in labelled])
    others = [x for i, x in enumerate(ticks) if i not in labelled]
    axes.set_xticks(others if len(others) < 30 else [], minor=True)
    axes.xaxis.set_minor_formatter(lambda x, place: "")


def _that_fit(
    places: Sequence[float], words: Sequence[str], first: Sequence[bool], letters: int
) -> list[int]:
    """Which labels fit on an axis of so many letters, with a letter between them."""
    span = places[-1] - places[0] or 1.0
    kept: list[int] = []
    for i in sorted(range(len(places)), key=lambda i: (not first[i], i)):
        if all(
            abs(places[i] - places[j]) / span * letters > 0.6 * (len(words[i]) + len(words[j])) + 1
            for j in kept
        ):
            kept.append(i)
    return sorted(kept)


def _short(x: float) -> str:
    """As in the settings, large numbers as 50k or 10M."""
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if x >= unit:
            return f"{x / unit:g}{letter}"
    return f"{x:g}"


def _power(x: float) -> str:
    """``2·10⁻⁴``."""
    digits, _, exponent = f"{x:e}".partition("e")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return power if float(digits) == 1 else f"{float(digits):g}·{power}"
