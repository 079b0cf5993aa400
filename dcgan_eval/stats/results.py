"""What the functions of this room return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

WIDENED = "widened by what chance may add"
"""In the name of a method, where a metric has an excess that nobody knows."""


@dataclass(frozen=True)
class Interval:
    """A confidence interval that says what it is about.

    Attributes
    ----------
    low, high
        Its ends, as fractions (0.013 is 1.3 points of percent).
    level
        Nominal coverage, 0.95 unless another one was asked for.
    method
        How it was computed.
    covers
        What was sampled: what would vary in the repetitions that the level speaks of.
    given
        What was held fixed: what the interval says nothing about.
    """

    low: float
    high: float
    level: float
    method: str
    covers: str
    given: str


@dataclass(frozen=True)
class VariancePart:
    """One source of variation of a mean over rows and items.

    Attributes
    ----------
    name
        ``items``, ``groups``, ``draws``, ``draw x item``, ``seeds``, ``seeds of A``, ...
    component
        Unbiased estimate of the variance of one effect of this kind, for a single cell. It can
        come out below zero when the true one is about zero.
    share
        What this source adds to the variance of the mean. The shares sum to the variance,
        unless that had to be raised to one of its parts.
    source
        What varies: items (or groups of them), rows, or cells, which are both.
    """

    name: str
    component: float
    share: float
    source: Literal["items", "rows", "cells"]

    @property
    def falls_with_items(self) -> bool:
        """Whether the share falls as 1/N when there are more items."""
        return self.source != "rows"


@dataclass(frozen=True)
class WelchTerms:
    """What Welch's variance of a difference of two methods is made of.

    A two-way variance is the same with nothing for B's rows.

    Attributes
    ----------
    of_a, of_b, of_items
        Variances of the difference of means by the seeds of A, those of B, and the items.
    df_a, df_b, df_items
        Their degrees of freedom.
    of_cells
        What is counted twice in them, seed x item, and subtracted.
    """

    of_a: float
    df_a: float
    of_b: float
    df_b: float
    of_items: float
    df_items: float
    of_cells: float


@dataclass(frozen=True)
class Estimate:
    """A mean with the variance of that mean.

    Attributes
    ----------
    mean
        The estimate, a fraction.
    variance
        Estimated variance of ``mean`` (0 when nothing varies).
    df
        Degrees of freedom of the t distribution that goes with it; infinite for the normal.
    parts
        Where the variance comes from.
    welch
        Of two methods: what ``variance`` and ``df`` are computed from.
    """

    mean: float
    variance: float
    df: float
    parts: tuple[VariancePart, ...]
    welch: WelchTerms | None = None


@dataclass(frozen=True)
class DrawTests:
    """Tests over the rows alone: conditional on these test items (section 4).

    Attributes
    ----------
    t_p, t_df
        Two-sided p of the paired t test over rows, and its degrees of freedom. p is None where
        all rows differ by the same amount.
    sign_p, sign_wins_a, sign_wins_b
        Two-sided p of the sign test (None where no row differs), and in how many rows A and B
        have fewer errors.
    """

    t_p: float | None
    t_df: int
    sign_p: float | None
    sign_wins_a: int
    sign_wins_b: int


@dataclass(frozen=True)
class Comparison:
    """Two sets of errors on the same items. ``difference`` is the error of B minus that of A.

    Attributes
    ----------
    error_a, error_b, difference
        Mean errors and their difference, fractions. Negative: B makes fewer errors.
    interval
        Of the difference. None where there is nothing to compute it from.
    p
        Two-sided p of "no difference". None where there is no disagreement, or no variation.
    method
        The test behind ``p``.
    standard_error, df
        Of the difference: what ``detectable`` is made of; df is infinite for the normal.
    detectable
        The true difference that would be found four times in five. None without ``p``.
    pairs
        How many pairs are compared at once (the level of ``detectable`` is divided by it).
    level
        Confidence level; the level of the test is ``1 - level``.
    parts
        Variance parts.
    rows
        What the rows are: ``none`` (one prediction an item), ``draws`` or ``seeds``.
    n_rows_a, n_rows_b, n_items, n_groups
        Sizes. ``n_groups`` is None without item groups.
    discordant
        With one 0/1 prediction an item: items that only A and that only B gets wrong.
    never_disagree
        A and B err on exactly the same cells.
    over_rows
        Tests over rows, conditional on the items; None with one row or independent seeds.
    notes
        What a reader must know, one sentence each.
    """

    error_a: float
    error_b: float
    difference: float
    interval: Interval | None
    p: float | None
    method: str
    standard_error: float
    df: float
    detectable: float | None
    pairs: int
    level: float
    parts: tuple[VariancePart, ...]
    rows: Literal["none", "draws", "seeds"]
    n_rows_a: int
    n_rows_b: int
    n_items: int
    n_groups: int | None
    discordant: tuple[int, int] | None
    never_disagree: bool
    over_rows: DrawTests | None
    notes: tuple[str, ...] = ()
