"""Which rows of a table are bold, and what the caption says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import SettingsError, did_you_mean
from dcgan_eval.reporting.cells import CellReader
from dcgan_eval.reporting.pairwise import pair_pvalues
from dcgan_eval.reporting.rows import Row
from dcgan_eval.stats import bold_rows

Bold = Literal["tests", "max", "none"]


def check_bold(bold: str) -> Bold:
    """One of the ways to choose bold rows, or an error with a suggestion."""
    for known in get_args(Bold):
        if bold == known:
            return known  # type: ignore[no-any-return]  # get_args is typed as Any
    raise SettingsError(f"bold: {bold!r} is not known; {did_you_mean(bold, get_args(Bold))}")


def bold_of(
    rows: Sequence[Row], bold: Bold, reader: CellReader
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Bold flags of the rows of one experiment and metric, and sentences for the caption.

    ``tests``: the best row and every row not significantly worse (STATISTICS.md, section 6).
    ``max``: the best value alone.
    """
    flags = np.zeros(len(rows), dtype=bool)
    own = [i for i, row in enumerate(rows) if not row.published]
    if bold == "none" or not own:
        return flags, ()
    values = np.array([rows[i].value for i in own])
    better = rows[own[0]].better
    if bold == "max":
        flags[own] = values == (values.max() if better == "high" else values.min())
        return flags, ("Bold: the best value, whether or not it is significantly better.",)
    p, comparable = pair_pvalues([rows[i] for i in own], reader)
    left_out = [rows[i].name for i, used in zip(own, comparable, strict=True) if not used]
    notes: list[str] = []
    chosen = np.flatnonzero(comparable)
    if len(chosen) > 1:
        marked = bold_rows(values[chosen], p[np.ix_(chosen, chosen)], better)
        flags[np.array(own)[chosen]] = marked
        n_pairs = len(chosen) * (len(chosen) - 1) // 2
        tested = f"all {n_pairs:,} pairs" if n_pairs > 1 else "one pair"
        if marked.any():
            notes.append(
                "Bold: the best row and every row not significantly worse than it "
                f"({tested} of our own rows, Holm at 5 %)."
            )
        else:
            notes.append(
                "No row is bold: none is significantly worse than the best "
                f"({tested} of our own rows, Holm at 5 %)."
            )
    if left_out and len(own) > 1:
        named = ", ".join(left_out[:5]) + (", …" if len(left_out) > 5 else "")
        notes.append(
            "Not compared, since predictions are missing, of other draws or of another metric: "
            f"{named}."
        )
    return flags, tuple(notes)
