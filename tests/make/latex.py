"""Reads the LaTeX that tables are written in, and measures it by Computer Modern's own widths.

There is no TeX here to do it: what can be read is what our tables may consist of, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib
from matplotlib.ft2font import FT2Font, LoadFlags

# Commands of LaTeX itself, of booktabs and of tabularx that a table may have.
_COMMANDS = (
    r"begin end caption label toprule midrule bottomrule multicolumn linewidth hangindent "
    r"raggedright arraybackslash hspace par smallskip small setlength tabcolsep footnotesize "
    r"textbf emph textsuperscript allowbreak mbox rlap char textbackslash textasciicircum "
    r"textasciitilde textless textgreater textbar textbullet ldots S copyright ss ae AE oe OE "
    r"o O l L i j"
)
COMMANDS = frozenset(_COMMANDS.split())
# Where Unicode has nothing.
_ASIDE = 0xE000
ENVIRONMENTS = {"table", "table*", "tabularx", "tabular"}
# Accents, and those of letters and quotes that need T1 (or are letters themselves).
_ACCENTS = frozenset("`'^~\"=.uvHrckdb")
_T1 = {"dj", "DJ", "dh", "DH", "th", "TH", "quotesinglbase", "quotedblbase"}
_T1 |= {"guillemotleft", "guillemotright"}
_TOKEN = re.compile(r"\\([A-Za-z]+)\s?|\\(.)|([{}$])|(.)", re.DOTALL)
_MATH = re.compile(r"\\[A-Za-z]+|-|\^\\circ|\^\\prime|\^\{\\prime\\prime\}|[_^]\d|[A-Zo]")


@dataclass(frozen=True)
class ReadTable:
    """A table as TeX would see it."""

    env: str
    caption: str
    label: str
    spec: str
    heads: list[str]
    rows: list[list[str]]
    notes: list[str]

    @property
    def numbers(self) -> list[bool]:
        """Whether each column is one of numbers, which do not wrap."""
        return [kind == "r" for kind in re.findall(r"X|r", self.spec)]


def read_tables(text: str) -> list[ReadTable]:
    """Read every table, and refuse what TeX would not take or would take for something else."""
    first, _, body = text.partition("\n")
    assert first.startswith(r"% needs \usepackage{booktabs,tabularx}"), first
    assert body.isascii() and "%" not in re.sub(r"\\%", "", body)
    t1 = {name for name, _ in _commands(body)} & (_T1 | {"k"})
    assert bool(t1) == ("fontenc" in first), (first, t1)
    for signs in re.findall(r"\$([^$]*)\$", body.replace(r"\$", "")):
        assert _MATH.fullmatch(signs), signs
    for name, place in _commands(re.sub(r"\$[^$]*\$", "", body.replace(r"\$", ""))):
        known = name in COMMANDS | _ACCENTS | _T1 or (not name.isalpha() and name in "\\{}&#%_")
        assert known, body[place - 40 : place + 40]
    _check_nesting(body)
    found = re.findall(r"\\begin\{(table\*?)\}\[tbp\]\n(.*?)\\end\{\1\}\n", body, re.DOTALL)
    assert len(found) == len(re.findall(r"\\caption\{", body))
    return [_read(env, inner) for env, inner in found]


def _commands(text: str) -> Iterator[tuple[str, int]]:
    """Every command with its place."""
    for token in _TOKEN.finditer(text):
        if name := token[1] or token[2]:
            yield name, token.start()


def _check_nesting(text: str) -> None:
    """Braces, environments and mathematics end where they begin; specials stand where they may."""
    stack: list[str] = []
    math = False
    for token in _TOKEN.finditer(text):
        if token[1] == "begin":
            stack.append(_argument(text, token.end()))
            assert stack[-1] in ENVIRONMENTS
        elif token[1] == "end":
            assert stack.pop() == _argument(text, token.end())
        elif token[3] == "$":
            math = not math
        elif token[3] == "{":
            stack.append("{")
        elif token[3] == "}":
            assert stack.pop() == "{"
        elif token[4]:
            assert token[4] != "#" and (math or token[4] not in "_^")
            assert token[4] != "~" or text[token.end() :].startswith(r"\%")
            assert token[4] != "&" or (stack and stack[-1] == "tabularx"), text
    assert not stack and not math


def _argument(text: str, place: int) -> str:
    return text[place:].removeprefix("{").partition("}")[0]


def _read(env: str, inner: str) -> ReadTable:
    """One table by its lines."""
    spec = re.search(r"\\begin\{tabularx\}\{\\linewidth\}\{@\{\}(.*)@\{\}\}\n", inner)
    caption = re.search(r"^\\caption\{(.*)\}\n\\label\{(.*)\}\n", inner, re.MULTILINE)
    assert spec is not None and caption is not None
    head, body = inner.split("\\toprule\n")[1].split(" \\\\\n\\midrule\n", 1)
    body, notes = body.split("\\bottomrule\n\\end{tabularx}\n")
    kinds = re.sub(r">\{.*?\{0pt\}\}X", "X", spec[1])
    assert re.fullmatch("[Xr]+", kinds), kinds
    rows = []
    for line in body.splitlines():
        if line != r"\midrule":
            assert line.endswith(r" \\"), line
            rows.append(line.removesuffix(r" \\").split(" & "))
    rows = [row for row in rows if not row[0].startswith(r"\multicolumn")]
    assert all(len(row) == len(kinds) for row in rows)
    said = notes.removeprefix("\\par\\smallskip\n{\\footnotesize\\raggedright\n")
    lines = said.removesuffix("\\par}\n").splitlines()
    return ReadTable(env, caption[1], caption[2], kinds, head.split(" & "), rows, lines)


def shortage(table: ReadTable, width: float, size: float, font: str = "cmr10") -> float:
    """By how many points a table is too wide for its column; negative where it fits.

    Parameters
    ----------
    width
        Of the column, in points.
    size, font
        Of the text: points, and a font of Computer Modern that matplotlib has.
    """
    columns = list(zip(table.heads, *table.rows, strict=True))
    numbers, wrapped = 0.0, []
    for cells, number in zip(columns, table.numbers, strict=True):
        if number:
            numbers += max(_width(line, size, font) for cell in cells for line in _lines(cell))
        else:
            # A further line begins 1em to the right.
            words = (word for cell in cells for word in _words(cell))
            wrapped.append(max(_width(word, size, font) for word in words) + size)
    gaps = 12.0 * (len(columns) - 1)
    # Columns of names are equally wide.
    return numbers + gaps + max(wrapped) * len(wrapped) - width


def _lines(cell: str) -> list[str]:
    """Lines of a cell; those of a heading stand in a table of their own."""
    inner = re.fullmatch(r"\\begin\{tabular\}\[b\]\{@\{\}r@\{\}\}(.*)\\end\{tabular\}", cell)
    return inner[1].split(r" \\ ") if inner else [cell]


def _words(cell: str) -> list[str]:
    """What no line may be broken in; a command's end is none."""
    parts = re.split(r"(?<=-)|\\allowbreak\{\}| ", cell)
    return [part for part in parts if part] or [""]


def _width(latex: str, size: float, font: str) -> float:
    """The width of a piece of a line; what is bold or in small raised figures by its own width."""
    bold = latex.startswith(r"\textbf{")
    latex = re.sub(r"\\rlap\{\\textsuperscript\{.*?\}\}", "", latex)
    raised = sum(len(digits) for digits in re.findall(r"\\textsuperscript\{(.*?)\}", latex))
    text = shown(re.sub(r"\\textsuperscript\{.*?\}", "", latex))
    # cmbx10 is wider than cmr10 by 15 %; figures of a superscript are of size 7 of 10.
    own = sum(_advance(c, font) for c in text) * (1.15 if bold else 1.0)
    return size * (own + 0.4 * raised)


@cache
def _advance(c: str, font: str) -> float:
    """The width of a character in parts of the size; one that the font lacks is as wide as high."""
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")
    face = FT2Font(str(path))
    face.set_size(1000, 72)
    if c not in " " and face.get_char_index(ord(c)) == 0:
        return 1.0
    if c == " ":
        return 0.333
    return face.load_char(ord(c), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / 1000


def shown(latex: str) -> str:
    """What a reader sees of a text, nearly: accents as letters, signs of mathematics as one."""
    named = {"textbackslash": "\\", "textasciicircum": "^", "textasciitilde": "~", "ldots": "~"}
    named |= {"textless": "<", "textgreater": ">", "textbar": "|"}
    latex = latex.replace(r"~\%", r" \%")
    # What is escaped is out of reach of all that follows, until the end.
    text = re.sub(r"\\([{}$&#%_])", lambda one: chr(_ASIDE + ord(one[1])), latex)
    text = re.sub(r"\$[^$]*\$", "±", text)
    text = text.replace(r"{\char34}", '"').replace(r"{\char96}", "`").replace(r"\allowbreak{}", "")
    for name, sign in named.items():
        text = text.replace(rf"\{name}{{}}", chr(_ASIDE + ord(sign)))
    text = re.sub(r"\\(?:textbf|emph|mbox)\{", "{", text)
    text = re.sub(r"[{}]", "", text)
    return re.sub(r"[\ue000-\uf8ff]", lambda one: chr(ord(one[0]) - _ASIDE), text)
