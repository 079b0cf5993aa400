"""Representations × experiments: one line a name, one column an experiment and metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

from dcgan_eval.reporting.results.experiment import Experiment, experiment_titles
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.tables.captions import dataset_words, experiment_words
from dcgan_eval.reporting.tables.column import Column, make_data, pick
from dcgan_eval.reporting.tables.grid import Table
from dcgan_eval.reporting.tables.notes import Note, notes_of_intervals, notes_of_rows
from dcgan_eval.reporting.tables.numbers import value_and_interval
from dcgan_eval.reporting.tables.request import Request


@dataclass(frozen=True)
class _Line:
    """One name, with its row in each column that has one."""

    name: str
    published: bool
    rows: dict[int, Row] = field(default_factory=dict)


NAME = Column[_Line](
    "representation",
    lambda line: line.name,
    tag=lambda line: "published" if line.published else "",
)
PUBLISHED = Column[_Line]("published", lambda line: line.published)


def view(request: Request) -> Table:
    """Make the table; lines are sorted by the first column that they have."""
    groups = request.groups()
    lines = _lines([rows for rows, _ in groups], request.settings.sort)
    titles = experiment_titles(rows[0].experiment for rows, _ in groups)
    words = _words(list(titles)) if request.paper else titles
    columns = [NAME]
    notes: dict[str, tuple[str, Sequence[Note]]] = {}
    for place, (rows, bold_notes) in enumerate(groups):
        experiment, heading = rows[0].experiment, rows[0].heading
        shown = [line.rows[place] for line in lines if place in line.rows]
        column, found = _column(place, f"{titles[experiment]}: {heading}", shown, request)
        columns.append(replace(column, heading=f"{words[experiment]}: {heading}"))
        notes[column.name] = words[experiment], (*found, *bold_notes)
    header, data = make_data([NAME, PUBLISHED, *columns[1:]], lines)
    printed = pick(columns, request.names(columns, [one.name for one in columns]))
    grid = request.grid(
        "Representations by experiment",
        printed,
        lines,
        _of_columns([notes[one.name] for one in printed[1:]]),
        # Column by column.
        footnotes=[text for one in printed for line in lines for text in one.footnotes(line)],
        caption=f"Results on {', '.join(words.values())}",
    )
    return Table((grid,) if lines else (), header, data)


def _lines(groups: Sequence[Sequence[Row]], sort: str) -> list[_Line]:
    """Ours first; otherwise in the order in which names were met, column by column."""
    lines: dict[tuple[str, bool], _Line] = {}
    for place, rows in enumerate(groups):
        for row in rows:
            line = lines.setdefault((row.name, row.published), _Line(row.name, row.published))
            line.rows[place] = row
    if sort == "name":
        return sorted(lines.values(), key=lambda line: (line.published, line.name))
    return sorted(lines.values(), key=lambda line: line.published)


def _words(experiments: Sequence[Experiment]) -> Mapping[Experiment, str]:
    """The shortest words that tell experiments apart: data sets, then protocols, then titles."""
    for words in (dataset_words, experiment_words):
        found = {one: words(one) for one in experiments}
        if len(set(found.values())) == len(found):
            return found
    return experiment_titles(experiments)


def _column(
    place: int, name: str, rows: Sequence[Row], request: Request
) -> tuple[Column[_Line], tuple[Note, ...]]:
    """The values of one experiment and metric, and what is said of all of them."""
    form, decimals = request.form("none"), request.settings.decimals
    of_rows, of_intervals = notes_of_rows(rows), notes_of_intervals(rows, form)

    def footnotes(line: _Line) -> list[str]:
        row = line.rows.get(place)
        return [] if row is None else [*of_rows.of(row), *of_intervals.of(row)]

    column = Column[_Line](
        name,
        lambda line: line.rows.get(place),
        lambda row: value_and_interval(row.value, row.interval, form, decimals),
        number=True,
        fields={name: attrgetter("value")},
        bold=lambda line: place in line.rows and line.rows[place].bold,
        footnotes=footnotes,
    )
    return column, (*of_intervals.notes, *of_rows.notes)


def _of_columns(columns: Sequence[tuple[str, Sequence[Note]]]) -> list[Note]:
    """Notes of columns, each once, with the experiments that it is about where those are not all.

    Parameters
    ----------
    columns
        What each is called, and what is said of it.
    """
    about: dict[Note, list[str]] = {}
    for where, notes in columns:
        for note in notes:
            about.setdefault(note, []).append(where)
    found = []
    for note, places in about.items():
        end = f", in {', '.join(dict.fromkeys(places))}." if len(places) < len(columns) else "."
        text, short = (one and one.removesuffix(".") + end for one in (note.text, note.short))
        found.append(Note(text, short, note.always))
    return found
