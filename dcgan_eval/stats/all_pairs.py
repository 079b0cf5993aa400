"""p of every pair of many rows at once: the tests of `compare_paired` from products of matrices.

All parts of the two-way variance are quadratic in the errors, so for the difference of a and b
each is Q(a, a) + Q(b, b) - 2·Q(a, b), with one product of matrices for all pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from dcgan_eval.core import DataError
from dcgan_eval.stats.arrays import checked_errors, is_binary
from dcgan_eval.stats.design import Design
from dcgan_eval.stats.items import Floats, group_codes
from dcgan_eval.stats.mcnemar import mcnemar_exact
from dcgan_eval.stats.two_way import Errors


def all_pairs_pvalues(
    errors: Sequence[Errors], design: Design, groups: NDArray[np.generic] | None = None
) -> Floats:
    """Test "no difference" for every pair: the p of `compare_paired`.

    Parameters
    ----------
    errors
        K arrays, rows x items, of equal shape: 0/1 errors in the same order of items and rows.
    design
        What the rows are; not training seeds (setting ``method``).
    groups
        Group of each item, where items come in groups.

    Returns
    -------
    numpy.ndarray
        K x K, symmetric; NaN on the diagonal and where there is no p.

    Raises
    ------
    DataError
        Errors of different shapes, or other than 0 and 1.
    """
    found = [checked_errors(one, "errors") for one in errors]
    if len({one.shape for one in found}) > 1 or not all(map(is_binary, found)):
        raise DataError("pairs at once need 0/1 errors of equal shape: compare them one by one")
    if not found:
        return np.empty((0, 0))
    n_rows, n_items = found[0].shape
    codes = group_codes(groups, n_items)
    together = _joint_errors(found)
    alone = np.diag(together)
    only_first = alone[:, None] - together
    disagree = only_first + only_first.T
    computation = design.computation(n_rows)
    if computation == "one row" and codes is None:
        p = np.full_like(disagree, np.nan)
        i, j = np.nonzero(np.triu(disagree))
        p[i, j] = mcnemar_exact(
            only_first[i, j].astype(np.int64), only_first[j, i].astype(np.int64)
        )
        p[j, i] = p[i, j]
        return p
    columns = np.stack([one.mean(axis=0, dtype=np.float64) for one in found])
    columns -= columns.mean(axis=1, keepdims=True)
    if codes is None:
        of_items = _of_differences(columns) / (n_items * (n_items - 1))
        df_items = n_items - 1
    else:
        sums = np.stack([np.bincount(codes, weights=one) for one in columns]).astype(np.float64)
        df_items = sums.shape[1] - 1
        of_items = (df_items + 1) / df_items * _of_differences(sums) / n_items**2
    means = alone / (n_rows * n_items)
    difference = means[:, None] - means[None, :]
    if computation != "two-way":
        return _from_t(difference, of_items, np.full_like(of_items, np.inf), disagree)
    rows = np.stack([one.mean(axis=1, dtype=np.float64) for one in found])
    rows -= rows.mean(axis=1, keepdims=True)
    row_squares = _of_differences(rows)
    # Σe² = Σx² - N·D·m² - N·Σ(rows - m)² - D·Σ(columns - m)².
    rest = disagree - n_rows * n_items * difference**2
    rest -= n_items * row_squares + n_rows * _of_differences(columns)
    cells_df = (n_rows - 1) * (n_items - 1)
    of_rows = row_squares / (n_rows * (n_rows - 1))
    of_cells = np.maximum(rest, 0.0) / (cells_df * n_rows * n_items)
    variance = np.maximum(np.maximum(of_rows, of_items), of_rows + of_items - of_cells)
    squares = of_rows**2 / (n_rows - 1) + of_items**2 / df_items + of_cells**2 / cells_df
    df = np.divide(variance**2, squares, out=np.ones_like(squares), where=squares > 0)
    return _from_t(difference, variance, df, disagree)


def _joint_errors(errors: Sequence[Errors]) -> Floats:
    """K x K counts of cells that both get wrong, exact: float32 sums of fewer than 2²⁴ ones."""
    total = np.zeros((len(errors), len(errors)))
    for row in range(len(errors[0])):
        cells = np.stack([one[row] for one in errors]).astype(np.float32)
        total += cells @ cells.T
    return total


def _of_differences(x: Floats) -> Floats:
    """Σ(x_a - x_b)² for all pairs of rows of x."""
    products = x @ x.T
    squares = np.diag(products)
    return np.maximum(squares[:, None] + squares[None, :] - 2 * products, 0.0)


def _from_t(difference: Floats, variance: Floats, df: Floats, disagree: Floats) -> Floats:
    """Two-sided p; NaN where the pair never disagrees or nothing varies."""
    # Rounding of products leaves more than rounding of differences does, see `beyond_rounding`.
    known = (disagree > 0) & (variance > 1e-17)
    t = np.divide(np.abs(difference), np.sqrt(variance), out=np.zeros_like(variance), where=known)
    return np.where(known, 2 * stdtr(df, -t), np.nan)
