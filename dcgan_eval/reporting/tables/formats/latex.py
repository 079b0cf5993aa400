r"""LaTeX tables, as wide as the column of text they stand in: names wrap, numbers do not."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from dcgan_eval.core import slug
from dcgan_eval.reporting.tables.grid import Cell, Grid, Heading, Table
from dcgan_eval.reporting.tables.latex_text import escape, needs_t1

# Ragged, further lines a little to the right, and a first word that may be hyphenated.
_WRAPPED = r">{\hangindent=1em\raggedright\arraybackslash\hspace{0pt}}X"
_CITED = "published"
# In figures, which are half as wide as the type is high: a column of 3.3 inches at 10 points, the
# gap between two columns of a table, a word that is long enough to be broken.
_COLUMN, _GAP, _LONG_WORD = 48, 2.4, 14


def render(table: Table) -> str:
    """What it needs as a comment, sentences as paragraphs, then one table a grid."""
    labels: Counter[str] = Counter()
    parts = [f"{escape(sentence)}\n" for sentence in table.sentences]
    for grid in table.grids:
        label = grid.label or f"tab:{slug(grid.title).replace('_', '-')}"
        labels[label] += 1
        parts.append(_grid(grid, label if labels[label] == 1 else f"{label}-{labels[label]}"))
    body = "\n".join(parts)
    fonts = r" and \usepackage[T1]{fontenc}" if needs_t1(body) else ""
    return rf"% needs \usepackage{{booktabs,tabularx}}{fonts}" + "\n" + body


def _grid(grid: Grid, label: str) -> str:
    """Caption above, notes below."""
    wide = _is_wide(grid)
    env = "table*" if (wide if grid.wide is None else grid.wide) else "table"
    kinds = "".join("r" if column.number else _WRAPPED for column in grid.columns)
    heads = [
        _head(column, [row[place].text for row in grid.rows])
        for place, column in enumerate(grid.columns)
    ]
    lines = [
        rf"\begin{{{env}}}[tbp]",
        rf"\caption{{{escape(grid.caption or grid.title)}}}",
        rf"\label{{{label}}}",
        r"\smallskip",
        # A document of one column is hardly wider than what does not fit into one of two.
        *([r"\small\setlength{\tabcolsep}{3pt}"] if wide else []),
        rf"\begin{{tabularx}}{{\linewidth}}{{@{{}}{kinds}@{{}}}}",
        r"\toprule",
        rf"{' & '.join(heads)} \\",
        r"\midrule",
        *_rows(grid),
        r"\bottomrule",
        r"\end{tabularx}",
    ]
    notes = [rf"\textsuperscript{{{n}}}{escape(text)}" for n, text in enumerate(grid.footnotes, 1)]
    notes += [escape(text) for text in grid.notes]
    if notes:
        lines += [r"\par\smallskip", r"{\footnotesize\raggedright", *notes, r"\par}"]
    return "\n".join([*lines, rf"\end{{{env}}}"]) + "\n"


def _is_wide(grid: Grid) -> bool:
    """Whether it needs more than a column of a paper has, by a rough count of its characters."""
    needed = _GAP * (len(grid.columns) - 1)
    for place, column in enumerate(grid.columns):
        texts = [row[place].text for row in grid.rows]
        if column.number:
            needed += _longest([*texts, *column.name.split()])
        else:
            needed += min(_longest(" ".join([*texts, column.name]).split()), _LONG_WORD) + 2
    return needed > _COLUMN


def _longest(texts: Sequence[str]) -> int:
    """Characters of the longest text."""
    return max(map(len, texts), default=0)


def _head(column: Heading, texts: Sequence[str]) -> str:
    """What a column is called; above numbers in lines no longer than they are."""
    longest = _longest([*texts, *column.name.split()])
    lines = textwrap.wrap(column.name, longest or 1, break_long_words=False, break_on_hyphens=False)
    if not column.number or len(lines) < 2:
        return escape(column.name)
    inner = r" \\ ".join(map(escape, lines))
    return rf"\begin{{tabular}}[b]{{@{{}}r@{{}}}}{inner}\end{{tabular}}"


def _rows(grid: Grid) -> list[str]:
    """Lines of the body; published rows stand apart, below a line that says so."""
    lines = []
    before: str | None = None
    for first, *others in grid.rows:
        cited = first.tag == _CITED
        if cited and before != _CITED:
            lines += [r"\midrule"] if before is not None else []
            lines.append(
                rf"\multicolumn{{{len(grid.columns)}}}{{@{{}}l@{{}}}}{{\emph{{Published}}}} \\"
            )
        before = first.tag
        cells = map(_cell, grid.columns, (replace(first, tag="") if cited else first, *others))
        lines.append(" & ".join(cells) + r" \\")
    return lines


def _cell(column: Heading, cell: Cell) -> str:
    text = escape(cell.text)
    if cell.bold and text:
        text = rf"\textbf{{{text}}}"
    if cell.tag:
        text = rf"{text} \emph{{{escape(cell.tag)}}}"
    if not cell.marks:
        return text
    marks = rf"\textsuperscript{{{','.join(map(str, cell.marks))}}}"
    # Beside a number they take no room: it stays below the others.
    return text + (rf"\rlap{{{marks}}}" if column.number else marks)
