"""Two-way interval: rows (draws or seeds) x items (section 2).

Rows and items are both sampled, and crossed. The variance of the mean of all cells is

    V = max( s_d²/D, s_i²/N, s_d²/D + s_i²/N - s_e²/(D·N) )

with s_d² the variance of the D row means, s_i² that of the N column means and s_e² the mean
square of what rows and columns leave. The subtraction is there because row x item is in both
of the first two terms. Its degrees of freedom are Satterthwaite's (1946) for this sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError
from dcgan_eval.stats.items import (
    Floats,
    beyond_rounding,
    item_parts,
    item_variance,
    sum_of_squares,
)
from dcgan_eval.stats.results import Estimate, VariancePart

Errors = NDArray[Any]


def mean_squares(x: Errors) -> tuple[Floats, Floats, float]:
    """Row means, column means and s_e² of a D x N array (D, N >= 2), without a copy of it."""
    n_rows, n_items = x.shape
    rows = x.mean(axis=1, dtype=np.float64)
    columns = x.mean(axis=0, dtype=np.float64)
    grand = float(rows.mean())
    squares = 0.0
    for row, row_mean in zip(x, rows, strict=True):
        rest = row - columns
        rest -= row_mean - grand
        squares += sum_of_squares(rest)
    return rows, columns, squares / ((n_rows - 1) * (n_items - 1))


def two_way(x: Errors, codes: NDArray[np.intp] | None = None, row_name: str = "draw") -> Estimate:
    """Mean of all cells, its variance and degrees of freedom.

    Parameters
    ----------
    x
        D x N: the error of one representation, or B's minus A's. Any real dtype.
    codes
        Group of each item, 0..G-1, or None.
    row_name
        What a row is, for the names of the parts.

    Returns
    -------
    Estimate
        Its variance is 0 where nothing varies.

    Raises
    ------
    DataError
        With fewer than two rows or two items.
    """
    n_rows, n_items = x.shape
    if n_rows < 2 or n_items < 2:
        raise DataError(
            f"a two-way interval needs at least 2 {row_name}s and 2 items, "
            f"got {n_rows} and {n_items}"
        )
    rows, columns, s_e2 = mean_squares(x)
    of_rows = float(rows.var(ddof=1)) / n_rows
    of_items, df_items = item_variance(columns, codes)
    of_cells = s_e2 / (n_rows * n_items)
    variance = beyond_rounding(max(of_rows, of_items, of_rows + of_items - of_cells))
    squares = (
        of_rows**2 / (n_rows - 1)
        + of_items**2 / df_items
        + of_cells**2 / ((n_rows - 1) * (n_items - 1))
    )
    parts = (
        *item_parts(columns, codes, s_e2 / n_rows),
        VariancePart(f"{row_name}s", of_rows * n_rows - s_e2 / n_items, of_rows - of_cells, "rows"),
        VariancePart(f"{row_name} x item", s_e2, of_cells, "cells"),
    )
    df = variance**2 / squares if variance > 0 else float(n_rows - 1)
    return Estimate(float(rows.mean()), variance, df, parts)
