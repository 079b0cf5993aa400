"""From a mean and its variance to an interval and a p-value."""

from __future__ import annotations

import math

from scipy.special import stdtr, stdtrit

from dcgan_eval.stats.results import Estimate


def t_bounds(
    estimate: Estimate, level: float, lowest: float, highest: float
) -> tuple[float, float]:
    """Ends mean ± t(df)·SE, cut at the lowest and highest possible value."""
    half = float(stdtrit(estimate.df, (1 + level) / 2)) * math.sqrt(estimate.variance)
    return max(lowest, estimate.mean - half), min(highest, estimate.mean + half)


def t_pvalue(estimate: Estimate) -> float | None:
    """Two-sided p of "the mean is zero"; None where nothing varies."""
    if estimate.variance == 0:
        return None
    t = estimate.mean / math.sqrt(estimate.variance)
    return float(2 * stdtr(estimate.df, -abs(t)))
