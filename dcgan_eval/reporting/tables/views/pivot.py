"""Representations × experiments: one line a name, one column an experiment and metric."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter

from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.rows import Row, subset_note
from dcgan_eval.reporting.tables.column import Column, make_data, make_grid
from dcgan_eval.reporting.tables.grid import Table
from dcgan_eval.reporting.tables.numbers import value_text
from dcgan_eval.reporting.tables.request import Request
from dcgan_eval.reporting.tables.row_columns import notes_of


@dataclass(frozen=True)
class _Line:
    """One name, with its row in each column that has one."""

    name: str
    published: bool
    rows: dict[int, Row] = field(default_factory=dict)


def view(request: Request) -> Table:
    """Make the table; lines are sorted by the first column that they have."""
    titles = experiment_titles(row.experiment for row in request.rows)
    name = Column[_Line](
        "representation",
        lambda line: line.name,
        tag=lambda line: "published" if line.published else "",
    )
    columns: list[Column[_Line]] = []
    lines: dict[tuple[str, bool], _Line] = {}
    said: dict[str, list[str]] = {}
    footnotes: list[str] = []
    for place, (rows, notes) in enumerate(request.groups()):
        title = titles[rows[0].experiment]
        columns.append(_column(place, f"{title}: {rows[0].heading}", subset_note(rows)))
        for note in notes:
            said.setdefault(note, []).append(title)
        for row in rows:
            line = lines.setdefault((row.name, row.published), _Line(row.name, row.published))
            line.rows[place] = row
            footnotes += columns[-1].footnotes(line)
    # Ours first; otherwise in the order in which names were met, column by column.
    shown = sorted(lines.values(), key=lambda line: line.published)
    if request.sort == "name":
        shown.sort(key=lambda line: (line.published, line.name))
    title = "Representations by experiment"
    grid = make_grid(title, [name, *columns], shown, _notes(said, len(columns)), footnotes)
    published = Column[_Line]("published", lambda line: line.published)
    return Table((grid,) if shown else (), *make_data([name, published, *columns], shown))


def _column(place: int, title: str, subset: str | None) -> Column[_Line]:
    """The values of one experiment and metric."""

    def footnotes(line: _Line) -> list[str]:
        row = line.rows.get(place)
        said = [] if subset is None else [subset]
        return [] if row is None else [*notes_of(row), *said]

    return Column(
        title,
        lambda line: line.rows.get(place),
        lambda row: value_text(row.value),
        number=True,
        fields={title: attrgetter("value")},
        bold=lambda line: place in line.rows and line.rows[place].bold,
        footnotes=footnotes,
    )


def _notes(said: dict[str, list[str]], n_columns: int) -> tuple[str, ...]:
    """Notes with the columns that they are about, where those are not all."""
    return tuple(
        note if len(columns) == n_columns else f"{note.removesuffix('.')}, in {', '.join(columns)}."
        for note, columns in said.items()
    )
