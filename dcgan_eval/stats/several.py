"""Several comparisons at once: Holm's correction and the bold rows of a table (section 6)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Better = Literal["low", "high"]


def holm(pvalues: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values that keep the chance of any false alarm at the level (Holm 1979).

    NaN stands for "no p" (a pair that never disagrees): it counts as a comparison and stays NaN.
    """
    p = np.asarray(pvalues, dtype=np.float64)
    ones = np.where(np.isnan(p), 1.0, p)
    order = np.argsort(ones, kind="stable")
    steps = np.minimum(1.0, ones[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(steps)
    return np.where(np.isnan(p), np.nan, adjusted)


def holm_matrix(pvalues: ArrayLike) -> NDArray[np.float64]:
    """Holm over all pairs of a symmetric matrix of p-values; its diagonal becomes NaN."""
    p = np.asarray(pvalues, dtype=np.float64)
    adjusted = np.full(p.shape, np.nan)
    upper = np.triu_indices(len(p), 1)
    adjusted[upper] = holm(p[upper])
    adjusted.T[upper] = adjusted[upper]
    return adjusted


def bold_rows(
    values: ArrayLike, pvalues: ArrayLike, better: Better, level: float = 0.95
) -> NDArray[np.bool_]:
    """Which rows are bold: the best one and every row not significantly worse than it.

    Parameters
    ----------
    values
        The metric of each row. Only rows with predictions of their own: published rows are
        never compared and never bold.
    pvalues
        Symmetric matrix of the p of each pair, not adjusted (Holm is applied here). NaN: the
        pair never disagrees.
    better
        Whether low or high values are good.
    level
        Confidence level; pairs are tested at ``1 - level``.

    Returns
    -------
    numpy.ndarray
        One flag a row. Where all rows would be bold, none is.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.size == 0:
        return np.zeros(0, dtype=bool)
    best = x == (x.min() if better == "low" else x.max())
    significant = holm_matrix(pvalues) < 1 - level
    bold = ~significant[best].any(axis=0)
    return np.zeros_like(bold) if bold.all() else bold
