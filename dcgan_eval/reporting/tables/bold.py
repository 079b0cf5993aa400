"""Which rows of a table are bold, and what is said of it below the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dcgan_eval.reporting.results.pairing import pair_pvalues
from dcgan_eval.reporting.results.row_errors import ErrorReader
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.tables.notes import Note
from dcgan_eval.stats import bold_rows


def with_bold(
    rows: Sequence[Row], bold: str, reader: ErrorReader
) -> tuple[list[Row], tuple[Note, ...]]:
    """Rows of one experiment and metric with their marks, and what is said of that.

    ``tests``: the best row and every row not significantly worse (STATISTICS.md, section 6).
    ``max``: the best value alone. Published rows are never bold.
    """
    own = [row for row in rows if not row.published]
    if bold == "none" or not own:
        return list(rows), ()
    marked, said = _best(own) if bold == "max" else _by_tests(own, reader)
    return [replace(row, bold=True) if row.key in marked else row for row in rows], said


def _best(own: Sequence[Row]) -> tuple[set[object], tuple[Note, ...]]:
    """Keys of the rows with the best value."""
    best = (max if own[0].better == "high" else min)(row.value for row in own)
    said = "Bold: the best value, whether or not it is significantly better."
    return {row.key for row in own if row.value == best}, (Note(said, "Bold: the best value."),)


def _by_tests(own: Sequence[Row], reader: ErrorReader) -> tuple[set[object], tuple[Note, ...]]:
    """Keys of the best row and of those not told apart from it."""
    p, comparable = pair_pvalues(own, reader)
    compared = [row for row, used in zip(own, comparable, strict=True) if used]
    left_out = [row.name for row, used in zip(own, comparable, strict=True) if not used]
    marked: set[object] = set()
    said: list[Note] = []
    if len(compared) > 1:
        values = [row.value for row in compared]
        flags = bold_rows(values, p[np.ix_(comparable, comparable)], own[0].better)
        marked = {row.key for row, flag in zip(compared, flags, strict=True) if flag}
        n_pairs = len(compared) * (len(compared) - 1) // 2
        tested = f"all {n_pairs:,} pairs" if n_pairs > 1 else "one pair"
        what, short = (
            (
                "Bold: the best row and every row not significantly worse than it",
                "Bold: the best and those not significantly worse",
            )
            if marked
            else (
                "No row is bold: none is significantly worse than the best",
                "No row is bold: none is significantly worse",
            )
        )
        said.append(
            Note(
                f"{what} ({tested} of our own rows, Holm at 5 %).",
                f"{short} (Holm, 5 %).",
            )
        )
    if left_out and len(own) > 1:
        named = ", ".join(left_out[:5]) + (", …" if len(left_out) > 5 else "")
        said.append(
            Note(
                "Not compared, since predictions are missing, of other draws or of another "
                f"metric: {named}."
            )
        )
    return marked, tuple(said)
