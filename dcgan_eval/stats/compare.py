"""The comparison of two representations: one door for every design."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dcgan_eval.core import DataError, SettingsError, rng_for
from dcgan_eval.stats.arrays import (
    as_losses,
    check_level,
    check_pairing,
    difference,
    is_binary,
    row_means,
)
from dcgan_eval.stats.bootstrap import paired_bootstrap
from dcgan_eval.stats.design import Design
from dcgan_eval.stats.detectable import detectable_difference
from dcgan_eval.stats.interval import Codes
from dcgan_eval.stats.items import Floats, group_codes, item_mean
from dcgan_eval.stats.mcnemar import mcnemar_exact, mcnemar_midp
from dcgan_eval.stats.methods import two_methods
from dcgan_eval.stats.metrics import Losses
from dcgan_eval.stats.normal_theory import t_bounds, t_pvalue
from dcgan_eval.stats.over_rows import draw_tests
from dcgan_eval.stats.results import (
    WIDENED,
    Comparison,
    Estimate,
    Interval,
    VariancePart,
    WelchTerms,
)
from dcgan_eval.stats.tango import tango
from dcgan_eval.stats.two_way import Errors, two_way


def compare_paired(
    errors_a: ArrayLike | Losses,
    errors_b: ArrayLike | Losses,
    design: Design,
    *,
    groups: NDArray[Any] | None = None,
    level: float = 0.95,
    pairs: int = 1,
    mid_p: bool = False,
    bootstrap: bool = False,
) -> Comparison:
    """Compare two representations on the same items.

    Parameters
    ----------
    errors_a, errors_b
        Rows x items (or items), in the same order of items and draws: 1 where the prediction is
        wrong. Means over draws, in [0, 1], where a row is a training seed. Or the `Losses` of
        a metric.
    design
        What the rows are, and whether checkpoints or methods are compared.
    groups
        Group of each item, where items come in groups.
    level
        Confidence level; tests are at ``1 - level``.
    pairs
        How many pairs are compared at once: ``detectable`` divides the level of the test by it.
    mid_p
        With one 0/1 prediction an item: mid-p in place of the exact p of McNemar's test.
    bootstrap
        With one prediction an item: the paired bootstrap over items (or groups) for the
        interval, in place of the score (or normal) interval.

    Returns
    -------
    Comparison
        All as fractions; ``difference`` is the error of B minus that of A.

    Raises
    ------
    DataError
        Arrays that do not fit each other or the design.
    SettingsError
        ``mid_p`` or ``bootstrap`` where it would have no effect.
    """
    if pairs < 1:
        raise DataError(f"pairs compared at once: got {pairs}, expected at least 1")
    check_level(level)
    of_a, of_b = as_losses(errors_a, "errors of A"), as_losses(errors_b, "errors of B")
    a, b = of_a.values, of_b.values
    check_pairing(a, b, design)
    codes = group_codes(groups, a.shape[1])
    influences = of_a.worth is not None or of_b.worth is not None
    if bootstrap and influences:
        raise SettingsError(
            "the bootstrap over items is for predictions that are right or wrong, not for this "
            "metric: leave it out"
        )
    binary = not influences and is_binary(a) and is_binary(b)
    found = _find(a, b, design, codes, level, binary, mid_p, bootstrap)
    if of_a.excess or of_b.excess:
        found = _widened(found, of_a.excess, of_b.excess)
    if mid_p and found.discordant is None:
        raise SettingsError(
            f"mid-p belongs to McNemar's test, this comparison is by {found.method}: leave it out"
        )
    if bootstrap and design.computation(len(a), len(b)) in ("two-way", "methods"):
        raise SettingsError(
            f"the bootstrap over items is for one prediction an item, not for {len(a)} "
            f"{design.rows}: leave it out"
        )
    if found.p is None:
        detectable = None
    else:
        detectable = detectable_difference(
            found.standard_error, pairs, level, found.df, found.welch
        ) + max(of_a.excess, of_b.excess)
    n_rows = min(len(a), len(b))
    interval = None
    if found.bounds is not None:
        covers = design.covers(n_rows, codes is not None)
        interval = Interval(
            *found.bounds, level, found.interval_method, covers, design.held_fixed(n_rows)
        )
    over_rows = None
    if design.rows == "draws" and len(a) > 1:
        over_rows = draw_tests(row_means(b) - row_means(a))
    return Comparison(
        error_a=float(row_means(a).mean()),
        error_b=float(row_means(b).mean()),
        difference=found.difference,
        interval=interval,
        p=found.p,
        method=found.method,
        standard_error=found.standard_error,
        df=found.df,
        detectable=detectable,
        pairs=pairs,
        level=level,
        parts=found.parts,
        rows=design.rows,
        n_rows_a=len(a),
        n_rows_b=len(b),
        n_items=a.shape[1],
        n_groups=None if codes is None else int(codes.max()) + 1,
        discordant=found.discordant,
        never_disagree=a.shape == b.shape and np.array_equal(a, b),
        over_rows=over_rows,
        notes=design.notes(len(a), len(b)),
    )


@dataclass(frozen=True)
class _Found:
    """What one computation gives a comparison."""

    difference: float
    bounds: tuple[float, float] | None
    p: float | None
    method: str
    interval_method: str
    standard_error: float
    df: float
    parts: tuple[VariancePart, ...]
    discordant: tuple[int, int] | None = None
    welch: WelchTerms | None = None


def _find(
    a: Errors,
    b: Errors,
    design: Design,
    codes: Codes,
    level: float,
    binary: bool,
    mid_p: bool,
    bootstrap: bool,
) -> _Found:
    """Choose the computation by the design, and run it."""
    computation = design.computation(len(a), len(b))
    if computation == "methods":
        return _by_t(two_methods(a, b, codes), level, "two-way t (Welch)")
    if computation == "two-way":
        row_name = design.rows.removesuffix("s")
        return _by_t(two_way(difference(a, b), codes, row_name), level, "two-way t")
    columns = b.mean(axis=0, dtype=np.float64) - a.mean(axis=0, dtype=np.float64)
    if computation == "one row" and codes is None and binary:
        return _by_mcnemar(a[0] > b[0], b[0] > a[0], columns, level, mid_p, bootstrap)
    unit = "items" if codes is None else "groups"
    found = _by_t(item_mean(columns, codes), level, f"z over {unit}")
    if bootstrap and found.p is not None:
        bounds = paired_bootstrap(columns, codes, rng_for("paired bootstrap"), level)
        return replace(found, bounds=bounds, interval_method=f"bootstrap over {unit}")
    return found


def _widened(found: _Found, excess_a: float, excess_b: float) -> _Found:
    """Allow for what chance may have added to the loss of either, of which nobody knows how much.

    The p is that of the nearest difference that would have given the one found.
    """
    if found.bounds is None or found.p is None:
        return found
    bounds = max(-1.0, found.bounds[0] - excess_b), min(1.0, found.bounds[1] + excess_a)
    nearest = max(0.0, found.difference - excess_b, -found.difference - excess_a)
    return replace(
        found,
        bounds=bounds,
        p=t_pvalue(Estimate(nearest, found.standard_error**2, found.df, ())),
        method=f"{found.method}, {WIDENED}",
        interval_method=f"{found.interval_method}, {WIDENED}",
    )


def _by_t(estimate: Estimate, level: float, method: str) -> _Found:
    """Interval and p of a mean with its variance; neither where nothing varies."""
    p = t_pvalue(estimate)
    bounds = None if p is None else t_bounds(estimate, level, -1.0, 1.0)
    error = math.sqrt(estimate.variance)
    return _Found(
        difference=estimate.mean,
        bounds=bounds,
        p=p,
        method=method,
        interval_method=method,
        standard_error=error,
        df=estimate.df,
        parts=estimate.parts,
        welch=estimate.welch,
    )


def _by_mcnemar(
    a_only: NDArray[np.bool_],
    b_only: NDArray[np.bool_],
    columns: Floats,
    level: float,
    mid_p: bool,
    bootstrap: bool,
) -> _Found:
    """McNemar's test with the score interval: one 0/1 prediction an item, no groups."""
    n, only_a, only_b = columns.size, int(a_only.sum()), int(b_only.sum())
    test = mcnemar_midp if mid_p else mcnemar_exact
    p = float(test(only_a, only_b)) if only_a + only_b else None
    if bootstrap and p is not None:
        interval_method = "bootstrap over items"
        bounds = paired_bootstrap(columns, None, rng_for("paired bootstrap"), level)
    else:
        interval_method = "score (Tango)"
        bounds = tango(only_a, only_b, n, level)
    # Under "no difference" the variance of one item's difference is the discordance ψ.
    discordance = (only_a + only_b) / n
    return _Found(
        difference=(only_b - only_a) / n,
        bounds=bounds,
        p=p,
        method="McNemar, mid-p" if mid_p else "McNemar, exact",
        interval_method=interval_method,
        standard_error=math.sqrt(discordance / n),
        df=math.inf,
        parts=(VariancePart("items", discordance, discordance / n, "items"),),
        discordant=(only_a, only_b),
    )
