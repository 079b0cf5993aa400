"""`Goal`: what one true difference takes, and its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from dcgan_eval.reporting.results.percent import percent, share_of
from dcgan_eval.reporting.tables.column import Column
from dcgan_eval.reporting.tables.numbers import value_text
from dcgan_eval.stats import Pilot, rounded_up


class Needed(NamedTuple):
    """How many are needed, and between which numbers the pilot leaves it; None: none is enough."""

    number: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True)
class Goal:
    """What one true difference takes.

    Attributes
    ----------
    difference
        In points of percent.
    power
        With the items and repeats of the pilot, in percent.
    items
        Needed with the repeats of the pilot.
    repeats
        Needed with the items of the pilot; None where the pilot cannot say.
    items_by_repeats
        Items needed with other numbers of repeats.
    """

    difference: float
    power: float
    items: Needed
    repeats: Needed | None
    items_by_repeats: dict[int, int | None]


def make_goal(pilot: Pilot, difference: float, power: float, repeats: Sequence[int]) -> Goal:
    """What one difference takes."""
    share = share_of(difference)
    low, high = pilot.extremes

    def items(one: Pilot) -> int | None:
        return one.items_needed(share, power=power)

    def rows(one: Pilot) -> int | None:
        return one.rows_needed(share, power=power)

    return Goal(
        difference=float(difference),
        power=percent(pilot.power(share)),
        items=Needed(items(pilot), items(low), items(high)),
        repeats=Needed(rows(pilot), rows(low), rows(high)) if pilot.rows else None,
        items_by_repeats={n: pilot.items_needed(share, n, power) for n in repeats},
    )


def _number(n: int | None) -> str:
    """Two significant digits, upwards."""
    return "∞" if n is None else f"{rounded_up(n):,}"


def _range(needed: Needed) -> str:
    """``900 to 2,100``."""
    if needed.low is None:
        return _number(None)
    return f"{_number(needed.low)} to {_number(needed.high)}"


def needed_columns(name: str, heading: str) -> list[Column[Goal]]:
    """How many of something are needed, and their range, as a grid prints them."""
    get = attrgetter(name)
    return [
        Column(name, lambda goal: _number(get(goal).number), heading=heading, number=True),
        Column(f"{name}_range", lambda goal: _range(get(goal)), heading="range", number=True),
    ]


def column_by(n: int, rows: str) -> Column[Goal]:
    """Items needed with so many repeats."""
    heading = f"{n:,} {rows}"
    return Column(heading, lambda goal: _number(goal.items_by_repeats[n]), number=True)


def _fields(name: str) -> dict[str, Any]:
    """Names in data of what is needed."""
    return {
        name: attrgetter("number"),
        f"{name}_low": attrgetter("low"),
        f"{name}_high": attrgetter("high"),
    }


GOAL_COLUMNS: tuple[Column[Goal], ...] = (
    Column("difference", attrgetter("difference"), "{:g}".format, "true difference", number=True),
    Column("power", attrgetter("power"), value_text, "power (%)", number=True),
)
GOAL_DATA: tuple[Column[Goal], ...] = (
    *GOAL_COLUMNS,
    Column("items", attrgetter("items"), fields=_fields("items")),
    Column("repeats", attrgetter("repeats"), fields=_fields("repeats")),
)
