"""What difference would have been found, and how many items would find a given one (section 5)."""

from __future__ import annotations

import math

from scipy.special import stdtrit

from dcgan_eval.stats.results import Comparison

POWER = 0.8
"""Four times in five."""


def errors_to_detect(pairs: int = 1, level: float = 0.95, df: float = math.inf) -> float:
    """Standard errors of the difference that power 80 % takes: 2.80 for one pair, normal."""
    alpha = (1 - level) / pairs
    return float(stdtrit(df, 1 - alpha / 2) + stdtrit(df, POWER))


def detectable_difference(
    standard_error: float, pairs: int = 1, level: float = 0.95, df: float = math.inf
) -> float:
    """The true difference that the test finds four times in five.

    Parameters
    ----------
    standard_error
        Of the difference.
    pairs
        How many pairs are compared at once: the level of the test is divided by it.
    level
        Confidence level, 0.95 for a test at 5 %.
    df
        Degrees of freedom of the test: (t_{1-α/2} + t_{0.8})·SE, which for infinite df is
        (z_{1-α/2} + z_{0.8})·SE. With few draws the t quantiles matter: at 4 degrees of
        freedom the normal ones would promise 80 % and give 56 %.
    """
    return errors_to_detect(pairs, level, df) * standard_error


def items_needed(comparison: Comparison, difference: float) -> int | None:
    """Items like these that make ``difference`` detectable with the rows there are.

    Parameters
    ----------
    comparison
        What has been measured.
    difference
        The true difference to be found, a fraction above 0.

    Returns
    -------
    int or None
        None where the rows alone vary too much: no number of items is enough.

    Notes
    -----
    The parts of items, groups and row x item shrink as 1/N; those of draws and seeds do not.
    """
    stays = sum(max(0.0, part.share) for part in comparison.parts if not part.falls_with_items)
    shrinks = max(0.0, comparison.standard_error**2 - stays)
    factor = errors_to_detect(comparison.pairs, comparison.level, comparison.df)
    room = (difference / factor) ** 2 - stays
    return math.ceil(comparison.n_items * shrinks / room) if room > 0 else None
