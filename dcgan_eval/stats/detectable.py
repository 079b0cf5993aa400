"""What difference would have been found, and how many items would find a given one (section 5)."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtri, ndtr, stdtrit

from dcgan_eval.stats.items import Floats
from dcgan_eval.stats.results import Comparison, WelchTerms

POWER = 0.8
"""Four times in five."""


def errors_to_detect(pairs: int = 1, level: float = 0.95, df: float = math.inf) -> float:
    """Standard errors of the difference that power 80 % takes: 2.80 for one pair, normal."""
    alpha = (1 - level) / pairs
    return float(stdtrit(df, 1 - alpha / 2) + stdtrit(df, POWER))


_STEPS = 64
"""Quantiles of each chi-square over which power is averaged: 256 change δ80 by 0.1 %."""


def welch_errors_to_detect(terms: WelchTerms, pairs: int = 1, level: float = 0.95) -> float:
    """Standard errors of the difference that power 80 % takes with Welch's test.

    Parameters
    ----------
    terms
        The variances of both methods' seeds and of the items.
    pairs, level
        As in `detectable_difference`.

    Notes
    -----
    With 2 degrees of freedom each, the estimate of ν scatters as widely as the variance, and
    the quantiles of t at any single ν promise too much (docs/statistics.md, last table). So the
    power is computed as it is defined: the test rejects where |T| > t(ν̂)·√V̂, with V̂_A and
    V̂_B independent χ²/df around ``terms`` (that of the items has many degrees of freedom and is
    taken as known), averaged over their quantiles.
    """
    from scipy.optimize import brentq  # slow to import, and only methods need it

    alpha = (1 - level) / pairs
    at = (np.arange(_STEPS) + 0.5) / _STEPS
    of_a = terms.of_a * (chdtri(terms.df_a, at) / terms.df_a)[:, np.newaxis]
    of_b = terms.of_b * (chdtri(terms.df_b, at) / terms.df_b)[np.newaxis, :]

    # 1. V̂ and ν̂ of every pair of quantiles, as in `two_methods`.
    def variance(a: Floats, b: Floats) -> Floats:
        largest = np.maximum(np.maximum(a, b), terms.of_items)
        return np.maximum(largest, a + b + terms.of_items - terms.of_cells)

    found = variance(of_a, of_b)
    df = found**2 / (
        of_a**2 / terms.df_a + of_b**2 / terms.df_b + terms.of_items**2 / terms.df_items
    )
    # 2. What T must exceed there, in true standard errors.
    true = variance(np.asarray(terms.of_a), np.asarray(terms.of_b))
    edge = stdtrit(df, 1 - alpha / 2) * np.sqrt(found / true)

    # 3. The difference at which four of five exceed it.
    def missing(away: float) -> float:
        return float(np.mean(ndtr(away - edge) + ndtr(-away - edge))) - POWER

    return float(brentq(missing, 0.0, float(edge.max()) + 1.0))


def detectable_difference(
    standard_error: float,
    pairs: int = 1,
    level: float = 0.95,
    df: float = math.inf,
    welch: WelchTerms | None = None,
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
    welch
        Of two methods, in place of ``df``: see `welch_errors_to_detect`.
    """
    if welch is not None:
        return welch_errors_to_detect(welch, pairs, level) * standard_error
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
    if comparison.detectable is None:
        factor = errors_to_detect(comparison.pairs, comparison.level, comparison.df)
    else:
        factor = comparison.detectable / comparison.standard_error
    room = (difference / factor) ** 2 - stays
    return math.ceil(comparison.n_items * shrinks / room) if room > 0 else None
