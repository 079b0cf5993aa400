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
    return _two_way(name, there.astype(np.float64), (0.0, 1.0), **said)


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
    return _two_way(name, before.astype(np.float64) - after, (-1.0, 1.0), **said)


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
    if lowest == 0 and np.ptp(values) == 0:
        bounds, method = wilson(mean, n, _LEVEL), "Wilson, over repeats"
    else:
        estimate = Estimate(mean, float(values.var(ddof=1)) / n, n - 1, ())
        bounds, method = t_bounds(estimate, _LEVEL, lowest, 1.0), "t over repeats"
    return _metric(name, mean, bounds, method, repeats=n, **said)


def _two_way(name: str, x: NDArray[np.float64], ends: tuple[float, float], **said: Any) -> Metric:
    bounds = t_bounds(two_way(x), _LEVEL, *ends)
    return _metric(name, float(x.mean()), bounds, "two-way t", repeats=len(x), **said)


def _metric(
    name: str,
    share: float,
    bounds: tuple[float, float],
    method: str,
    *,
    better: Literal["high", "low"],
    covers: str,
    given: str,
    headline: bool = False,
    repeats: int = 1,
) -> Metric:
    low, high = (100 * end for end in bounds)
    return Metric(
        name=name,
        value=100 * share,
        better=better,
        headline=headline,
        n_repeats=repeats,
        interval=MetricInterval(
            low=low, high=high, level=_LEVEL, method=method, covers=covers, given=given
        ),
    )
