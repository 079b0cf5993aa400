"""The interval of one error or other loss: one door for every design."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dcgan_eval.stats.arrays import as_losses, check_level, is_binary
from dcgan_eval.stats.design import Design
from dcgan_eval.stats.items import group_codes, item_mean
from dcgan_eval.stats.metrics import Losses
from dcgan_eval.stats.normal_theory import t_bounds
from dcgan_eval.stats.results import WIDENED, Estimate, Interval
from dcgan_eval.stats.two_way import two_way
from dcgan_eval.stats.wilson import effective_items, wilson

Codes = NDArray[np.intp] | None


def interval_for(
    errors: ArrayLike | Losses,
    design: Design,
    *,
    groups: NDArray[Any] | None = None,
    level: float = 0.95,
) -> Interval:
    """Interval of the mean error, or of another loss, of one representation.

    Parameters
    ----------
    errors
        Rows x items (or items): 1 where the prediction is wrong, 0 where it is right; means
        over draws, in [0, 1], where a row is a training seed. Or the `Losses` of a metric.
    design
        What the rows are.
    groups
        Group of each item (the photo of a digit), where items come in groups.
    level
        Nominal coverage.

    Returns
    -------
    Interval
        Ends as fractions.

    Raises
    ------
    DataError
        Arrays that do not fit the design.
    """
    check_level(level)
    losses = as_losses(errors, "errors")
    x = losses.values
    codes = group_codes(groups, x.shape[1])
    computation = design.computation(len(x))
    if computation in ("two-way", "methods"):
        estimate = two_way(x, codes, design.rows.removesuffix("s"))
        method = "two-way t"
    else:
        estimate = item_mean(x.mean(axis=0, dtype=np.float64), codes)
        method = "normal, over items" if codes is None else "normal, over groups"
    by_score = losses.worth is not None or is_binary(x)
    if (computation == "one row" and by_score) or estimate.variance == 0:
        low, high, method = _score_bounds(estimate, x.shape[1], codes, level, losses.worth)
    else:
        low, high = t_bounds(estimate, level, 0.0, 1.0)
    if losses.excess:
        low, method = max(0.0, low - losses.excess), f"{method}, {WIDENED}"
    covers = design.covers(len(x), codes is not None)
    return Interval(low, high, level, method, covers, design.held_fixed(len(x)))


def _score_bounds(
    estimate: Estimate, n_items: int, codes: Codes, level: float, worth: float | None
) -> tuple[float, float, str]:
    """Wilson's interval, at the number of independent items that groups or a metric are worth.

    ``worth`` is that of a metric which is no mean of zeros and ones, where nothing varies.
    """
    # A mean of means that do not vary can miss 0 and 1 by rounding.
    mean = min(1.0, max(0.0, estimate.mean))
    if worth is not None:
        if estimate.variance > 0:
            worth = max(1.0, mean * (1 - mean) / estimate.variance)
        elif codes is not None:
            worth = min(worth, int(codes.max()) + 1)
        return *wilson(mean, worth, level), "Wilson, effective number of items"
    if codes is None:
        return *wilson(mean, n_items, level), "Wilson"
    n = effective_items(mean, n_items, estimate.variance, int(codes.max()) + 1)
    return *wilson(mean, n, level), "Wilson, effective number of items"
