"""From a mean and its variance to an interval and a p-value."""

from __future__ import annotations

import math

from scipy.stats import t as student

from dcgan_eval.stats.results import Estimate


def t_bounds(
    estimate: Estimate, level: float, lowest: float, highest: float
) -> tuple[float, float]:
    """Ends mean ± t(df)·SE, cut at the lowest and highest possible value."""
    half = float(student.ppf((1 + level) / 2, estimate.df)) * math.sqrt(estimate.variance)
    return max(lowest, estimate.mean - half), min(highest, estimate.mean + half)


def t_pvalue(estimate: Estimate) -> float | None:
    """Two-sided p of "the mean is zero"; None where nothing varies."""
    if estimate.variance == 0:
        return None
    return float(2 * student.sf(abs(estimate.mean) / math.sqrt(estimate.variance), estimate.df))
