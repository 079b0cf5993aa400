"""`Column`: declared once, it gives the printed grid and the data of CSV, JSON and frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from dcgan_eval.reporting.tables.grid import Cell, Grid, Heading
from dcgan_eval.reporting.tables.numbers import carried

T = TypeVar("T")


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column of a table whose lines are things of one type: rows, or pairs of rows.

    Attributes
    ----------
    name
        What data calls it.
    value
        What a thing has there; None where it has nothing.
    text
        A value as a grid prints it.
    heading
        What a grid calls it; `name` when None.
    number
        Whether a grid sets it to the right.
    fields
        Parts of the value by the names under which data holds them; the value itself when None.
    absent
        What a grid prints where there is no value.
    tag, bold, footnotes
        Of a thing's printed cell: see `Cell`.

    Examples
    --------
    >>> width = Column("columns", len, "{:,}".format, number=True)
    >>> grid = make_grid("Widths", [width], [range(2048)])
    >>> grid.rows[0][0].text, as_dict([width], range(2048))
    ('2,048', {'columns': 2048})
    """

    name: str
    value: Callable[[T], Any]
    text: Callable[[Any], str] = str
    heading: str | None = None
    number: bool = False
    fields: Mapping[str, Callable[[Any], Any]] | None = None
    absent: Callable[[T], str] = lambda one: ""
    tag: Callable[[T], str] = lambda one: ""
    bold: Callable[[T], bool] = lambda one: False
    footnotes: Callable[[T], Sequence[str]] = lambda one: ()

    def cell(self, one: T, footnotes: list[str]) -> Cell:
        """What a grid prints; footnotes that it has not yet are added to those it has."""
        value = self.value(one)
        marks = []
        for note in self.footnotes(one):
            if note not in footnotes:
                footnotes.append(note)
            marks.append(footnotes.index(note) + 1)
        text = self.absent(one) if value is None else self.text(value)
        return Cell(text, self.bold(one), self.tag(one), tuple(marks))

    @property
    def names(self) -> tuple[str, ...]:
        """Names in data."""
        return (self.name,) if self.fields is None else tuple(self.fields)

    def data(self, one: T) -> tuple[Any, ...]:
        """Values in data, in the order of `names`; numbers as `carried`."""
        value = self.value(one)
        if self.fields is None:
            return (carried(value),)
        return tuple(None if value is None else carried(get(value)) for get in self.fields.values())


def pick(
    columns: Iterable[Column[T]], names: Iterable[str], **changes: Mapping[str, Any]
) -> list[Column[T]]:
    """Columns by their names, in the order of the names, some of them changed.

    Parameters
    ----------
    changes
        By the name of a column: what is another than declared, such as its ``heading``.
    """
    known = {one.name: one for one in columns}
    return [replace(known[name], **changes.get(name, {})) for name in names]


def make_grid(
    title: str,
    columns: Sequence[Column[T]],
    things: Iterable[T],
    notes: Sequence[str] = (),
    footnotes: Iterable[str] = (),
) -> Grid:
    """Print one line a thing; footnotes are numbered from left to right, after those given."""
    said = list(dict.fromkeys(footnotes))
    lines = tuple(tuple(column.cell(one, said) for column in columns) for one in things)
    headings = (
        Heading(one.name if one.heading is None else one.heading, one.number) for one in columns
    )
    return Grid(title, tuple(headings), lines, tuple(notes), tuple(said))


def make_data(
    columns: Sequence[Column[T]], things: Iterable[T]
) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    """Header and lines of data."""
    header = tuple(name for column in columns for name in column.names)
    return header, tuple(
        tuple(value for column in columns for value in column.data(one)) for one in things
    )


def as_dict(columns: Sequence[Column[T]], one: T) -> dict[str, Any]:
    """The data of one thing by their names."""
    header, (line,) = make_data(columns, [one])
    return dict(zip(header, line, strict=True))
