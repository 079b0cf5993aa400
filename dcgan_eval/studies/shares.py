"""Shares of samples, and how they change, as metrics with intervals."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.records import Metric, MetricInterval
from dcgan_eval.stats import Estimate, t_bounds, tango, two_way, wilson

_LEVEL = 0.95


def share_metric(name: str, there: NDArray[Any], **said: Any) -> Metric:
    """The share of samples in which something is there, in percent.

    Parameters
    ----------
    there : bool (samples,), or (draws, samples)
        Of one draw Wilson's interval; of several, which share their samples, the two-way one.
    **said
        ``covers``, ``given``, ``better`` and perhaps ``headline``; see `dcgan_eval.records.Metric`.
    """
    share = float(there.mean())
    if there.ndim == 1:
        return _metric(name, share, wilson(share, len(there), _LEVEL), "Wilson", **said)
    estimate = two_way(there.astype(np.float64))
    if estimate.variance == 0:  # alike in all draws, which say no more than one
        return share_metric(name, there[0], **said)
    return _of_draws(name, estimate, 0.0, len(there), **said)


def change_metric(
    name: str, before: NDArray[np.bool_], after: NDArray[np.bool_], **said: Any
) -> Metric:
    """The share before minus the share after, in points, of the same samples.

    Parameters
    ----------
    before : (samples,)
    after : (samples,), or (draws, samples)
        Of one draw Tango's interval of a paired difference; of several the two-way one.
    """
    if after.ndim == 1:
        lost, won = int((before & ~after).sum()), int((after & ~before).sum())
        bounds = tango(won, lost, len(before), _LEVEL)
        return _metric(name, (lost - won) / len(before), bounds, "Tango, paired", **said)
    estimate = two_way(before.astype(np.float64) - after)
    if estimate.variance == 0:
        return change_metric(name, before, after[0], **said)
    return _of_draws(name, estimate, -1.0, len(after), **said)


def repeats_metric(
    name: str, values: NDArray[np.float64], lowest: float = 0.0, **said: Any
) -> Metric:
    """The mean of a share of each repeat, in percent, with Student's t over repeats.

    Parameters
    ----------
    values : (repeats,)
        Shares, or differences of shares (`lowest` −1). Where all are equal and there is no spread
        to see, Wilson's interval of so many repeats, or none of differences.
    """
    n, mean = len(values), float(values.mean())
    if np.ptp(values) > 0:
        estimate = Estimate(mean, float(values.var(ddof=1)) / n, n - 1, ())
        bounds = t_bounds(estimate, _LEVEL, lowest, 1.0)
        return _metric(name, mean, bounds, "t over repeats", repeats=n, **said)
    ends = None if lowest < 0 else wilson(mean, n, _LEVEL)
    return _metric(name, mean, ends, "Wilson, over repeats", repeats=n, **said)


def _of_draws(name: str, estimate: Estimate, lowest: float, draws: int, **said: Any) -> Metric:
    bounds = t_bounds(estimate, _LEVEL, lowest, 1.0)
    return _metric(name, estimate.mean, bounds, "two-way t", repeats=draws, **said)


def _metric(
    name: str,
    share: float,
    bounds: tuple[float, float] | None,
    method: str,
    *,
    better: Literal["high", "low"],
    covers: str,
    given: str,
    headline: bool = False,
    repeats: int = 1,
) -> Metric:
    interval = None
    if bounds is not None:
        low, high = (100 * end for end in bounds)
        interval = MetricInterval(
            low=low, high=high, level=_LEVEL, method=method, covers=covers, given=given
        )
    return Metric(
        name=name,
        value=100 * share,
        better=better,
        headline=headline,
        n_repeats=repeats,
        interval=interval,
    )
