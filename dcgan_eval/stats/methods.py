"""Two methods, each with training seeds of its own (section 2, "Methods, not checkpoints").

Rows are seeds. Those of A and of B are independent samples, the items are the same for both:

    V = s_A²/S_A + s_B²/S_B + s_i²/N - s_eA²/(S_A·N) - s_eB²/(S_B·N)

not below its largest single part. s_i² is the variance of the N differences between B's and
A's column means. Welch's degrees of freedom, one term a part.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError
from dcgan_eval.stats.items import beyond_rounding, item_parts, item_variance
from dcgan_eval.stats.results import Estimate, VariancePart, WelchTerms
from dcgan_eval.stats.two_way import Errors, mean_squares

FEWEST_SEEDS = 3
"""Training seeds a method needs before methods, and not checkpoints, are compared."""


def two_methods(a: Errors, b: Errors, codes: NDArray[np.intp] | None = None) -> Estimate:
    """Mean error of method B minus that of A, its variance and degrees of freedom.

    Parameters
    ----------
    a, b
        S_A x N and S_B x N errors; each row is a seed (the mean over its draws), in [0, 1].
    codes
        Group of each item, 0..G-1, or None.

    Raises
    ------
    DataError
        With fewer than three seeds for a method, fewer than two items, or other items.
    """
    if min(len(a), len(b)) < FEWEST_SEEDS:
        raise DataError(
            f"comparing methods needs at least {FEWEST_SEEDS} training seeds a method, "
            f"got {len(a)} and {len(b)}"
        )
    if a.shape[1] != b.shape[1] or a.shape[1] < 2:
        raise DataError(
            f"comparing methods needs the same items (at least 2) for both, "
            f"got {a.shape[1]} and {b.shape[1]}"
        )
    n_items = a.shape[1]
    rows_a, columns_a, s_ea2 = mean_squares(a)
    rows_b, columns_b, s_eb2 = mean_squares(b)
    columns = columns_b - columns_a
    of_a = float(rows_a.var(ddof=1)) / len(a)
    of_b = float(rows_b.var(ddof=1)) / len(b)
    of_items, df_items = item_variance(columns, codes)
    cells_a = s_ea2 / (len(a) * n_items)
    cells_b = s_eb2 / (len(b) * n_items)
    variance = beyond_rounding(
        max(of_a, of_b, of_items, of_a + of_b + of_items - cells_a - cells_b)
    )
    squares = (
        of_a**2 / (len(a) - 1)
        + of_b**2 / (len(b) - 1)
        + of_items**2 / df_items
        + cells_a**2 / ((len(a) - 1) * (n_items - 1))
        + cells_b**2 / ((len(b) - 1) * (n_items - 1))
    )
    parts = (
        *item_parts(columns, codes, s_ea2 / len(a) + s_eb2 / len(b)),
        VariancePart("seeds of A", of_a * len(a) - s_ea2 / n_items, of_a - cells_a, "rows"),
        VariancePart("seeds of B", of_b * len(b) - s_eb2 / n_items, of_b - cells_b, "rows"),
        VariancePart("seed x item of A", s_ea2, cells_a, "cells"),
        VariancePart("seed x item of B", s_eb2, cells_b, "cells"),
    )
    df = variance**2 / squares if variance > 0 else float(min(len(a), len(b)) - 1)
    terms = WelchTerms(of_a, len(a) - 1, of_b, len(b) - 1, of_items, df_items, cells_a + cells_b)
    return Estimate(float(rows_b.mean() - rows_a.mean()), variance, df, parts, terms)
