"""`PowerReport`: what a pilot says of other sizes, in tables, CSV, JSON and a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, takewhile

from dcgan_eval.core import SettingsError, did_you_mean
from dcgan_eval.reporting.comparison.pair import Pair
from dcgan_eval.reporting.planning.goal import (
    GOAL_COLUMNS,
    GOAL_DATA,
    Goal,
    column_by,
    needed_columns,
)
from dcgan_eval.reporting.plots.curves import Curve
from dcgan_eval.reporting.plots.figure import Plot
from dcgan_eval.reporting.plots.lines import curves_plot
from dcgan_eval.reporting.results.percent import percent, share_of
from dcgan_eval.reporting.tables.column import as_dict, make_data, make_grid
from dcgan_eval.reporting.tables.grid import FORMATS, Table
from dcgan_eval.reporting.tables.numbers import carried
from dcgan_eval.stats import Comparison, Pilot

_STEPS = (10, 15, 20, 30, 50, 70)


@dataclass(frozen=True)
class PowerReport:
    """What a pilot says of other sizes.

    Attributes
    ----------
    pair
        The pilot, as `compare` found it.
    pilot
        What it says of the variances: `Pilot.power` answers for any size.
    target
        The wished power, a fraction.
    goals
        One a difference.
    notes
        What can and what cannot be said, one sentence each.
    items
        What an item is called, plural.
    """

    pair: Pair
    pilot: Pilot
    target: float
    goals: tuple[Goal, ...]
    notes: tuple[str, ...]
    items: str = "images"

    @property
    def title(self) -> str:
        """What it is about."""
        names = f"{self.pair.a.name} and {self.pair.b.name}"
        return f"What a power of {percent(self.target):g} % takes: {names}"

    def table(self) -> Table:
        """Grids to look at; as data, one line a difference."""
        found = self.pair.found
        columns = [
            *GOAL_COLUMNS,
            *needed_columns("items", f"{self.items} for {percent(self.target):g} %"),
        ]
        if self.pilot.rows:
            columns += needed_columns("repeats", f"{found.rows} for {percent(self.target):g} %")
        said = [
            f"Power: with the pilot's {size_of(found, self.items)}."
            + (" What is needed of one: with the other kept." if self.pilot.rows else ""),
            "Ranges: what the pilot's own uncertainty of the variances leaves open "
            f"({percent(found.level):g} %).",
        ]
        if any(None in (goal.items, *goal.items, *(goal.repeats or ())) for goal in self.goals):
            said.append("∞: no number is enough, since what is kept varies too much by itself.")
        grids = [make_grid(self.title, columns, self.goals, said)]
        if self.pilot.rows:
            grids.append(
                make_grid(
                    f"{self.items.capitalize()} by {found.rows}",
                    [
                        GOAL_COLUMNS[0],
                        *(column_by(n, found.rows) for n in self.goals[0].items_by_repeats),
                    ],
                    self.goals,
                )
            )
        header, data = make_data(GOAL_DATA, self.goals)
        return Table(tuple(grids), header, data, sentences=self.notes)

    def plot(self, over: str = "items") -> Plot:
        """Power by items (or repeats, with the pilot's items), a curve a difference.

        Raises
        ------
        SettingsError
            Something else, or repeats of a pilot that says nothing of them.
        """
        known = ("items", "repeats") if self.pilot.rows else ("items",)
        if over not in known:
            raise SettingsError(f"over: {over!r} is not known; {did_you_mean(over, known)}")
        found = self.pair.found
        points = self._points(over)
        curves = [
            Curve(f"{goal.difference:g} points", points, self._powers(goal, points, over))
            for goal in self.goals
        ]
        x_name, kept = self.items, rows_of(found)
        if over == "repeats":
            x_name, kept = found.rows, f"{found.n_items:,} {self.items}"
        return curves_plot(
            f"{self.title}, by {x_name}",
            curves,
            f"{x_name} ({kept})" if kept else x_name,
            "power (%)",
            logarithmic=True,
            command="dcgan-eval power",
        )

    def render(self, format: str = "md") -> str:
        """Write it as ``md``, ``csv``, ``json``, ``latex`` or ``html``."""
        if format == "json":
            return self.to_json()
        known = ["json", *FORMATS.names()]
        if format not in known:
            hint = did_you_mean(format, known)
            raise SettingsError(f"--format: unknown format {format!r}; {hint}")
        return self.table().render(format)

    def to_json(self) -> str:
        """Everything, with the curves' points, as JSON; null where no number is enough."""
        found = self.pair.found
        curves = {}
        for over in ("items", "repeats") if self.pilot.rows else ("items",):
            points = self._points(over)
            curves[over] = {
                "at": [int(x) for x in points],
                "power": {
                    f"{goal.difference:g}": self._powers(goal, points, over) for goal in self.goals
                },
            }
        values = {
            "a": self.pair.a.name,
            "b": self.pair.b.name,
            "metric": self.pair.a.label,
            "power": self.target,
            "method": self.pilot.method,
            "level": found.level,
            "pairs": found.pairs,
            "pilot": {
                "difference": carried(self.pair.difference),
                "items": found.n_items,
                "groups": found.n_groups,
                "repeats": found.rows,
                "repeats_a": found.n_rows_a,
                "repeats_b": found.n_rows_b,
                "variance_of_items": carried(self.pilot.items),
                "variance_of_repeats": [carried(one) for one in self.pilot.rows],
                "variance_of_cells": [carried(one) for one in self.pilot.cells],
            },
            "differences": [
                {**as_dict(GOAL_DATA, goal), "items_by_repeats": goal.items_by_repeats}
                for goal in self.goals
            ],
            "curves": curves,
            "notes": list(self.notes),
        }
        return json.dumps(values, indent=2, allow_nan=False, ensure_ascii=False) + "\n"

    def __str__(self) -> str:
        return self.render("md")

    def _repr_html_(self) -> str:
        return self.render("html")

    def _points(self, over: str) -> tuple[float, ...]:
        """Where curves have points: from less than the pilot to what the goals need."""
        if over == "items":
            start: float = self.pilot.n_items / 10
            needed = [goal.items.number for goal in self.goals]
            end = max(2 * self.pilot.n_items, *(n or 0 for n in needed))
            return _round_numbers(max(start, 2 * self.pilot.per_unit), end)
        end = max(
            5 * max(self.pilot.n_rows), *(g.repeats.number or 0 for g in self.goals if g.repeats)
        )
        return _round_numbers(self.pilot.fewest_rows, min(end, 1000))

    def _powers(self, goal: Goal, points: Sequence[float], over: str) -> tuple[float, ...]:
        """Power in percent at each point."""
        share = share_of(goal.difference)
        sizes = [(int(x), None) if over == "items" else (None, int(x)) for x in points]
        return tuple(carried(percent(self.pilot.power(share, *size))) for size in sizes)


def size_of(found: Comparison, items: str) -> str:
    """``2,001 images and 10 draws``."""
    return " and ".join(filter(None, (f"{found.n_items:,} {items}", rows_of(found))))


def rows_of(found: Comparison) -> str:
    """``10 draws``, ``5 and 3 seeds``, or nothing for one row."""
    numbers = dict.fromkeys((found.n_rows_a, found.n_rows_b))
    return "" if max(numbers) == 1 else f"{' and '.join(map(str, numbers))} {found.rows}"


def _round_numbers(low: float, high: float) -> tuple[float, ...]:
    """1, 1.5, 2, 3, 5, 7, 10, …: whole ones from the first not below ``low`` to past ``high``."""
    every = (step * 10**k / 10 for k in count() for step in _STEPS)
    whole = [x for x in takewhile(lambda x: x < 10 * high, every) if x.is_integer() and x >= low]
    past = next(i for i, x in enumerate(whole) if x >= high)
    return tuple(whole[: past + 1])
