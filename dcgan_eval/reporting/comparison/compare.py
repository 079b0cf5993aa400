"""Which of several results is better, and whether the difference can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from dcgan_eval.core import RecordError
from dcgan_eval.reporting.comparison.comparison_report import ComparisonReport
from dcgan_eval.reporting.comparison.pair import Pair
from dcgan_eval.reporting.results.choose import choose_rows
from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.pairing import compare_rows, why_not
from dcgan_eval.reporting.results.percent import share_of
from dcgan_eval.reporting.results.row_errors import ErrorReader, RowErrors, with_intervals
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.results.sources import Gathered, Sources
from dcgan_eval.stats import holm, sample_size_sentence, sentence


def compare(
    sources: Sources | Gathered,
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
        on validation), records, names of representations or methods, or ids; `Results`, as if they
        were a folder.
    within
        Results folders in which names and ids are looked for.
    metric
        A metric's label; each record's headline when None. One that records do not tell is
        computed from their predictions (`dcgan_eval.stats.METRICS`, ``top3``,
        ``recall@class=frog``).
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

    Examples
    --------
    >>> from dcgan_eval import compare
    >>> comparison = compare("results/cifar10_3000")
    >>> len(comparison.rows), len(comparison.pairs)
    (5, 10)
    >>> comparison.pairs[0].significant
    True
    """
    reader = ErrorReader()
    choices = choose_rows(sources, within, metric, reader)
    report = report_on(
        choices.rows, reader, level=level, mid_p=mid_p, bootstrap=bootstrap, detect=detect
    )
    said = (*choices.warnings, *_differing_runs(report.rows), *report.warnings)
    return replace(report, warnings=said, problems=choices.problems)


def report_on(
    rows: Sequence[Row],
    reader: ErrorReader,
    *,
    level: float,
    mid_p: bool,
    bootstrap: bool,
    detect: float | None,
    items: str = "images",
) -> ComparisonReport:
    """Compare all pairs of rows whose errors a reader knows or can read.

    Parameters
    ----------
    level, mid_p, bootstrap, detect
        See `compare`.
    items
        What an item is called, plural.

    Raises
    ------
    RecordError
        Fewer than two rows that can be compared, or rows that cannot be compared with each other.
    """
    usable, left_out = _usable(rows, reader)
    rows = with_intervals(usable, reader)
    n_pairs = len(rows) * (len(rows) - 1) // 2
    options = {"level": level, "pairs": n_pairs, "mid_p": mid_p, "bootstrap": bootstrap}
    pairs = [Pair(a, b, compare_rows(a, b, reader, **options)) for a, b in combinations(rows, 2)]
    return ComparisonReport(
        title=experiment_titles([rows[0].experiment])[rows[0].experiment],
        rows=tuple(rows),
        pairs=tuple(_sentences(pairs, detect, items)),
        level=level,
        items=items,
        warnings=left_out,
    )


def _usable(rows: Sequence[Row], reader: ErrorReader) -> tuple[list[Row], tuple[str, ...]]:
    """Rows that can be compared, and why others are left out; an error when fewer than two."""
    if len(rows) < 2:
        named = f" ({rows[0].name})" if rows else ""
        raise RecordError(f"{len(rows)} result given{named}; a comparison takes at least two")
    reasons = [reason for row in rows if isinstance(reason := reader.errors(row), str)]
    usable = [row for row in rows if isinstance(reader.errors(row), RowErrors)]
    if len(usable) < 2:
        raise RecordError(f"nothing to compare: {'; '.join(reasons)}")
    # All that is asked for is equality, so that comparing with the first one is enough.
    for row in usable[1:]:
        if refused := why_not(usable[0], row, reader):
            raise RecordError(f"not comparable: {refused}")
    return usable, tuple(f"Left out: {reason}." for reason in reasons)


def _sentences(pairs: Sequence[Pair], detect: float | None, items: str) -> list[Pair]:
    """Pairs with p after Holm (where there are several) and their sentences."""
    p = np.array([np.nan if one.found.p is None else one.found.p for one in pairs])
    adjusted = holm(p)
    complete = []
    for one, value in zip(pairs, adjusted, strict=True):
        # One pair needs no correction, and without a p there is nothing to correct.
        by_holm = None if len(pairs) == 1 or np.isnan(value) else float(value)
        said = [sentence(one.found, one.a.name, one.b.name, items=items, adjusted_p=by_holm)]
        if detect is not None:
            said.append(sample_size_sentence(one.found, share_of(detect), items=items))
        complete.append(replace(one, adjusted_p=by_holm, sentence=" ".join(said)))
    return complete


def _differing_runs(rows: Sequence[Row]) -> list[str]:
    """What differs between the runs though the experiment is the same."""
    warnings = []
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
