"""`Table` and the grids it shows: what every output format renders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

from dcgan_eval.core import Folder, located

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    text
        Plain text; each format escapes it.
    tag
        Set in italics after the text: ``published``.
    marks
        Numbers of footnotes.
    """

    text: str = ""
    bold: bool = False
    tag: str = ""
    marks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Heading:
    """What a column is called, and whether it holds numbers (set to the right)."""

    name: str
    number: bool = False


@dataclass(frozen=True)
class Grid:
    """One table to look at; the first cell of a row is its heading.

    Attributes
    ----------
    notes
        Sentences below it.
    footnotes
        Sentences that marks point to, from number 1.
    caption
        Of a paper; the title where it is empty.
    label
        What a paper refers to it by; made of the title where it is empty.
    wide
        Whether it stands across both columns of a page; as it fits where None.
    """

    title: str
    columns: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    footnotes: tuple[str, ...] = ()
    caption: str = ""
    label: str = ""
    wide: bool | None = None


@dataclass(frozen=True)
class Table:
    """Grids to look at, and the same numbers as data.

    Attributes
    ----------
    header, data
        What the CSV holds: plain values, one row a line.
    problems
        Files that could not be used, and why.
    sentences
        What is said in words, above the grids.
    """

    grids: tuple[Grid, ...]
    header: tuple[str, ...]
    data: tuple[tuple[Any, ...], ...]
    problems: tuple[str, ...] = field(default=(), repr=False)
    sentences: tuple[str, ...] = ()

    def render(self, format: str = "md") -> str:
        """Write it as ``md``, ``csv``, ``latex`` or ``html``.

        Raises
        ------
        SettingsError
            An unknown format.
        """
        return renderer(format)(self)

    def to_frame(self) -> pd.DataFrame:
        """The data as a pandas frame."""
        import pandas as pd

        return pd.DataFrame(list(self.data), columns=list(self.header))

    def __str__(self) -> str:
        return self.render("md")

    def _repr_html_(self) -> str:
        return self.render("html")


def _is_render(member: object) -> TypeGuard[Callable[[Table], str]]:
    return callable(member)


FORMATS = Folder("dcgan_eval.reporting.tables.formats", "render", "format of tables", _is_render)


def renderer(format: str) -> Callable[[Table], str]:
    """What writes a table in a format; see `Table.render`."""
    with located("--format"):
        return FORMATS.load(format)
