"""Which of several results is better, and whether the difference can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from dcgan_eval.core import RecordError
from dcgan_eval.reporting.cells import CellReader, Cells, paired, row_interval, why_not
from dcgan_eval.reporting.chosen import Choices, choose_rows
from dcgan_eval.reporting.comparison import ComparisonReport, Pair
from dcgan_eval.reporting.experiment import experiment_titles
from dcgan_eval.reporting.rows import Row
from dcgan_eval.reporting.sources import Sources
from dcgan_eval.stats import compare_paired, holm, sample_size_sentence, sentence


def compare(
    sources: Sources,
    *,
    within: Sources = (),
    metric: str | None = None,
    level: float = 0.95,
    mid_p: bool = False,
    bootstrap: bool = False,
    detect: float | None = None,
) -> ComparisonReport:
    """Compare all pairs of several results of one experiment (STATISTICS.md).

    Parameters
    ----------
    sources
        Record files, results folders (seeds of one method together, of a training the step chosen
        on validation), records, names of representations or methods, or ids.
    within
        Results folders in which names and ids are looked for.
    metric
        A metric's label; each record's headline when None.
    level
        Confidence level; pairs are tested at ``1 - level``, with Holm's correction.
    mid_p, bootstrap
        See `dcgan_eval.stats.compare_paired`: for one prediction an item.
    detect
        A true difference, in points of percent: adds how many images would find it.

    Raises
    ------
    RecordError
        Nothing to compare: an unknown name, fewer than two results, other test items, draws,
        protocol versions or settings, or no predictions; the message names the reason.
    """
    choices = choose_rows(sources, within, metric)
    reader = CellReader()
    usable, left_out = _usable(choices.rows, reader)
    rows = [row for row, _ in usable]
    _refuse(rows, reader)
    n_pairs = len(rows) * (len(rows) - 1) // 2
    pairs = []
    for a, b in combinations(usable, 2):
        pairs.append(_pair(a, b, n_pairs, level, mid_p, bootstrap))
    pairs = _sentences(pairs, detect)
    titles = experiment_titles([rows[0].experiment])
    return ComparisonReport(
        title=titles[rows[0].experiment],
        rows=tuple(rows),
        intervals=tuple(row_interval(row, reader) for row in rows),
        pairs=tuple(pairs),
        level=level,
        warnings=(*_warnings(rows, choices), *left_out),
        problems=choices.problems,
    )


def _usable(
    rows: Sequence[Row], reader: CellReader
) -> tuple[list[tuple[Row, Cells]], tuple[str, ...]]:
    """Rows with their cells, and why the others are left out; an error when fewer than two."""
    if len(rows) < 2:
        named = f" ({rows[0].name})" if rows else ""
        raise RecordError(f"{len(rows)} result given{named}; a comparison takes at least two")
    cells = [reader.cells(row) for row in rows]
    reasons = [one for one in cells if isinstance(one, str)]
    usable = [(row, one) for row, one in zip(rows, cells, strict=True) if isinstance(one, Cells)]
    if len(usable) < 2:
        raise RecordError(f"nothing to compare: {'; '.join(reasons)}")
    return usable, tuple(f"Left out: {reason}." for reason in reasons)


def _refuse(rows: Sequence[Row], reader: CellReader) -> None:
    """Refuse what cannot be compared, with the reason."""
    # All that is asked for is equality, so that comparing with the first one is enough.
    for row in rows[1:]:
        reason = why_not(rows[0], row, reader)
        if reason is not None:
            raise RecordError(f"not comparable: {reason}")


def _pair(
    a: tuple[Row, Cells],
    b: tuple[Row, Cells],
    n_pairs: int,
    level: float,
    mid_p: bool,
    bootstrap: bool,
) -> Pair:
    """One comparison; its sentence comes with Holm's correction."""
    (row_a, cells_a), (row_b, cells_b) = a, b
    errors_a, errors_b, design, notes = paired(cells_a, cells_b)
    found = compare_paired(
        errors_a,
        errors_b,
        design,
        groups=cells_a.groups,
        level=level,
        pairs=n_pairs,
        mid_p=mid_p,
        bootstrap=bootstrap,
    )
    return Pair(row_a, row_b, replace(found, notes=(*found.notes, *notes)))


def _sentences(pairs: Sequence[Pair], detect: float | None) -> list[Pair]:
    """Pairs with p after Holm (where there are several) and their sentences."""
    p = np.array([np.nan if one.found.p is None else one.found.p for one in pairs])
    adjusted = holm(p)
    complete = []
    for one, value in zip(pairs, adjusted, strict=True):
        # One pair needs no correction, and without a p there is nothing to correct.
        by_holm = None if len(pairs) == 1 or np.isnan(value) else float(value)
        said = [sentence(one.found, one.a.name, one.b.name, adjusted_p=by_holm)]
        if detect is not None:
            said.append(sample_size_sentence(one.found, detect / 100.0))
        complete.append(replace(one, adjusted_p=by_holm, sentence=" ".join(said)))
    return complete


def _warnings(rows: Sequence[Row], choices: Choices) -> list[str]:
    """What differs between the runs though the experiment is the same."""
    warnings = list(choices.warnings)
    seen: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        for stored in row.records:
            for name, value in stored.record.run.environment.items():
                names = seen.setdefault(name, {}).setdefault(value, [])
                if row.name not in names:
                    names.append(row.name)
    for name, values in seen.items():
        if len(values) > 1:
            told = "; ".join(f"{value} ({_few(names)})" for value, names in values.items())
            warnings.append(f"The runs differ in {name}: {told}.")
    return warnings


def _few(names: Sequence[str]) -> str:
    """The first names of many."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
