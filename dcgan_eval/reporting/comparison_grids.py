"""The grids of a comparison: its rows, its pairs, where the variance comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dcgan_eval.records import MetricInterval
from dcgan_eval.reporting.grid import Cell, Column, Footnotes, Grid
from dcgan_eval.reporting.numbers import (
    count_text,
    heading,
    interval_note,
    interval_text,
    share_text,
    signed_text,
    value_text,
)
from dcgan_eval.reporting.rows import Row
from dcgan_eval.stats import p_text

if TYPE_CHECKING:
    from dcgan_eval.reporting.comparison import Pair


def rows_grid(title: str, rows: Sequence[Row], intervals: Sequence[MetricInterval | None]) -> Grid:
    """What is compared."""
    footnotes = Footnotes()
    spread = any(row.spread is not None for row in rows)
    lines = []
    for row, interval in zip(rows, intervals, strict=True):
        marks = tuple(footnotes.mark(note) for note in row.notes)
        covers = (footnotes.mark(interval_note(interval)),) if interval else ()
        line = [
            Cell(row.name, marks=marks),
            Cell(value_text(row.value)),
            Cell(interval_text(interval), marks=covers),
            Cell(count_text(row.n_repeats)),
        ]
        if spread:
            line.append(Cell("" if row.spread is None else value_text(row.spread)))
        lines.append(tuple(line))
    names = [heading(rows[0]), "interval", "repeats", *(["1.96 sd over draws"] if spread else [])]
    notes = [f"{heading(rows[0])}: {'higher' if rows[0].better == 'high' else 'lower'} is better."]
    if rows[0].experiment.subset is not None:
        notes.append(f"Not the whole published set: {rows[0].experiment.subset}.")
    if spread:
        notes.append(
            "1.96 sd over draws is the spread that the DCGAN authors print: no interval, and "
            "silent about the test items."
        )
    columns = (Column("representation"), *(Column(name, number=True) for name in names))
    return Grid(title, columns, tuple(lines), tuple(notes), tuple(footnotes.texts))


def pairs_grid(pairs: Sequence[Pair]) -> Grid:
    """Differences, intervals, p, and what would have been found."""
    footnotes = Footnotes()
    several = len(pairs) > 1
    lines = []
    for pair in pairs:
        found, bounds = pair.found, pair.bounds
        covers = (footnotes.mark(interval_note(found.interval)),) if found.interval else ()
        marks = tuple(footnotes.mark(note) for note in found.notes)
        line = [
            Cell(pair.a.name, marks=marks),
            Cell(pair.b.name),
            Cell(signed_text(pair.difference)),
            Cell(
                f"{signed_text(bounds[0])} to {signed_text(bounds[1])}" if bounds else "",
                marks=covers,
            ),
            Cell(_p(found.p) if not found.never_disagree else "no disagreement"),
        ]
        if several:
            line.append(Cell(_p(pair.adjusted_p)))
        line += [
            Cell("" if found.detectable is None else value_text(100 * found.detectable)),
            Cell(found.method),
        ]
        lines.append(tuple(line))
    columns = (
        Column("A"),
        Column("B"),
        Column("B - A", number=True),
        Column("interval", number=True),
        Column("p", number=True),
        *([Column("p (Holm)", number=True)] if several else []),
        Column("detectable", number=True),
        Column("test"),
    )
    level = 100 * (1 - pairs[0].found.level)
    detect = "Detectable: the true difference that would be found four times in five"
    at = f" (at {level:g} % divided by {len(pairs)} pairs)" if several else ""
    notes = (
        f"Differences in points of {heading(pairs[0].a)}.",
        f"{detect}{at}.",
    )
    return Grid("Differences", columns, tuple(lines), notes, tuple(footnotes.texts))


def parts_grid(pairs: Sequence[Pair]) -> Grid | None:
    """Where the variance of each difference comes from; None where nothing varies."""
    lines = []
    for pair in pairs:
        variance = pair.found.standard_error**2
        if not variance:
            continue
        for part in pair.found.parts:
            lines.append(
                (
                    Cell(pair.a.name),
                    Cell(pair.b.name),
                    Cell(part.name),
                    Cell(f"{part.component:.3g}"),
                    Cell(f"{share_text(100 * part.share / variance)} %"),
                    Cell("yes" if part.falls_with_items else "no"),
                )
            )
    columns = (
        Column("A"),
        Column("B"),
        Column("source"),
        Column("variance of one effect", number=True),
        Column("share", number=True),
        Column("falls with more images"),
    )
    notes = (
        "Of the variance of each difference. A component can come out below zero when the true "
        "one is about zero.",
    )
    return Grid("Variance parts", columns, tuple(lines), notes) if lines else None


def details_grid(pairs: Sequence[Pair]) -> Grid | None:
    """Discordant items, and tests over draws under their own name; None where there are none."""
    lines = []
    for pair in pairs:
        found, tests = pair.found, pair.found.over_rows
        names = Cell(pair.a.name), Cell(pair.b.name)
        if found.discordant is not None:
            only = f"only A wrong {found.discordant[0]:,}, only B wrong {found.discordant[1]:,}"
            lines.append((*names, Cell("discordant images"), Cell(only)))
        if tests is not None:
            df = f", {tests.t_df} degrees of freedom"
            wins = f": A better in {tests.sign_wins_a} draws, B in {tests.sign_wins_b}"
            t = "no variation" if tests.t_p is None else f"{p_text(tests.t_p)}{df}"
            sign = "no differing draw" if tests.sign_p is None else f"{p_text(tests.sign_p)}{wins}"
            lines.append((*names, Cell("paired t over draws, these test items"), Cell(t)))
            lines.append((*names, Cell("sign test over draws, these test items"), Cell(sign)))
    notes: tuple[str, ...] = ()
    if any(pair.found.over_rows for pair in pairs):
        notes = ("Tests over draws are conditional on these test items, and decide nothing here.",)
    columns = (Column("A"), Column("B"), Column("what"), Column("found"))
    return Grid("Beside the comparison", columns, tuple(lines), notes) if lines else None


def _p(p: float | None) -> str:
    """``0.0004``: the text of a p without its name."""
    return "" if p is None else p_text(p).removeprefix("p ").removeprefix("= ")
