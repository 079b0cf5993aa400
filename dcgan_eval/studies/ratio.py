"""A number of each row over a common yardstick, with an interval over rows."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.records import Metric, MetricInterval
from dcgan_eval.stats import Estimate, t_bounds

_LEVEL = 0.95


def ratio_metric(
    name: str,
    values: NDArray[np.float64],
    yardstick: NDArray[np.float64],
    *,
    power: int = 1,
    unit: Literal["%", "1"] = "%",
    better: Literal["high", "low"],
    covers: str,
    given: str,
    headline: bool = False,
) -> Metric:
    """mean(values) / mean(yardstick)^power, whose interval knows that both are estimated.

    Parameters
    ----------
    values, yardstick : (rows,)
        Rows are independent; the two numbers of a row need not be.
    power
        Of the yardstick: 2 for a squared distance.
    unit
        ``%``: the ratio times 100.
    name, better, covers, given, headline
        Of the metric and its interval; see `dcgan_eval.records.Metric`.

    Notes
    -----
    With ā and ū the means, the ratio's first-order change with row r is
    e_r = [(a_r − ā) − power · (ā/ū)(u_r − ū)] / ū^power; its variance is that of e over the number
    of rows, and the interval Student's with rows − 1 degrees of freedom, not below 0.

    Examples
    --------
    >>> import numpy as np
    >>> from dcgan_eval.studies import ratio_metric
    >>> steps, yard = np.array([1.0, 2.0, 1.5]), np.array([4.0, 4.0, 4.0])
    >>> found = ratio_metric("step", steps, yard, better="low", covers="other rows", given="")
    >>> found.value, round(found.interval.low, 2), round(found.interval.high, 2)
    (37.5, 6.45, 68.55)
    """
    scale = 100.0 if unit == "%" else 1.0
    a, u, n = float(values.mean()), float(yardstick.mean()), len(values)
    change = (values - a - power * (a / u) * (yardstick - u)) * (scale / u**power)
    sd = float(change.std(ddof=1))
    value = scale * a / u**power
    estimate = Estimate(value, sd * sd / n, n - 1, ())
    low, high = t_bounds(estimate, _LEVEL, 0.0, math.inf)
    interval = MetricInterval(
        low=low, high=high, level=_LEVEL, method="t over rows", covers=covers, given=given
    )
    return Metric(
        name=name,
        value=value,
        unit=unit,
        better=better,
        interval=interval,
        sd=sd,
        n_repeats=n,
        headline=headline,
    )
