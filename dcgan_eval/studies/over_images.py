"""Numbers that are sums over images, with an interval over images."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.records import Metric, MetricInterval
from dcgan_eval.stats import Estimate, t_bounds

_LEVEL = 0.95


def over_images(
    value: float, changes: NDArray[np.float64], groups: NDArray[np.int64] | None = None
) -> Estimate:
    """A number with its variance over images.

    Parameters
    ----------
    changes : (images,)
        What each image adds to the number's error, to first order; they sum to 0.
    groups : (images,), optional
        Images of one number are drawn together.

    Notes
    -----
    The variance is n/(n − 1) · Σ c², n images (or groups, c their sums), with n − 1 degrees of
    freedom: of a mean, c = (x − x̄)/n, it is the usual one.
    """
    if groups is not None:
        _, codes = np.unique(groups, return_inverse=True)
        changes = np.bincount(codes, weights=changes).astype(np.float64)
    n = len(changes)
    return Estimate(value, n / (n - 1) * float(changes @ changes), n - 1, ())


def image_metric(
    name: str,
    estimate: Estimate,
    *,
    lowest: float,
    highest: float = math.inf,
    given: str,
    headline: bool = False,
    better: Literal["high", "low"] = "high",
) -> Metric:
    """A metric of an `over_images`; its interval covers other images."""
    low, high = t_bounds(estimate, _LEVEL, lowest, highest)
    return Metric(
        name=name,
        value=estimate.mean,
        unit="1",
        better=better,
        interval=MetricInterval(
            low=low,
            high=high,
            level=_LEVEL,
            method="t over images",
            covers="other test images",
            given=given,
        ),
        n_repeats=int(estimate.df) + 1,
        headline=headline,
    )
