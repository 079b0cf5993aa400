from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan_eval.reporting import Cell
from dcgan_eval.reporting.tables.column import Column, as_dict, make_data, make_grid, pick
from dcgan_eval.reporting.tables.numbers import carried


class Span(NamedTuple):
    low: float
    high: float


class Thing(NamedTuple):
    name: str
    value: float | None
    span: Span | None = None
    notes: tuple[str, ...] = ()


NAME = Column[Thing]("name", lambda one: one.name, footnotes=lambda one: one.notes)
VALUE = Column[Thing](
    "value",
    lambda one: one.value,
    "{:.1f}".format,
    "value (%)",
    number=True,
    absent=lambda one: "none",
    bold=lambda one: one.name == "a",
    tag=lambda one: "best" if one.name == "a" else "",
)
SPAN = Column[Thing](
    "span",
    lambda one: one.span,
    "{0.low} to {0.high}".format,
    fields={"from": attrgetter("low"), "to": attrgetter("high")},
    footnotes=lambda one: ["a span"] if one.span else [],
)
THINGS = (Thing("a", 1.25, Span(1.0, 2.0), ("said",)), Thing("b", None, None, ("else", "said")))


def test_one_declaration_gives_the_grid_and_the_data() -> None:
    grid = make_grid("things", [NAME, VALUE, SPAN], THINGS, ["a note"])
    assert [(one.name, one.number) for one in grid.columns] == [
        ("name", False),
        ("value (%)", True),
        ("span", False),
    ]
    assert grid.rows[0] == (
        Cell("a", marks=(1,)),
        Cell("1.2", bold=True, tag="best"),
        Cell("1.0 to 2.0", marks=(2,)),
    )
    assert grid.rows[1] == (Cell("b", marks=(3, 1)), Cell("none"), Cell(""))
    assert grid.notes == ("a note",) and grid.footnotes == ("said", "a span", "else")
    header, data = make_data([NAME, VALUE, SPAN], THINGS)
    assert header == ("name", "value", "from", "to")
    assert data == (("a", 1.25, 1.0, 2.0), ("b", None, None, None))
    assert as_dict([VALUE, SPAN], THINGS[0]) == {"value": 1.25, "from": 1.0, "to": 2.0}


def test_footnotes_that_are_given_are_numbered_first() -> None:
    grid = make_grid("things", [NAME], THINGS, footnotes=("else", "else"))
    assert grid.footnotes == ("else", "said")
    assert [row[0].marks for row in grid.rows] == [(2,), (1, 2)]


def test_data_without_lines_have_a_header() -> None:
    assert make_data([NAME, SPAN], []) == (("name", "from", "to"), ())


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (79.71000000000001, "79.71"),
        (70.22999999999999, "70.23"),
        (100.00000000000001, "100.0"),
        (80.0, "80.0"),
        (69.32618270415627, "69.3261827042"),
        (1.2345678901234567e-9, "1.23456789012e-09"),
        (True, "True"),
        (12345678901234567, "12345678901234567"),
        (None, "None"),
        ("79.71000000000001", "'79.71000000000001'"),
    ],
)
def test_a_number_carries_what_it_carries(value: object, said: str) -> None:
    assert repr(carried(value)) == said


@given(n=st.integers(1, 10**11), data=st.data())
def test_shares_of_predictions_are_told_apart_by_their_data(n: int, data: st.DataObject) -> None:
    wrong = data.draw(st.integers(0, n))
    assert round(carried(100.0 * wrong / n) * n / 100) == wrong


def test_columns_are_picked_by_name_and_may_be_changed() -> None:
    picked = pick(
        (NAME, VALUE, SPAN), ("span", "name"), name={"heading": "who"}, value={"text": str}
    )
    assert [one.name for one in picked] == ["span", "name"]
    assert [one.name for one in make_grid("things", picked, THINGS).columns] == ["span", "who"]
    assert NAME.heading is None
