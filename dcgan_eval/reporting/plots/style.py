"""`Style`: how wide plots are and how large their letters; colours, markers, names on lines."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any, Literal

from dcgan_eval.core import SettingsError, did_you_mean, digest_json

# Petroff's ten, arXiv:2107.02270: told apart by colour-blind readers, too, and on white and black.
COLOURS = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
# As many, so that no reader needs the colours.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h", "*", "<")
PUBLISHED = "#8c8c8c"
# Of a column of a two-column article and of both, in inches: no wider than those of LaTeX's
# `article`, ICML and CVPR (3.19, 3.25, 3.25; 6.5, 6.75, 6.88).
WIDTHS = {"column": 3.15, "text": 6.5}
# Longer names are cut.
LONGEST_NAME = 120
_POINTS = 72.0
# Of a letter, in ems: the mean over a text of Matplotlib's own font.
_LETTER = 0.56


@dataclass(frozen=True)
class Style:
    """How plots look.

    Attributes
    ----------
    width
        In inches.
    font_size
        Of all letters, in points.

    Examples
    --------
    >>> from dcgan_eval.reporting.plots.style import Style
    >>> Style.of("column").width, Style.of("5.5", font_size=7).width
    (3.15, 5.5)
    """

    width: float = WIDTHS["text"]
    font_size: float = 8.0

    def __post_init__(self) -> None:
        if not 2 <= self.width <= 20:
            raise SettingsError(f"width: {self.width:g} in; expected 2 to 20")
        if not 4 <= self.font_size <= 24:
            raise SettingsError(f"font size: {self.font_size:g} points; expected 4 to 24")

    @classmethod
    def of(cls, width: str, font_size: float = 8.0) -> Style:
        """Make a style of a width as it is typed: ``column``, ``text``, or inches.

        Raises
        ------
        SettingsError
            An unknown width; one, or a font size, that nothing can be drawn with.
        """
        try:
            inches = WIDTHS[width] if width in WIDTHS else float(width)
        except ValueError:
            hint = did_you_mean(width, list(WIDTHS))
            raise SettingsError(f"width: {width!r} is no number of inches; {hint}") from None
        return cls(inches, font_size)

    @property
    def narrow(self) -> bool:
        """Whether a legend has no room beside the axes."""
        return self.width < 4.5

    @property
    def line(self) -> float:
        """Height of a line of text in inches."""
        return 1.25 * self.font_size / _POINTS

    def letters(self, share: float) -> int:
        """How many letters fit into a share of the width."""
        return max(8, int(share * self.width * _POINTS / (_LETTER * self.font_size)))

    @property
    def legend_place(self) -> Literal["outside lower center", "outside right upper"]:
        """Below narrow axes, else beside them."""
        return "outside lower center" if self.narrow else "outside right upper"

    def parameters(self, ink: str) -> dict[Any, Any]:
        """What Matplotlib is told; lines and letters have the colour `ink`."""
        return {
            "font.family": "DejaVu Sans",
            "font.size": self.font_size,
            "axes.labelsize": self.font_size,
            "xtick.labelsize": self.font_size,
            "ytick.labelsize": self.font_size,
            "legend.fontsize": self.font_size,
            "text.color": ink,
            "text.parse_math": False,
            "axes.labelcolor": ink,
            "axes.edgecolor": ink,
            "axes.linewidth": 0.7,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "xtick.color": ink,
            "ytick.color": ink,
            "grid.color": "#888888",
            "grid.alpha": 0.3,
            "grid.linewidth": 0.6,
            "hatch.linewidth": 0.6,
            "legend.frameon": False,
            "legend.borderaxespad": 0.2,
            "legend.handlelength": 1.8,
            "legend.labelspacing": 0.35,
            "svg.fonttype": "none",
            "pdf.fonttype": 42,
        }


def wrapped(name: str, letters: int) -> str:
    """A whole name on lines of so many letters; of a very long one the middle is left out.

    A hash then keeps it apart from others with the same ends.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if len(line) > LONGEST_NAME:
        line = f"{line[:70]}…{digest_json(name)[:6]}…{line[-40:]}"
    return "\n".join(textwrap.wrap(line, letters, break_on_hyphens=False)) or "unnamed"
