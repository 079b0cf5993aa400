"""HTML tables: captions, scopes, notes; no style of their own."""

from __future__ import annotations

from html import escape

from dcgan_eval.core import printable
from dcgan_eval.reporting.tables.grid import Cell, Grid, Heading, Table


def render(table: Table) -> str:
    """Sentences, then all grids, each with its notes, in one ``div``."""
    parts = [f"<p>{_text(sentence)}</p>" for sentence in table.sentences]
    inner = "\n".join([*parts, *(grid_html(grid) for grid in table.grids)])
    inner = inner or "<p>No results.</p>"
    return f'<div class="dcgan-eval">\n{inner}\n</div>\n'


def grid_html(grid: Grid) -> str:
    """One grid; well-formed as XML too."""
    heads = "".join(
        f'<th scope="col"{_side(column)}>{_text(column.name)}</th>' for column in grid.columns
    )
    rows = "\n".join(f"<tr>{_row(grid.columns, row)}</tr>" for row in grid.rows)
    name = f' id="{escape(grid.label)}"' if grid.label else ""
    return (
        f"<table{name}>\n<caption>{_text(grid.title)}</caption>\n"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n{notes_html(grid)}"
    )


def notes_html(grid: Grid) -> str:
    """Footnotes as a numbered list, notes as paragraphs."""
    lines = []
    if grid.footnotes:
        items = "".join(f"<li>{_text(text)}</li>" for text in grid.footnotes)
        lines.append(f'<ol class="footnotes">{items}</ol>')
    lines += [f'<p class="note">{_text(text)}</p>' for text in grid.notes]
    return "\n".join(lines)


def _row(columns: tuple[Heading, ...], row: tuple[Cell, ...]) -> str:
    first, *others = row
    # Bold would say that a row is among the best.
    plain = 'style="font-weight:normal;text-align:left"'
    cells = [f'<th scope="row" {plain}>{_cell(first)}</th>']
    cells += [
        f"<td{_side(column)}>{_cell(cell)}</td>"
        for column, cell in zip(columns[1:], others, strict=True)
    ]
    return "".join(cells)


def _side(column: Heading) -> str:
    return ' class="number" style="text-align:right"' if column.number else ""


def _cell(cell: Cell) -> str:
    text = _text(cell.text)
    if cell.bold and text:
        text = f"<strong>{text}</strong>"
    if cell.tag:
        text = f"{text} <em>{_text(cell.tag)}</em>"
    marks = ",".join(str(mark) for mark in cell.marks)
    return text + (f"<sup>{marks}</sup>" if marks else "")


def _text(text: str) -> str:
    return escape(printable(text))
