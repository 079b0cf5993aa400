"""Tests of all pairs of rows, checkpoints at once and methods one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.reporting.cells import CellReader, Cells, paired, why_not
from dcgan_eval.reporting.rows import Row
from dcgan_eval.stats import Design, all_pairs_pvalues, compare_paired


def pair_pvalues(
    rows: Sequence[Row], reader: CellReader
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Test all pairs, without adjustment.

    Parameters
    ----------
    rows
        Of one experiment and metric.

    Returns
    -------
    p : array, (K, K)
        NaN where two rows never disagree, are not comparable, and on the diagonal.
    comparable : bool array, (K,)
        Which rows were compared: those that can be compared with the first one that can.
    """
    usable = [i for i, row in enumerate(rows) if isinstance(reader.cells(row), Cells)]
    usable = [i for i in usable if i == usable[0] or not why_not(rows[usable[0]], rows[i], reader)]
    comparable = np.zeros(len(rows), dtype=bool)
    comparable[usable] = True
    chosen = [cells for i in usable if isinstance(cells := reader.cells(rows[i]), Cells)]
    p = np.full((len(rows), len(rows)), np.nan)
    p[np.ix_(usable, usable)] = _pvalues(chosen)
    return p, comparable


def _pvalues(cells: Sequence[Cells]) -> NDArray[np.float64]:
    """All pairs: those of single checkpoints with equal rows together, others one by one."""
    p = np.full((len(cells), len(cells)), np.nan)
    single = [i for i, one in enumerate(cells) if one.n_seeds == 1]
    single = [i for i in single if cells[i].errors.shape == cells[single[0]].errors.shape]
    if single:
        rows: Any = cells[0].rows
        errors = [cells[i].errors[0] for i in single]
        p[np.ix_(single, single)] = all_pairs_pvalues(errors, Design(rows), cells[0].groups)
    together = set(single)
    for i, a in enumerate(cells):
        for j in range(i):
            if not {i, j} <= together:
                p[i, j] = p[j, i] = _pvalue(a, cells[j])
    return p


def _pvalue(a: Cells, b: Cells) -> float:
    """One pair by the statistics room."""
    errors_a, errors_b, design, _ = paired(a, b)
    found = compare_paired(errors_a, errors_b, design, groups=a.groups)
    return np.nan if found.p is None else found.p
