"""`Plot`: one figure, drawn the same way each time, as SVG or PNG with equal bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from dcgan_eval.core import digest_json, printable, slug

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe & Ito's colours, told apart by most colour-blind readers, on white and on black.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c7a00", "#888888")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
PUBLISHED = "#999999"
# Stands for the colour of text; an inline SVG takes the page's.
INK = "#010203"
_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 9.0,
    "text.color": INK,
    "text.parse_math": False,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#888888",
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "savefig.transparent": True,
}
_DOTS_PER_INCH = 150


@dataclass(frozen=True)
class Plot:
    """One figure.

    Attributes
    ----------
    title
        What it shows.
    text
        The same numbers in words, for those who cannot see it.
    size
        Width and height in inches.
    draw
        Draws into axes.
    command
        What prints the numbers behind it.
    """

    title: str
    text: str
    size: tuple[float, float]
    draw: Callable[[Axes], None] = field(repr=False)
    command: str = ""

    @property
    def name(self) -> str:
        """The title as a file name; a long one is cut, with a hash that keeps it apart."""
        name = slug(self.title)
        return name if len(name) < 60 else f"{name[:53]}-{digest_json(self.title)[:6]}"

    def svg(self, prefix: str = "") -> str:
        """An ``svg`` element; `prefix` keeps its ids apart from those of others on a page.

        Lines and text have the colour of the text around it.
        """
        text = self._render("svg").decode()
        text = text[text.index("<svg") :]
        text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
        text = text.replace(INK, "currentColor")
        marked = prefix or self.name
        text = re.sub(r'\bid="', f'id="{marked}-', text)
        text = re.sub(r'href="#', f'href="#{marked}-', text)
        text = re.sub(r"url\(#", f"url(#{marked}-", text)
        label = escape(printable(f"{self.title}. {self.text}"), quote=True)
        return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)

    def svg_file(self) -> str:
        """A whole SVG file, black on white."""
        text = self._render("svg", transparent=False).decode().replace(INK, "#000000")
        return re.sub(r"<metadata>.*?</metadata>\n*", "", text, flags=re.DOTALL)

    def png(self, transparent: bool = False) -> bytes:
        """A PNG, 150 dots an inch."""
        return self._render("png", transparent=transparent)

    def _render(self, format: str, transparent: bool = True) -> bytes:
        """Draw; nothing of the time or of the process gets in."""
        import matplotlib
        from matplotlib.figure import Figure

        out = io.BytesIO()
        metadata = {"Date": None} if format == "svg" else {"Software": None}
        style: dict[Any, Any] = {
            **_STYLE,
            "svg.hashsalt": self.name,
            "savefig.transparent": transparent,
        }
        with matplotlib.rc_context(style):
            figure = Figure(figsize=self.size, layout="constrained")
            self.draw(figure.add_subplot())
            figure.savefig(out, format=format, metadata=metadata, dpi=_DOTS_PER_INCH)
        return out.getvalue()

    def _repr_html_(self) -> str:
        return self.svg()


def shortened(text: str, length: int = 44) -> str:
    """A label that leaves room for the plot, without control characters."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= length else f"{line[: length - 1]}…"
