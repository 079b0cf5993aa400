"""What a pilot says of other sizes: power by items and rows, and how many of them are needed.

A pilot's comparison gives the variance of one item's, one row's and one cell's effect. With N
items and D rows the mean squares of `two_way` are then expected to be

    s_d²/D = σ_d²/D + σ_e²/(D·N)    s_i²/N = σ_i²/N + σ_e²/(D·N)    s_e²/(D·N) = σ_e²/(D·N)

and the power is the chance that the comparison's own test on such data has p below its level:
McNemar's from the binomial distributions of its counts, t with the degrees of freedom that the
test itself will estimate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrik, chdtri, ndtr, ndtri

from dcgan_eval.core import DataError
from dcgan_eval.stats.detectable import POWER, power_beyond, rejection_edges
from dcgan_eval.stats.mcnemar import mcnemar_midp
from dcgan_eval.stats.methods import FEWEST_SEEDS
from dcgan_eval.stats.results import WIDENED, Comparison, WelchTerms
from dcgan_eval.stats.wilson import wilson

MOST_ITEMS = 10**9
MOST_ROWS = 10**5
EXACT_UP_TO = 1_000
"""Expected discordant items up to which McNemar's power is summed; the normal distribution is
within 0.1 points of percent from there on."""

Rows = tuple[int, int]


@dataclass(frozen=True)
class Pilot:
    """What a comparison says of how its test would do on other numbers of items and rows.

    Attributes
    ----------
    method
        The test, as `Comparison.method`.
    alpha
        Its level: p below it is a difference found.
    n_items, n_rows
        Of the pilot; rows of A and of B.
    per_unit
        Items a group on average, 1 without groups.
    items
        Variance of one item's effect; with one 0/1 prediction an item the discordance ψ.
    rows, cells
        Variance of one row's effect, and of one row on one item beside both: of what both share,
        of A's and of B's own, or of nothing where rows do not enter the test. May come out below
        zero, which stands for zero.
    fewest_rows
        With which the test can be made.
    scatter
        Between which factors the true variances are at the level of the comparison.
    """

    method: str
    alpha: float
    n_items: int
    n_rows: Rows
    per_unit: float
    items: float
    rows: tuple[float, ...]
    cells: tuple[float, ...]
    fewest_rows: int
    scatter: tuple[float, float]

    @classmethod
    def of(cls, found: Comparison) -> Pilot:
        """What a comparison says.

        Raises
        ------
        DataError
            It says too little, see `why_no_pilot`.
        """
        reason = why_no_pilot(found)
        if reason is not None:
            raise DataError(f"the pilot says too little: {reason}")
        units = _units(found)
        by_source = {
            source: [part for part in found.parts if part.source == source]
            for source in ("items", "rows", "cells")
        }
        return cls(
            method=found.method,
            alpha=(1 - found.level) / found.pairs,
            n_items=found.n_items,
            n_rows=(found.n_rows_a, found.n_rows_b),
            per_unit=found.n_items / units,
            items=found.n_items * sum(part.share for part in by_source["items"]),
            rows=tuple(part.component for part in by_source["rows"]),
            cells=tuple(part.component for part in by_source["cells"]),
            fewest_rows=2 if found.rows == "draws" else FEWEST_SEEDS,
            scatter=_scatter(found),
        )

    @property
    def extremes(self) -> tuple[Pilot, Pilot]:
        """Pilots with variances as low, and as high, as its own scatter leaves open."""
        low, high = (
            replace(
                self,
                items=self.items * factor,
                rows=tuple(one * factor for one in self.rows),
                cells=tuple(one * factor for one in self.cells),
            )
            for factor in self.scatter
        )
        return low, high

    def power(
        self, difference: float, n_items: int | None = None, n_rows: int | Rows | None = None
    ) -> float:
        """Chance that the test finds a true difference.

        Parameters
        ----------
        difference
            As a fraction; its sign does not matter.
        n_items, n_rows
            With how many; the pilot's when None. Rows may be those of A and of B.
        """
        n = self.n_items if n_items is None else n_items
        delta = abs(difference)
        if self.method.startswith("McNemar"):
            midp = self.method == "McNemar, mid-p"
            return mcnemar_power(self.items, delta, n, self.alpha, midp=midp)
        if not self.rows:
            edge = np.asarray(ndtri(1 - self.alpha / 2))
            return power_beyond(edge, delta / math.sqrt(self.items / n))
        both = self.n_rows if n_rows is None else n_rows
        terms, variance = self._terms(n, (both, both) if isinstance(both, int) else both)
        return power_beyond(rejection_edges(terms, self.alpha), delta / math.sqrt(variance))

    def items_needed(
        self, difference: float, n_rows: int | Rows | None = None, power: float = POWER
    ) -> int | None:
        """Items that find a true difference with this power; None where no number is enough."""
        fewest = math.ceil(2 * self.per_unit)
        return _fewest(
            lambda n: self.power(difference, n, n_rows) >= power, max(2, fewest), MOST_ITEMS
        )

    def rows_needed(
        self, difference: float, n_items: int | None = None, power: float = POWER
    ) -> int | None:
        """Rows (of each) that find it with so many items; None where no number is enough."""
        if not self.rows:
            return None
        return _fewest(
            lambda n: self.power(difference, n_items, n) >= power, self.fewest_rows, MOST_ROWS
        )

    def _terms(self, n_items: int, n_rows: Rows) -> tuple[WelchTerms, float]:
        """Expected variances of the difference of means by source, and in all."""
        rows = [max(0.0, one) / n for one, n in zip(self.rows, n_rows, strict=False)]
        cells = [max(0.0, one) / (n * n_items) for one, n in zip(self.cells, n_rows, strict=False)]
        items = max(0.0, self.items) / n_items
        of_a, of_b = (*(row + cell for row, cell in zip(rows, cells, strict=True)), 0.0)[:2]
        terms = WelchTerms(
            of_a=of_a,
            df_a=n_rows[0] - 1,
            of_b=of_b,
            df_b=n_rows[1] - 1,
            of_items=items + sum(cells),
            df_items=max(1.0, n_items / self.per_unit - 1),
            of_cells=sum(cells),
        )
        return terms, sum(rows) + items + sum(cells)


def why_no_pilot(found: Comparison) -> str | None:
    """What a comparison says where it is no pilot, and what not; None where it is one."""
    units = _units(found)
    if found.never_disagree:
        # None of so many was seen: the rule of three, exact.
        most = -math.expm1(math.log1p(-found.level) / units)
        unit = "items" if found.n_groups is None else "groups of items"
        return (
            f"the two never disagree on {units:,} {unit}, so they differ on at most "
            f"{100 * most:.2g} % of others ({100 * found.level:g} % confidence), and how many find "
            "a smaller difference is not known"
        )
    if found.p is None:
        return "the two differ by the same in every row and item: how they vary is not known"
    if found.method.endswith(WIDENED):
        return "what chance adds to this metric with another number of items is not known"
    return None


def _units(found: Comparison) -> int:
    """Groups, or items where there are none."""
    return found.n_items if found.n_groups is None else found.n_groups


def mcnemar_power(
    discordance: float, difference: float, n_items: int, alpha: float, *, midp: bool = False
) -> float:
    """Chance that McNemar's test finds a true difference with one 0/1 prediction an item.

    Parameters
    ----------
    discordance
        Share of items that only one of the two gets wrong; at least the difference.
    difference
        As a fraction, not negative.
    midp
        Whether the test is by mid-p.

    Notes
    -----
    Of n items Binomial(n, ψ) are discordant, and of those m Binomial(m, (1 - δ/ψ)/2) are against
    the better one; the test rejects where that count is in either tail. Both are summed over
    (8 standard deviations of m), or taken as normal where many are discordant. It is no smooth
    function of n: with few discordant items it may fall a little where n rises.
    """
    psi = max(discordance, difference)
    mean = n_items * psi
    if mean > EXACT_UP_TO:
        # The exact test exceeds its edge by a count of 1 on average, since counts are whole.
        edge = float(ndtri(1 - alpha / 2)) * math.sqrt(mean) + (0 if midp else 1)
        away, spread = n_items * difference, math.sqrt(n_items * (psi - difference**2))
        return float(ndtr((away - edge) / spread) + ndtr((-away - edge) / spread))
    # 1. How many are discordant.
    reach = 8 * math.sqrt(mean) + 10
    m = np.arange(max(0, math.floor(mean - reach)), min(n_items, math.ceil(mean + reach)) + 1)
    chance = np.diff(bdtr(m, n_items, psi), prepend=bdtr(m[0] - 1, n_items, psi) if m[0] else 0.0)
    # 2. Up to how many on the smaller side the test rejects; -1 for none.
    fewer = _rejected_up_to(m, alpha, midp)
    # 3. The chance of either tail.
    against = (1 - difference / psi) / 2
    k = np.maximum(fewer, 0)
    tails = bdtr(k, m, against) + bdtr(k, m, 1 - against)
    return float(chance @ np.where(fewer >= 0, tails, 0.0))


def _rejected_up_to(m: NDArray[np.int64], alpha: float, midp: bool) -> NDArray[np.int64]:
    """The largest smaller count with p < alpha among m discordant items; -1 where there is none."""
    # The first k with P(X ≤ k) ≥ alpha/2. The inverse is NaN below k = 0, and may round.
    first = np.nan_to_num(np.ceil(bdtrik(alpha / 2, m, 0.5))).astype(np.int64)
    fewer: NDArray[np.int64] = np.where(bdtr(first, m, 0.5) < alpha / 2, first, first - 1)
    if midp:
        more = fewer + 1
        fewer = np.where((2 * more <= m) & (mcnemar_midp(more, m - more) < alpha), more, fewer)
    return fewer


def _scatter(found: Comparison) -> tuple[float, float]:
    """Factors between which true variances are: Wilson's of ψ, else those of χ²/df."""
    if found.discordant is not None:
        psi = sum(found.discordant) / found.n_items
        low, high = wilson(psi, found.n_items, found.level)
        return low / psi, high / psi
    # A mean square of N values of at most 1 scatters by no more than 1/(N·s²) of its square, as
    # that of normal ones with 2·N·s² degrees of freedom: few items differ, and each by much.
    units = _units(found)
    square = units * sum(part.share for part in found.parts if part.source != "rows")
    df = min(units - 1 if math.isinf(found.df) else found.df, 2 * units * square)
    tail = (1 - found.level) / 2
    return df / float(chdtri(df, tail)), df / float(chdtri(df, 1 - tail))


def _fewest(enough: Callable[[int], bool], low: int, high: int) -> int | None:
    """The lowest number that is enough, when all above it are; None when the highest is not."""
    if not enough(high):
        return None
    top = low
    while not enough(top):  # by doubling, since tests of many items take longer
        low, top = top + 1, min(2 * top, high)
    while low < top:
        middle = (low + top) // 2
        if enough(middle):
            top = middle
        else:
            low = middle + 1
    return top
