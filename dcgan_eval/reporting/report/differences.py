"""The best representation against the others, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dcgan_eval.reporting.results.pairing import compare_rows, pair_pvalues
from dcgan_eval.reporting.results.row_errors import ErrorReader
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.stats import holm_matrix, sentence

# The table holds the rest.
MOST_IN_WORDS = 8


def best_in_words(rows: Sequence[Row], reader: ErrorReader) -> tuple[tuple[str, ...], str]:
    """Sentences about the first row against the next ones, and what was compared.

    Parameters
    ----------
    rows
        Of one experiment and metric, best first. Holm's correction is over all of their pairs,
        as it is for the bold rows of the table.
    """
    p, comparable = pair_pvalues(rows, reader)
    usable = [row for row, used in zip(rows, comparable, strict=True) if used]
    if len(usable) < 2:
        return (), ""
    adjusted = holm_matrix(p[np.ix_(comparable, comparable)])
    n_pairs = len(usable) * (len(usable) - 1) // 2
    first, *others = usable
    said = []
    for place, row in enumerate(others[:MOST_IN_WORDS], start=1):
        found = compare_rows(first, row, reader, pairs=n_pairs)
        holm_p = None if n_pairs == 1 or found.p is None else float(adjusted[0, place])
        said.append(sentence(found, first.name, row.name, adjusted_p=holm_p))
    more = len(others) - len(said)
    left_out = f"; {more} more {'is' if more == 1 else 'are'} in the table" if more else ""
    return tuple(said), f"The best representation against the others{left_out}."
