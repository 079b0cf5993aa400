from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan_eval.reporting import Cell, Grid, Heading, Table
from tests.make.latex import read_tables, shown

NASTY = [
    "<script>alert(1)</script>",
    "a & b &amp; c",
    "100 % of $x_1^2$ {#1} ~ \\input{/etc/passwd}",
    "| pipe | `code` *star* _under_ [link](javascript:1)",
    "=HYPERLINK(1)",
    "+1",
    "-1+1",
    "@sum",
    "\uff1dHYPERLINK(1)",
    "  \uff0b1",
    "caf\udce9",
    "\t=1",
    "line\nbreak\r\n# heading",
    "\x1b[31mred\x1b[0m",
    '"quoted", with comma',
    "]]> --> ${x}",
    "中文 ± × ü",
    "\u202egnp.exe",
]


def made(name: str, **cell: object) -> Table:
    columns = (Heading("representation"), Heading(name, number=True))
    row = (Cell(name, tag="published", marks=(1,)), Cell(name, bold=True))
    grid = Grid(name, columns, (row,), notes=(name,), footnotes=(name,))
    return Table((grid,), ("representation", "value"), ((name, 1.5),), sentences=(name,))


@pytest.mark.parametrize("name", NASTY)
def test_html_shows_names_as_text(name: str) -> None:
    root = ElementTree.fromstring(made(name).render("html"))  # well-formed, and no element of it
    tags = {element.tag for element in root.iter()}
    allowed = {"div", "p", "table", "caption", "thead", "tbody", "tr", "th", "td", "strong", "em"}
    assert tags <= allowed | {"sup", "ol", "li"}
    caption = root.find("table/caption")
    assert caption is not None and caption.text is not None
    assert "\x1b" not in caption.text and "\u202e" not in caption.text
    if name.isprintable():
        assert caption.text == " ".join(name.split())


def test_html_has_captions_and_scopes() -> None:
    root = ElementTree.fromstring(made("x").render("html"))
    assert root.find("table/caption") is not None
    heads = root.findall("table/thead/tr/th")
    assert heads and all(head.get("scope") == "col" for head in heads)
    rows = root.findall("table/tbody/tr/th")
    assert rows and all(row.get("scope") == "row" for row in rows)
    # A notebook draws headings bold, and bold says something here.
    assert all("font-weight:normal" in str(row.get("style")) for row in rows)


@pytest.mark.parametrize("name", NASTY)
def test_csv_reads_back_and_is_no_formula(name: str) -> None:
    header, row = list(csv.reader(io.StringIO(made(name).render("csv"))))
    assert header == ["representation", "value"] and float(row[1]) == 1.5
    assert not row[0].lstrip(" ").startswith((*"=+-@\t\r\uff1d\uff0b\uff0d\uff20",))
    if name.isprintable():
        assert row[0].removeprefix("'") == name
    assert row[0].isprintable()


@given(value=st.floats(allow_nan=False, allow_infinity=False), text=st.text(max_size=30))
def test_csv_keeps_numbers_and_text(value: float, text: str) -> None:
    table = Table((), ("text", "value", "none", "flag"), ((text, value, None, True),))
    rows = list(csv.reader(io.StringIO(table.render("csv"), newline="")))
    assert len(rows) == 2
    assert float(rows[1][1]) == value and rows[1][2:] == ["", "true"]
    if text.isprintable():
        assert rows[1][0] in (text, f"'{text}")


@given(text=st.text(max_size=30))
def test_markdown_cells_stay_in_their_columns(text: str) -> None:
    lines = made(text).render("md").split("\n")
    rule = next(i for i, line in enumerate(lines) if line.startswith("| :---"))
    for line in (lines[rule - 1], lines[rule + 1]):
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 3


def test_markdown_names_are_text() -> None:
    row = made("| pipe | `code` *star* _under_ [link](javascript:1) <b> few_labels")
    cell = row.render("md").split("\n")[-5]
    assert r"\| pipe \| \`code\` \*star\* \_under\_ \[link\](javascript:1) \<b> few_labels" in cell
    assert r"\# heading" in made("# heading").render("md").split("\n")[0]
    assert "\x1b" not in made("\x1b[31mred").render("md")


def test_markdown_marks_bold_and_published() -> None:
    assert "| x *published* [1] | **x** |" in made("x").render("md")


@pytest.mark.parametrize("name", NASTY)
def test_latex_has_no_command_of_a_name(name: str) -> None:
    (read,) = read_tables(made(name).render("latex"))
    assert len(read.rows) == 1 and len(read.notes) == 2
    if name.isascii() and name.isprintable():
        assert shown(read.caption) == name


def test_latex_is_as_wide_as_its_column() -> None:
    text = made("x").render("latex")
    for part in (r"\toprule", r"\midrule", r"\bottomrule", r"\begin{tabularx}{\linewidth}"):
        assert part in text
    assert r"\caption{x}" in text and r"\label{tab:x}" in text
    assert r"\textbf{x}" in text and r"\emph{Published}" in text


def test_an_empty_table_says_so() -> None:
    empty = Table((), ("representation",), ())
    assert empty.render("md") == "No results.\n"
    assert "No results." in empty.render("html")
    assert empty.render("csv") == "representation\n"


def test_a_table_shows_itself() -> None:
    table = made("x")
    assert str(table) == table.render("md")
    assert table._repr_html_() == table.render("html")
    frame = table.to_frame()
    assert frame.columns.tolist() == ["representation", "value"] and frame.value[0] == 1.5
