"""The part of the items: one value an item, items alone or in groups (section 2 and 3)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError
from dcgan_eval.stats.results import Estimate, VariancePart

Floats = NDArray[np.float64]


def group_codes(groups: NDArray[np.generic] | None, n_items: int) -> NDArray[np.intp] | None:
    """Groups as 0..G-1, one an item; None without groups."""
    if groups is None:
        return None
    groups = np.asarray(groups)
    if groups.shape != (n_items,):
        raise DataError(
            f"item groups have shape {groups.shape}, there are {n_items} items: "
            "give one group id an item"
        )
    codes: NDArray[np.intp] = np.unique(groups, return_inverse=True)[1].reshape(-1)
    if codes.max() == 0:
        raise DataError(
            f"all {n_items} items are of one group: intervals need at least two, "
            "or no groups at all"
        )
    return codes


def item_variance(columns: Floats, codes: NDArray[np.intp] | None) -> tuple[float, int]:
    """Variance of the mean of item values, and its degrees of freedom.

    Parameters
    ----------
    columns
        One value an item (the mean over its rows), length N.
    codes
        Group of each item, 0..G-1, or None.

    Returns
    -------
    tuple of float and int
        ``s_i² / N`` and ``N - 1``; with groups ``G/(G-1)·Σ_g(Σ_{n in g}(x_n - m))² / N²`` and
        ``G - 1``.
    """
    n = columns.size
    centred = columns - columns.mean()
    if codes is None:
        return sum_of_squares(centred) / (n * (n - 1)), n - 1
    sums = np.bincount(codes, weights=centred)
    return sums.size / (sums.size - 1) * sum_of_squares(sums) / n**2, sums.size - 1


def sum_of_squares(x: NDArray[np.floating | np.integer]) -> float:
    """Σx², the same bits for any number of threads, which x @ x of more than 10,000 is not."""
    return float(np.square(x).sum())


def beyond_rounding(variance: float) -> float:
    """The variance of a mean, or 0 where it is only the rounding of equal numbers.

    One disagreement in 10⁷ cells is a variance of 1e-14; rounding leaves less than 1e-28.
    """
    return variance if variance > 1e-24 else 0.0


def item_parts(
    columns: Floats, codes: NDArray[np.intp] | None, interaction: float
) -> tuple[VariancePart, ...]:
    """The parts ``items`` and, with groups, ``groups``.

    ``interaction`` is the variance that the column means owe to row x item, s_e² / D.
    """
    n = columns.size
    alone, _ = item_variance(columns, None)
    items = VariancePart("items", alone * n - interaction, alone - interaction / n, "items")
    if codes is None:
        return (items,)
    # What two items of one group have in common: the mean product over pairs within groups.
    centred = columns - columns.mean()
    sums = np.bincount(codes, weights=centred)
    sizes = np.bincount(codes).astype(np.float64)
    n_pairs = float((sizes * (sizes - 1)).sum())
    shared = (sum_of_squares(sums) - sum_of_squares(centred)) / n_pairs if n_pairs else 0.0
    grouped, _ = item_variance(columns, codes)
    return items, VariancePart("groups", shared, grouped - alone, "items")


def item_mean(columns: Floats, codes: NDArray[np.intp] | None) -> Estimate:
    """Mean of one value an item, with the normal distribution (the z of section 3)."""
    variance, _ = item_variance(columns, codes)
    parts = item_parts(columns, codes, 0.0)
    return Estimate(float(columns.mean()), beyond_rounding(variance), math.inf, parts)
