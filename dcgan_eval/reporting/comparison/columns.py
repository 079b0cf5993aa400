"""What a comparison says of its rows, its pairs and their variance: each column declared once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from dcgan_eval.records import MetricInterval
from dcgan_eval.reporting.comparison.pair import Pair
from dcgan_eval.reporting.results.percent import percent
from dcgan_eval.reporting.results.rows import Row, subset_note
from dcgan_eval.reporting.tables.column import Column, as_dict, make_grid, pick
from dcgan_eval.reporting.tables.grid import Grid
from dcgan_eval.reporting.tables.numbers import (
    interval_note,
    share_text,
    signed_interval_text,
    signed_text,
    value_text,
)
from dcgan_eval.reporting.tables.row_columns import (
    ROW_COLUMNS,
    better_note,
    ends,
    interval_notes,
)
from dcgan_eval.stats import VariancePart, p_text


def _p(p: float) -> str:
    """``0.0004``: the text of a p without its name."""
    return p_text(p).removeprefix("p ").removeprefix("= ")


_INTERVAL = tuple(
    Column[MetricInterval](name, attrgetter(name))
    for name in ("low", "high", "level", "method", "covers", "given")
)
_ROWS = (
    *ROW_COLUMNS,
    Column[Row](
        "authors_spread", lambda row: row.spread, value_text, "1.96 sd over draws", number=True
    ),
    Column[Row]("records", lambda row: row.ids.split()),
)
ROW_DATA = pick(
    _ROWS,
    (
        *("representation", "protocol", "dataset", "metric", "better", "value", "interval"),
        *("n_repeats", "authors_spread", "records"),
    ),
    interval={"fields": {"interval": lambda one: as_dict(_INTERVAL, one)}},
)


def rows_grid(title: str, rows: Sequence[Row]) -> Grid:
    """What is compared."""
    names = ["representation", "value", "interval", "n_repeats"]
    notes = [better_note(rows[0].heading, rows[0].better)]
    subset = subset_note(rows)
    if subset is not None:
        notes.append(subset)
    if any(row.spread is not None for row in rows):
        names.append("authors_spread")
        notes.append(
            "1.96 sd over draws is the spread that the DCGAN authors print: no interval, and "
            "silent about the test items."
        )
    heading = {"heading": rows[0].heading}
    columns = pick(_ROWS, names, value=heading, interval={"footnotes": interval_notes})
    return make_grid(title, columns, rows, notes)


def _found(*names: str) -> list[Column[Pair]]:
    """What the statistics say under the same names."""
    return [Column(name, attrgetter(f"found.{name}")) for name in names]


PAIR_COLUMNS = (
    Column[Pair](
        "a", lambda pair: pair.a.name, heading="A", footnotes=lambda pair: pair.found.notes
    ),
    Column[Pair]("b", lambda pair: pair.b.name, heading="B"),
    Column[Pair]("protocol", lambda pair: pair.a.experiment.kind),
    Column[Pair]("dataset", lambda pair: pair.a.experiment.dataset),
    Column[Pair]("metric", lambda pair: pair.a.label),
    Column[Pair]("value_a", lambda pair: pair.a.value),
    Column[Pair]("value_b", lambda pair: pair.b.value),
    Column[Pair]("difference", lambda pair: pair.difference, signed_text, "B - A", number=True),
    Column[Pair](
        "interval",
        lambda pair: pair.interval,
        signed_interval_text,
        number=True,
        fields=ends("low", "high"),
        footnotes=lambda pair: [interval_note(pair.interval)] if pair.interval else [],
    ),
    Column[Pair](
        "p",
        lambda pair: pair.found.p,
        _p,
        number=True,
        absent=lambda pair: "no disagreement" if pair.found.never_disagree else "",
    ),
    Column[Pair]("p_holm", lambda pair: pair.adjusted_p, _p, "p (Holm)", number=True),
    Column[Pair]("significant", lambda pair: pair.significant),
    Column[Pair]("method", lambda pair: pair.found.method, heading="test"),
    Column[Pair]("interval_method", lambda pair: pair.interval and pair.interval.method),
    Column[Pair]("standard_error", lambda pair: pair.standard_error),
    Column[Pair]("df", lambda pair: None if math.isinf(pair.found.df) else pair.found.df),
    Column[Pair]("detectable", lambda pair: pair.detectable, value_text, number=True),
    Column[Pair]("covers", lambda pair: pair.interval and pair.interval.covers),
    Column[Pair]("given", lambda pair: pair.interval and pair.interval.given),
    *_found("rows", "n_rows_a", "n_rows_b", "n_items", "n_groups"),
    Column[Pair](
        "discordant",
        lambda pair: pair.found.discordant,
        fields={"only_a_wrong": itemgetter(0), "only_b_wrong": itemgetter(1)},
    ),
    *_found("never_disagree"),
    Column[Pair](
        "over_rows",
        lambda pair: pair.found.over_rows,
        fields={
            "conditional_t_p": attrgetter("t_p"),
            "conditional_sign_p": attrgetter("sign_p"),
            "draws_a_better": attrgetter("sign_wins_a"),
            "draws_b_better": attrgetter("sign_wins_b"),
        },
    ),
    Column[Pair]("records_a", lambda pair: pair.a.ids),
    Column[Pair]("records_b", lambda pair: pair.b.ids),
)


def pairs_grid(pairs: Sequence[Pair]) -> Grid:
    """Differences, intervals, p, and what would have been found."""
    several = len(pairs) > 1
    p = ("p", "p_holm") if several else ("p",)
    tests = {pair.found.method for pair in pairs}
    test = ("method",) if len(tests) > 1 else ()
    columns = pick(PAIR_COLUMNS, ("a", "b", "difference", "interval", *p, "detectable", *test))
    level = percent(1 - pairs[0].found.level)
    at = f" (at {level:g} % divided by {len(pairs)} pairs)" if several else ""
    notes = (
        f"Differences in points of {pairs[0].a.heading}.",
        f"Detectable: the true difference that would be found four times in five{at}.",
        *(f"Test: {one}." for one in tests if not test),
    )
    # What an interval covers comes before what else is said of its pair.
    interval, a = pick(columns, ("interval", "a"))
    said = (note for pair in pairs for one in (interval, a) for note in one.footnotes(pair))
    return make_grid("Differences", columns, pairs, notes, said)


# Of whatever says its pair.
_NAMES: tuple[Column[Any], ...] = (
    Column("A", attrgetter("pair.a.name")),
    Column("B", attrgetter("pair.b.name")),
)


class _Source(NamedTuple):
    """One source of the variance of one difference."""

    pair: Pair
    part: VariancePart


SOURCE_COLUMNS = (
    Column[_Source]("name", lambda one: one.part.name, heading="source"),
    Column[_Source](
        "component",
        lambda one: one.part.component,
        "{:.3g}".format,
        "variance of one effect",
        number=True,
    ),
    Column[_Source]("share", lambda one: one.part.share),
    Column[_Source](
        "share_percent",
        lambda one: one.pair.percent_of_variance(one.part),
        share_text,
        "share",
        number=True,
    ),
    Column[_Source](
        "falls_with_items",
        lambda one: one.part.falls_with_items,
        lambda falls: "yes" if falls else "no",
    ),
)


def sources(pair: Pair) -> list[_Source]:
    """Where the variance of a difference comes from."""
    return [_Source(pair, part) for part in pair.found.parts]


def sources_grid(pairs: Sequence[Pair], items: str) -> Grid | None:
    """Where the variance of each difference comes from; None where nothing varies."""
    varying = [pair for pair in pairs if pair.found.standard_error]
    found = [one for pair in varying for one in sources(pair)]
    printed = ("name", "component", "share_percent", "falls_with_items")
    falls = {"heading": f"falls with more {items}"}
    columns = (*_NAMES, *pick(SOURCE_COLUMNS, printed, falls_with_items=falls))
    note = (
        "Of the variance of each difference. A component can come out below zero when the true "
        "one is about zero."
    )
    return make_grid("Variance parts", columns, found, [note]) if found else None


class _Detail(NamedTuple):
    """Something found beside the comparison."""

    pair: Pair
    what: str
    found: str


def details_grid(pairs: Sequence[Pair], items: str) -> Grid | None:
    """Discordant items, and tests over draws under their own name; None where there are none."""
    details = []
    for pair in pairs:
        found, tests = pair.found, pair.found.over_rows
        if found.discordant is not None:
            only = f"only A wrong {found.discordant[0]:,}, only B wrong {found.discordant[1]:,}"
            details.append(_Detail(pair, f"discordant {items}", only))
        if tests is not None:
            df = f", {tests.t_df} degrees of freedom"
            wins = f": A better in {tests.sign_wins_a} draws, B in {tests.sign_wins_b}"
            t = "no variation" if tests.t_p is None else f"{p_text(tests.t_p)}{df}"
            sign = "no differing draw" if tests.sign_p is None else f"{p_text(tests.sign_p)}{wins}"
            details.append(_Detail(pair, "paired t over draws, these test items", t))
            details.append(_Detail(pair, "sign test over draws, these test items", sign))
    columns = (
        *_NAMES,
        Column[_Detail]("what", lambda one: one.what),
        Column[_Detail]("found", lambda one: one.found),
    )
    notes = ["Tests over draws are conditional on these test items, and decide nothing here."]
    said = notes if any(pair.found.over_rows for pair in pairs) else []
    return make_grid("Beside the comparison", columns, details, said) if details else None


NESTED_COLUMNS = (
    *PAIR_COLUMNS,
    Column[Pair]("pairs", lambda pair: pair.found.pairs),
    Column[Pair](
        "variance_parts", lambda pair: [as_dict(SOURCE_COLUMNS, one) for one in sources(pair)]
    ),
    Column[Pair]("notes", lambda pair: list(pair.found.notes)),
    Column[Pair]("sentence", lambda pair: pair.sentence),
)
