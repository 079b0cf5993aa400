"""`Plot`: one figure, drawn the same way each time, as PDF, SVG or PNG with equal bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from dcgan_eval.core import SettingsError, did_you_mean, digest_json, printable, slug
from dcgan_eval.reporting.plots.style import Style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What is left out of each kind of file: the time, and who wrote it.
FORMATS: dict[str, dict[str, Any]] = {
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
    "svg": {"Creator": None, "Date": None, "Format": None, "Type": None},
    "png": {"Software": None},
}
# Stands for the colour of text; an inline SVG takes the page's.
_INK = "#010203"
_DOTS_PER_INCH = 160
# What no XML may hold, escaped or not.
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_format(format: str) -> None:
    """Refuse a format that no plot is drawn in."""
    if format not in FORMATS:
        raise SettingsError(f"format: {format!r} is not known; {did_you_mean(format, FORMATS)}")


@dataclass(frozen=True)
class Plot:
    """One figure.

    Attributes
    ----------
    title
        What it shows.
    text
        The same numbers in words, for those who cannot see it.
    draw
        Draws into an empty figure of the style's width, and makes it as high as it needs.
    command
        What prints the numbers behind it.
    photographs
        Whether it shows images, all of whose colours are kept.
    """

    title: str
    text: str
    draw: Callable[[Figure, Style], None] = field(repr=False)
    command: str = ""
    photographs: bool = False

    @property
    def name(self) -> str:
        """The title as a file name; a long one is cut, with a hash that keeps it apart."""
        name = slug(self.title)
        return name if len(name) < 60 else f"{name[:53]}-{digest_json(self.title)[:6]}"

    def render(self, format: str, style: Style | None = None) -> bytes:
        """A whole file, black on white.

        Parameters
        ----------
        format
            ``pdf``, ``svg`` or ``png``.
        style
            Width and size of letters; the width of a page when None.

        Raises
        ------
        SettingsError
            An unknown format.
        """
        check_format(format)
        return self._drawn(format, style or Style(), ink="#000000", transparent=False)

    def svg(self, prefix: str = "", style: Style | None = None) -> str:
        """An ``svg`` element; `prefix` keeps its ids apart from those of others on a page.

        Lines and text have the colour of the text around it.
        """
        text = self._drawn("svg", style or Style(), ink=_INK, transparent=True).decode()
        text = text[text.index("<svg") :].replace(_INK, "currentColor")
        marked = prefix or self.name
        text = re.sub(r'\bid="', f'id="{marked}-', text)
        text = re.sub(r'href="#', f'href="#{marked}-', text)
        text = re.sub(r"url\(#", f"url(#{marked}-", text)
        label = escape(printable(f"{self.title}. {self.text}"), quote=True)
        return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)

    def _drawn(self, format: str, style: Style, *, ink: str, transparent: bool) -> bytes:
        """Draw; nothing of the time, of the process or of the user's own settings gets in."""
        import matplotlib
        from matplotlib.figure import Figure

        out = io.BytesIO()
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(style.parameters(ink))
            matplotlib.rcParams["svg.hashsalt"] = self.name
            figure = Figure(figsize=(style.width, style.width), layout="constrained")
            self.draw(figure, style)
            figure.savefig(
                out,
                format=format,
                metadata=FORMATS[format],
                dpi=_DOTS_PER_INCH,
                transparent=transparent,
            )
        if format == "png" and not self.photographs:
            return _with_few_colours(out)
        return _as_xml(out.getvalue()) if format == "svg" else out.getvalue()

    def _repr_html_(self) -> str:
        return self.svg()


def _with_few_colours(png: io.BytesIO) -> bytes:
    """A third of the bytes, and no difference to the eye: lines and letters need few colours."""
    from PIL import Image

    out = io.BytesIO()
    image = Image.open(png).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    image.save(out, "PNG", optimize=True, dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH))
    return out.getvalue()


def _as_xml(svg: bytes) -> bytes:
    """An SVG without the control characters of a name."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", svg.decode()).encode()
