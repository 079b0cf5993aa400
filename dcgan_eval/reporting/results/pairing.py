"""Two rows side by side: whether they can be compared, and the tests of one pair and of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.reporting.results.row_errors import ErrorReader, RowErrors
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.stats import (
    FEWEST_SEEDS,
    Comparison,
    Design,
    all_pairs_pvalues,
    compare_paired,
)

_ONLY_CHECKPOINTS = Design("none", setting="method").notes(1, 1)


def why_not(a: Row, b: Row, reader: ErrorReader) -> str | None:
    """The reason why two rows cannot be compared; None when they can."""
    if a.experiment != b.experiment:
        return f"{a.name} and {b.name} are not of one experiment: they differ in " + ", ".join(
            a.experiment.differences(b.experiment)
        )
    if a.label != b.label:
        return f"{a.name} has the metric {a.label}, {b.name} has {b.label}"
    of_a, of_b = reader.errors(a), reader.errors(b)
    if isinstance(of_a, str):
        return of_a
    if isinstance(of_b, str):
        return of_b
    if of_a.rows != of_b.rows:
        return f"{a.name} and {b.name} have rows of another kind: {of_a.rows}, {of_b.rows}"
    if of_a.rows == "draws" and (
        of_a.row_ids != of_b.row_ids or of_a.errors.shape[1] != of_b.errors.shape[1]
    ):
        return f"{a.name} and {b.name} have other draws of labelled images: make both with one seed"
    same = np.array_equal(of_a.targets, of_b.targets) and np.array_equal(
        of_a.item_ids, of_b.item_ids
    )
    return None if same else f"{a.name} and {b.name} have other test items than each other"


def compare_rows(row_a: Row, row_b: Row, reader: ErrorReader, **options: Any) -> Comparison:
    """Compare two rows that can be compared: as methods where both have seeds enough.

    Parameters
    ----------
    options
        See `dcgan_eval.stats.compare_paired`.

    Returns
    -------
    Comparison
        As shares of errors.
    """
    a, b = reader.needed(row_a), reader.needed(row_b)
    notes: tuple[str, ...] = ()
    given = a.given if a.given == b.given else None
    if a.n_seeds == b.n_seeds == 1:
        design = Design(a.rows, given=given)
        errors = a.by_row, b.by_row
    elif min(a.n_seeds, b.n_seeds) >= FEWEST_SEEDS:
        design = Design("seeds", setting="method", given=given)
        errors = a.by_seed, b.by_seed
    else:
        # Too few seeds for methods: the mean over the seeds there are, with draws kept as rows.
        design = Design(a.rows, given=given, parameter=a.parameter)
        errors = a.by_row, b.by_row
        notes = _ONLY_CHECKPOINTS
    found = compare_paired(*errors, design, groups=a.groups, **options)
    return replace(found, notes=(*found.notes, *notes))


def pair_pvalues(
    rows: Sequence[Row], reader: ErrorReader
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Test all pairs, without adjustment, and the same rows once a reader.

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
    keys = tuple(row.key for row in rows)
    if keys in reader.tested:
        return reader.tested[keys]
    usable = [i for i, row in enumerate(rows) if isinstance(reader.errors(row), RowErrors)]
    usable = [i for i in usable if i == usable[0] or not why_not(rows[usable[0]], rows[i], reader)]
    comparable = np.zeros(len(rows), dtype=bool)
    comparable[usable] = True
    p = np.full((len(rows), len(rows)), np.nan)
    p[np.ix_(usable, usable)] = _pvalues([rows[i] for i in usable], reader)
    reader.tested[keys] = p, comparable
    return p, comparable


def _pvalues(rows: Sequence[Row], reader: ErrorReader) -> NDArray[np.float64]:
    """All pairs: those of single checkpoints with equal rows together, others one by one."""
    p = np.full((len(rows), len(rows)), np.nan)
    found = [reader.needed(row) for row in rows]
    single = [i for i, one in enumerate(found) if one.n_seeds == 1 and one.worth is None]
    single = [i for i in single if found[i].errors.shape == found[single[0]].errors.shape]
    if single:
        errors = [found[i].errors[0] for i in single]
        at_once = all_pairs_pvalues(errors, Design(found[0].rows), found[0].groups)
        p[np.ix_(single, single)] = at_once
    done = set(single)
    for j, i in combinations(range(len(rows)), 2):
        if not (i in done and j in done):
            alone = compare_rows(rows[i], rows[j], reader).p
            p[i, j] = p[j, i] = np.nan if alone is None else alone
    return p
