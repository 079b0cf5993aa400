"""Numbers as tables show them, and as data carry them."""

from __future__ import annotations

from typing import Any

from dcgan_eval.records import MetricInterval
from dcgan_eval.reporting.results.percent import percent


def carried(value: Any) -> Any:
    """A number as CSV, JSON and frames have it: 79.71 and not 79.71000000000001.

    The shortest decimal that twelve significant digits give. A share of up to 10¹¹ predictions
    is told apart from the next one by them, while the digits behind are what binary arithmetic
    rounded on the way to percent, and differ from processor to processor. Whatever is no
    floating-point number stays as it is.
    """
    return float(f"{value:.12g}") if isinstance(value, float) else value


def value_text(value: float, decimals: int = 2) -> str:
    """Two decimals, or so many."""
    return f"{value:.{decimals}f}"


def interval_text(interval: MetricInterval, decimals: int = 2) -> str:
    """``21.90 to 23.10``."""
    return f"{value_text(interval.low, decimals)} to {value_text(interval.high, decimals)}"


def value_and_interval(
    value: float, interval: MetricInterval | None, form: str, decimals: int
) -> str:
    """``22.50 (21.90 to 23.10)``, ``22.50 ± 0.60`` (half the width), or the value alone.

    Parameters
    ----------
    form
        ``range``, ``pm`` or ``none``.
    """
    text = value_text(value, decimals)
    if interval is None or form == "none":
        return text
    if form == "pm":
        return f"{text} ± {value_text((interval.high - interval.low) / 2, decimals)}"
    return f"{text} ({interval_text(interval, decimals)})"


def count_text(count: int) -> str:
    """Thousands set apart."""
    return f"{count:,}"


CPU_NOTE = (
    "CPU seconds are shown where the seconds are more than half as many again: the machine was "
    "busy with other work, or the run waited for the disk or a GPU."
)


def seconds_text(seconds: float) -> str:
    """Seconds with the decimals that matter."""
    return f"{seconds:.1f}" if seconds < 100 else f"{seconds:,.0f}"


def signed_text(value: float) -> str:
    """Two decimals with a sign; the minus is a minus sign, zero has none."""
    text = value_text(abs(value))
    if float(text) == 0:
        return text
    return f"\N{MINUS SIGN}{text}" if value < 0 else f"+{text}"


def signed_interval_text(interval: MetricInterval) -> str:
    """``−1.20 to +0.40``."""
    return f"{signed_text(interval.low)} to {signed_text(interval.high)}"


def share_text(points: float) -> str:
    """A whole number of percent, no negative zero."""
    return str(round(points)).replace("-", "\N{MINUS SIGN}") + " %"


def interval_words(interval: MetricInterval) -> str:
    """What an interval is, covers and is given, without a full stop."""
    return (
        f"{percent(interval.level):g} %, {interval.method}; covers {interval.covers}; "
        f"given {interval.given}"
    )


def interval_note(interval: MetricInterval) -> str:
    """The same as a sentence."""
    return f"Interval: {interval_words(interval)}."
