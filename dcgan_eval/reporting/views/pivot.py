"""Representations × experiments: one line a name, one column an experiment and metric."""

from __future__ import annotations

from dcgan_eval.reporting.experiment import experiment_titles
from dcgan_eval.reporting.grid import Cell, Column, Footnotes, Grid, Table
from dcgan_eval.reporting.numbers import heading, value_text
from dcgan_eval.reporting.request import Request
from dcgan_eval.reporting.rows import Row, make_rows, published_rows
from dcgan_eval.reporting.significance import bold_of
from dcgan_eval.reporting.views.representations import grouped, subset_note


def view(request: Request) -> Table:
    """Make the table; lines are sorted by the first column that they have."""
    rows = make_rows(request.records, request.metric)
    titles = experiment_titles(row.experiment for row in rows)
    columns = [Column("representation")]
    footnotes = Footnotes()
    lines: dict[tuple[str, bool], dict[int, Cell]] = {}
    values: dict[tuple[str, bool], dict[int, float]] = {}
    said: dict[str, list[str]] = {}
    for number, group in enumerate(grouped(rows)):
        own = request.sorted(group)
        shown = [*own, *request.sorted(published_rows(own) if request.published else [])]
        columns.append(Column(f"{titles[own[0].experiment]}: {heading(own[0])}", number=True))
        bold, notes = bold_of(shown, request.bold, request.reader)
        for note in notes:
            said.setdefault(note, []).append(titles[own[0].experiment])
        subset = subset_note(shown)
        for row, flag in zip(shown, bold, strict=True):
            marks = _marks(row, footnotes, subset)
            key = (row.name, row.published)
            lines.setdefault(key, {})[number] = Cell(value_text(row.value), bool(flag), marks=marks)
            values.setdefault(key, {})[number] = row.value
    n = len(columns) - 1
    # Ours first; dicts keep the order in which names were met, column by column.
    keys = sorted(lines, key=lambda key: key[1])
    if request.sort == "name":
        keys.sort(key=lambda key: (key[1], key[0]))
    grid = Grid(
        "Representations by experiment",
        tuple(columns),
        tuple(
            (
                Cell(name, tag="published" if published else ""),
                *(lines[name, published].get(i, Cell("")) for i in range(n)),
            )
            for name, published in keys
        ),
        _notes(said, n),
        tuple(footnotes.texts),
    )
    data = tuple(
        (name, published, *(values[name, published].get(i) for i in range(n)))
        for name, published in keys
    )
    header = ("representation", "published", *(column.name for column in columns[1:]))
    return Table((grid,) if keys else (), header, data)


def _notes(said: dict[str, list[str]], n_columns: int) -> tuple[str, ...]:
    """Notes with the columns that they are about, where those are not all."""
    return tuple(
        note if len(columns) == n_columns else f"{note.removesuffix('.')}, in {', '.join(columns)}."
        for note, columns in said.items()
    )


def _marks(row: Row, footnotes: Footnotes, subset: str | None) -> tuple[int, ...]:
    """Footnotes of one cell."""
    marks = [footnotes.mark(note) for note in row.notes]
    if row.source is not None:
        marks.append(footnotes.mark(f"Published: {row.source}."))
    if subset:
        marks.append(footnotes.mark(subset))
    return tuple(marks)
