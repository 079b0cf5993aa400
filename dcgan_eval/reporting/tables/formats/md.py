"""Markdown tables as GitHub reads them."""

from __future__ import annotations

import re

from dcgan_eval.core import printable
from dcgan_eval.reporting.tables.grid import Cell, Grid, Heading, Table


def render(table: Table) -> str:
    """Sentences, then all grids, one after the other."""
    parts = [f"{_paragraph(sentence)}\n" for sentence in table.sentences]
    return "\n".join([*parts, *(_grid(grid) for grid in table.grids)]) or "No results.\n"


def _grid(grid: Grid) -> str:
    """A title, the table, its notes."""
    lines = [f"**{_escape(grid.title)}**", ""]
    lines.append(_line([_escape(column.name) for column in grid.columns]))
    lines.append(_line([_rule(column) for column in grid.columns]))
    lines += [_line([_cell(cell) for cell in row]) for row in grid.rows]
    if grid.footnotes or grid.notes:
        lines.append("")
    lines += [f"- [{n}] {_escape(text)}" for n, text in enumerate(grid.footnotes, start=1)]
    lines += [f"- {_paragraph(text)}" for text in grid.notes]
    return "\n".join(lines) + "\n"


def _rule(column: Heading) -> str:
    return "---:" if column.number else ":---"


def _cell(cell: Cell) -> str:
    text = _escape(cell.text)
    if cell.bold and text:
        text = f"**{text}**"
    if cell.tag:
        text = f"{text} *{_escape(cell.tag)}*"
    return text + "".join(f" [{mark}]" for mark in cell.marks)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _paragraph(text: str) -> str:
    """Text at the beginning of a line, where some characters begin a heading, list or quote."""
    line = re.sub(r"^(\d+)([.)] )", r"\1\\\2", _escape(text))
    return re.sub(r"^([#>+-])", r"\\\1", line)


def _escape(text: str) -> str:
    """Text that Markdown shows as it is; underscores inside words need nothing."""
    line = re.sub(r"([\\`*\[\]|~]|<(?=[\w/!?]))", r"\\\1", printable(text))
    line = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", line)
    return re.sub(r"&(?=#?\w+;)", "&amp;", line)
