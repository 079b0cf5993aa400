"""Tables of stored results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeGuard

from dcgan_eval.core import Folder, RecordError, did_you_mean, located
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.sources import Gathered, Sources, gather
from dcgan_eval.reporting.tables.bold import BOLD
from dcgan_eval.reporting.tables.grid import Table
from dcgan_eval.reporting.tables.request import SORTS, Request, check_known, chosen_records


def _is_view(member: object) -> TypeGuard[Callable[[Request], Table]]:
    return callable(member)


VIEWS = Folder("dcgan_eval.reporting.tables.views", "view", "view", _is_view)


def make_table(
    sources: Sources | Gathered,
    *,
    view: str = "representations",
    metric: str | None = None,
    sort: str = "value",
    where: Mapping[str, str] | None = None,
    bold: str = "tests",
    published: bool = True,
) -> Table:
    """Make a table of records.

    Parameters
    ----------
    sources
        Results folders (with their subfolders), record files, records.
    view
        ``representations``: one grid an experiment. ``pivot``: representations × experiments.
        ``layers``: layer ablations. ``steps``: learning curves on validation. ``rungs``: a metric
        by number of samples.
    metric
        A metric's label (``error``, ``error@50000``), ``all``, or each record's headline.
    sort
        ``value`` (best first), ``name``, ``columns``, ``seconds``, or ``given``.
    where
        Patterns for representation, kind, protocol, preset, dataset: only matching records.
    bold
        ``tests`` (STATISTICS.md, section 6), ``max`` (the best value; the caption says so) or
        ``none``.
    published
        Whether published rows stand beside ours.

    Raises
    ------
    RecordError
        No such folder, no records in it, none with the metric, or none for the view (no layer
        ablation, no steps, no rungs).
    SettingsError
        An unknown view, order, filter or way of bold.
    """
    with located("view"):
        make = VIEWS.load(view)
    gathered = gather(sources)
    records = chosen_records(gathered.records, where)
    if not records:
        raise RecordError(_nothing(gathered, where))
    known = {one.label for stored in records for one in stored.record.outcome.metrics}
    if metric not in (None, "all", *known):
        raise RecordError(f"metric: {metric!r} is in no record; {did_you_mean(str(metric), known)}")
    check_known("sort", sort, SORTS)
    check_known("bold", bold, BOLD)
    table = make(Request(Findings.of(records, published=published), metric, sort, bold))
    if not table.grids:
        raise RecordError(
            f"view {view!r}: nothing for it among {len(records)} records; the view "
            "'representations' shows them all"
        )
    return replace(table, problems=gathered.problems)


def table(
    sources: Sources | Gathered,
    format: str = "md",
    *,
    view: str = "representations",
    metric: str | None = None,
    sort: str = "value",
    where: Mapping[str, str] | None = None,
    bold: str = "tests",
    published: bool = True,
) -> str:
    """Make a table and write it as ``md``, ``csv``, ``latex`` or ``html``; see `make_table`.

    Examples
    --------
    >>> from dcgan_eval import table
    >>> text = table("results/cifar10_3000", sort="value", published=False)
    >>> print(text.splitlines()[0])
    **full_labels/cifar10 on cifar10**
    """
    made = make_table(
        sources,
        view=view,
        metric=metric,
        sort=sort,
        where=where,
        bold=bold,
        published=published,
    )
    return made.render(format)


def _nothing(gathered: Gathered, where: Mapping[str, str] | None) -> str:
    """Why there is nothing to show."""
    if gathered.records:
        asked = ", ".join(f"{key}={pattern}" for key, pattern in (where or {}).items())
        return f"none of {len(gathered.records)} records matches {asked}; loosen the filter"
    return gathered.why_empty()
