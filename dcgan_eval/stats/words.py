"""A comparison in words (section 5): no adjectives, the numbers speak."""

from __future__ import annotations

import math

from dcgan_eval.stats.power import Pilot, why_no_pilot
from dcgan_eval.stats.results import Comparison

MINUS = "\N{MINUS SIGN}"


def sentence(
    comparison: Comparison,
    name_a: str,
    name_b: str,
    *,
    items: str = "images",
    unit: str = "points",
    adjusted_p: float | None = None,
) -> str:
    """What a comparison says, in one sentence (and its notes).

    Parameters
    ----------
    comparison
        The result of ``compare_paired``.
    name_a, name_b
        What A and B are called.
    items
        What an item is, plural.
    unit
        What a hundredth of the metric is called, plural.
    adjusted_p
        p after Holm's correction, where several pairs are compared: it decides.

    Returns
    -------
    str
        Numbers are in points of percent. The one with fewer errors is "better", for an error
        and an accuracy alike; where the two can't be told apart, the difference is said to be
        in favour of it, and the ends of the interval are from its point of view.
    """
    said = _verdict(comparison, name_a, name_b, items, unit, adjusted_p)
    return " ".join((said + ".", *comparison.notes))


def sample_size_sentence(
    comparison: Comparison, difference: float, *, items: str = "images", unit: str = "points"
) -> str:
    """How many items like these would find a true difference (a fraction) four times in five."""
    points = _number(100 * difference, _decimals(100 * difference))
    goal = f"To find a true difference of {points} {unit} four times in five"
    reason = why_no_pilot(comparison)
    if reason is not None:
        return f"{goal}: {reason}."
    n = Pilot.of(comparison).items_needed(difference)
    if n is not None:
        return f"{goal}, about {rounded_up(n):,} {items} like these are needed."
    kind = comparison.rows
    return (
        f"{goal}, no number of {items} is enough with {_rows(comparison)}: that takes more {kind}."
    )


def p_text(p: float) -> str:
    """``p = 0.0004``: four decimals below 0.001 and beside 0.05, three below 0.1, else two."""
    if p < 0.0001:
        return "p < 0.0001"
    if p < 0.001 or f"{p:.3f}" == "0.050":
        return f"p = {p:.4f}"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def rounded_up(n: int) -> int:
    """Two significant digits, upwards."""
    step = int(10 ** max(0, len(str(n)) - 2))
    return math.ceil(n / step) * step


def _verdict(
    c: Comparison, name_a: str, name_b: str, items: str, unit: str, adjusted_p: float | None
) -> str:
    """The sentence without its full stop."""
    where = f"on {c.n_items:,} {items}" + (f" and {_rows(c)}" if _rows(c) else "")
    if c.never_disagree:
        said = f"{name_a} and {name_b} never disagree {where}"
        return said + (f" ({_interval(c, 1, unit)})" if c.interval else "")
    # Seen from the one with fewer errors, so that the difference is positive.
    ahead, behind, sign = (name_b, name_a, -1) if c.difference <= 0 else (name_a, name_b, 1)
    if c.p is None or c.interval is None:
        by = _number(abs(100 * c.difference), 1)
        return (
            f"{name_a} and {name_b} differ by {by} {unit} {where}, in favour of {ahead}; "
            "neither rows nor items vary: no interval, no p"
        )
    by = _number(abs(100 * c.difference), _interval_decimals(c))
    p = p_text(c.p)
    if adjusted_p is not None:
        p += f", {p_text(adjusted_p)} after Holm for {c.pairs} pairs"
    bracket = f"{_interval(c, sign, unit=None)}, {p}"
    if (c.p if adjusted_p is None else adjusted_p) < 1 - c.level:
        return f"{ahead} is better than {behind} by {by} {unit} ({bracket}) {where}"
    favour = f" in favour of {ahead}" if c.difference else ""
    said = f"{name_a} and {name_b} can't be told apart {where} (difference {by}{favour}, {bracket})"
    if c.detectable is None:
        return said
    decimals = max(_interval_decimals(c), _decimals(100 * c.detectable))
    found = _number(100 * c.detectable, decimals)
    return f"{said}; a true difference of {found} {unit} would have been found four times in five"


def _interval(c: Comparison, sign: int, unit: str | None) -> str:
    """``95 % interval 0.6 to 2.0``, turned round for sign -1."""
    assert c.interval is not None
    ends = sorted((sign * c.interval.low, sign * c.interval.high))
    low, high = (_number(100 * end, _interval_decimals(c)) for end in ends)
    of = f" of the difference {low} to {high} {unit}" if unit else f" {low} to {high}"
    return f"{100 * c.level:g} % interval{of}"


def _rows(c: Comparison) -> str:
    """``100 draws``, ``5 and 3 seeds``, or nothing for one row."""
    if max(c.n_rows_a, c.n_rows_b) == 1:
        return ""
    if c.n_rows_a == c.n_rows_b:
        return f"{c.n_rows_a} {c.rows}"
    return f"{c.n_rows_a} and {c.n_rows_b} {c.rows}"


def _interval_decimals(c: Comparison) -> int:
    """Decimals that show half the interval with one significant digit, at least one.

    One more for an end that would be rounded to 0, as if it lay on neither side.
    """
    assert c.interval is not None
    decimals = _decimals(50 * (c.interval.high - c.interval.low))
    ends = [100 * end for end in (c.interval.low, c.interval.high) if end]
    return min(4, max([decimals, *(_decimals(abs(e)) for e in ends if not round(e, decimals))]))


def _decimals(points: float) -> int:
    """Decimals for a number of this size: 1 from 0.1 on, then one more for each tenth."""
    return 1 if points <= 0 else min(4, max(1, -math.floor(math.log10(points))))


def _number(value: float, decimals: int) -> str:
    """Fixed decimals, a true minus sign, no negative zero."""
    text = f"{abs(value):.{decimals}f}"
    return f"{MINUS}{text}" if value < 0 and float(text) else text
