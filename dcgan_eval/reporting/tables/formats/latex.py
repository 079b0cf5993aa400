r"""LaTeX tables with the rules of booktabs: ``\usepackage{booktabs}`` is all they need."""

from __future__ import annotations

from dcgan_eval.core import printable
from dcgan_eval.reporting.tables.grid import Cell, Grid, Table

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # \textquotedbl is not in the default font encoding, its code point is.
    '"': r"{\char34}",
    "`": r"\textasciigrave{}",
    "[": "{[}",
    "]": "{]}",
    "×": r"$\times$",
    "±": r"$\pm$",
    "\N{MINUS SIGN}": "$-$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
}
# Beyond Latin-1 letters a plain document has no glyphs, and would not compile.
_LAST_LATIN = 0xFF


def render(table: Table) -> str:
    """Sentences as paragraphs, then one ``table`` environment a grid."""
    head = "% needs \\usepackage{booktabs,textcomp} and \\usepackage[T1]{fontenc}\n"
    parts = [f"{_escape(sentence)}\n" for sentence in table.sentences]
    return head + "\n".join([*parts, *(_grid(grid) for grid in table.grids)])


def _grid(grid: Grid) -> str:
    """Caption above, notes below."""
    alignment = "".join("r" if column.number else "l" for column in grid.columns)
    heads = " & ".join(_escape(column.name) for column in grid.columns)
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{_escape(grid.title)}}}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        rf"{heads} \\",
        r"\midrule",
        *(" & ".join(_cell(cell) for cell in row) + r" \\" for row in grid.rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    numbered = [
        rf"\textsuperscript{{{n}}} {_escape(text)}"
        for n, text in enumerate(grid.footnotes, start=1)
    ]
    notes = [*numbered, *(_escape(text) for text in grid.notes)]
    if notes:
        lines += [r"\par\smallskip", r"\begin{minipage}{0.95\linewidth}", r"\footnotesize"]
        lines += [rf"{note}\par" for note in notes]
        lines += [r"\end{minipage}"]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def _cell(cell: Cell) -> str:
    text = _escape(cell.text)
    if cell.bold and text:
        text = rf"\textbf{{{text}}}"
    if cell.tag:
        text = rf"{text} \emph{{{_escape(cell.tag)}}}"
    marks = ",".join(str(mark) for mark in cell.marks)
    return text + (rf"\textsuperscript{{{marks}}}" if marks else "")


def _escape(text: str) -> str:
    return "".join(_character(c) for c in printable(text))


def _character(c: str) -> str:
    """One character; what plain LaTeX cannot set is written as its code point."""
    if c in _SPECIAL:
        return _SPECIAL[c]
    if ord(c) < 0x7F or (0xC0 <= ord(c) <= _LAST_LATIN and c.isalpha()):
        return c
    return f"{{[}}U+{ord(c):04X}{{]}}"
