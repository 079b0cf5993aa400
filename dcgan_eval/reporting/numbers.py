"""Numbers as tables show them."""

from __future__ import annotations

from dcgan_eval.records import MetricInterval
from dcgan_eval.reporting.rows import Row
from dcgan_eval.stats import Interval


def value_text(value: float) -> str:
    """Two decimals."""
    return f"{value:.2f}"


def interval_text(interval: MetricInterval | None) -> str:
    """``21.90 to 23.10``, or nothing."""
    return "" if interval is None else f"{interval.low:.2f} to {interval.high:.2f}"


def count_text(count: int | None) -> str:
    """Thousands set apart, or nothing."""
    return "" if count is None else f"{count:,}"


def seconds_text(seconds: float | None) -> str:
    """Seconds with the decimals that matter."""
    if seconds is None:
        return ""
    return f"{seconds:.1f}" if seconds < 100 else f"{seconds:,.0f}"


def signed_text(value: float) -> str:
    """Two decimals with a sign; the minus is a minus sign, zero has none."""
    text = f"{abs(value):.2f}"
    if float(text) == 0:
        return text
    return f"\N{MINUS SIGN}{text}" if value < 0 else f"+{text}"


def share_text(percent: float) -> str:
    """A whole number of percent, no negative zero."""
    return str(round(percent)).replace("-", "\N{MINUS SIGN}")


def heading(row: Row) -> str:
    """Metric and unit: ``error (%)``."""
    return f"{row.label} ({row.unit})"


def interval_note(interval: MetricInterval | Interval) -> str:
    """What an interval is, covers and is given."""
    return (
        f"Interval: {100 * interval.level:g} %, {interval.method}; covers {interval.covers}; "
        f"given {interval.given}."
    )
