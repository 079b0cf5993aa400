"""Between shares of wrong predictions, which the statistics take, and metrics in percent: only here.

An error of 0.21 is 21 %, and the accuracy beside it 79 %: it rises as the error falls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.records import MetricInterval
from dcgan_eval.stats import Interval

Better = Literal["high", "low"]
Number = TypeVar("Number", float, NDArray[np.float64])


def percent(share: Number) -> Number:
    """A share in percent."""
    return 100.0 * share


def share_of(points: float) -> float:
    """Points of percent as a share."""
    return points / 100.0


def metric_value(error: float, better: Better) -> float:
    """The metric of an error rate (a share)."""
    return 100.0 - percent(error) if better == "high" else percent(error)


def metric_difference(difference: float, better: Better) -> float:
    """A difference of the metric, from one of error rates."""
    points = percent(difference)
    # Adding zero turns a negative zero into a plain one.
    return (-points if better == "high" else points) + 0.0


def value_interval(interval: Interval, better: Better) -> MetricInterval:
    """Interval of a metric, from that of an error rate."""
    return _interval(interval, better, metric_value)


def difference_interval(interval: Interval, better: Better) -> MetricInterval:
    """Interval of a difference of a metric, from that of a difference of error rates."""
    return _interval(interval, better, metric_difference)


def _interval(
    interval: Interval, better: Better, convert: Callable[[float, Better], float]
) -> MetricInterval:
    low, high = sorted((convert(interval.low, better), convert(interval.high, better)))
    return MetricInterval(
        low=low,
        high=high,
        level=interval.level,
        method=interval.method,
        covers=interval.covers,
        given=interval.given,
    )
