"""Numbers as tables show them."""

from __future__ import annotations

from dcgan_eval.records import MetricInterval


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
