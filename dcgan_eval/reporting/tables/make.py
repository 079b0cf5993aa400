"""Tables of stored results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, TypeGuard

from dcgan_eval.core import Folder, RecordError, SettingsError, did_you_mean, located
from dcgan_eval.records import StoredRecord
from dcgan_eval.reporting.results.computed import why_none
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.sources import Gathered, Sources, gather
from dcgan_eval.reporting.tables.grid import Grid, Table, renderer
from dcgan_eval.reporting.tables.request import Request, chosen_records
from dcgan_eval.reporting.tables.settings import TableSettings, table_settings


def _is_view(member: object) -> TypeGuard[Callable[[Request], Table]]:
    return callable(member)


VIEWS = Folder("dcgan_eval.reporting.tables.views", "view", "view", _is_view)


def make_table(
    sources: Sources | Gathered,
    format: str = "md",
    *,
    style: str | PathLike[str] | None = None,
    **options: Any,
) -> Table:
    """Make a table of records.

    Parameters
    ----------
    sources
        Results folders (with their subfolders), record files, records.
    format
        What it will be written as: ``md``, ``csv``, ``latex`` or ``html``. In LaTeX a grid has the
        columns that fit a column of a paper, where none are asked for.
    style
        A YAML file of options.
    options
        Keys of `TableSettings`, such as ``view="pivot"``; they go before those of the file.

    Raises
    ------
    RecordError
        No such folder, no records in it, none with the metric, or none for the view (no layer
        ablation, no steps, no rungs).
    SettingsError
        An unknown format, key, view or value, or one that the format has no place for.
    """
    renderer(format)
    settings = table_settings(style, options, format)
    with located("view"):
        view = VIEWS.load(settings.view)
    gathered = gather(sources)
    records = chosen_records(gathered.records, settings.where)
    if not records:
        raise RecordError(_nothing(gathered, settings.where))
    request = Request(_findings(records, settings.published), settings, format == "latex")
    if not request.rows:
        raise RecordError(why_none(settings.metric, request.findings.rows, request.left_out))
    table = view(request)
    if not table.grids:
        raise RecordError(
            f"view {settings.view!r}: nothing for it among {len(records)} records; the view "
            "'representations' shows them all"
        )
    problems = (*gathered.problems, *request.left_out)
    return replace(table, grids=_as_asked(table.grids, settings), problems=problems)


def table(
    sources: Sources | Gathered,
    format: str = "md",
    *,
    style: str | PathLike[str] | None = None,
    **options: Any,
) -> str:
    """Make a table and write it as ``md``, ``csv``, ``latex`` or ``html``; see `make_table`.

    Examples
    --------
    >>> from dcgan_eval import table
    >>> text = table("results/cifar10_3000", sort="value", published=False)
    >>> print(text.splitlines()[0])
    **full_labels/cifar10 on cifar10**
    """
    return make_table(sources, format, style=style, **options).render(format)


def _findings(records: Sequence[StoredRecord], published: str) -> Findings:
    """Our rows, and the published ones that are wanted."""
    found = Findings.of(records, published=published != "no")
    if published != "same-experiment":
        return found
    rows = (row for row in found.rows if not row.published or row.experiment.subset is None)
    return replace(found, rows=tuple(rows))


def _as_asked(grids: tuple[Grid, ...], settings: TableSettings) -> tuple[Grid, ...]:
    """Grids under the names, caption and label that were asked for."""
    for name in ("caption", "label"):
        if getattr(settings, name) is not None and len(grids) > 1:
            titles = "; ".join(grid.title for grid in grids)
            raise SettingsError(
                f"{name}: there are {len(grids)} tables ({titles}); choose one by where or metric"
            )
    named = [_renamed(grid, settings.rename) for grid in grids]
    known = {name for grid in grids for name in _names(grid)}
    for name in settings.rename:
        if name not in known:
            raise SettingsError(
                f"rename: no row or column is called {name!r}; {did_you_mean(name, known)}"
            )
    return tuple(
        replace(
            grid,
            title=settings.caption or grid.title,
            caption=settings.caption or grid.caption,
            label=settings.label or "",
            wide=settings.env and settings.env == "table*",
        )
        for grid in named
    )


def _names(grid: Grid) -> list[str]:
    """What rows and columns are called."""
    return [*(column.name for column in grid.columns), *(row[0].text for row in grid.rows)]


def _renamed(grid: Grid, names: Mapping[str, str]) -> Grid:
    """Rows, columns, and what is said of a row by its name, under other names."""

    def new(text: str) -> str:
        return names.get(text, text)

    def told(text: str) -> str:
        name, colon, rest = text.partition(": ")
        return f"{new(name)}{colon}{rest}"

    return replace(
        grid,
        columns=tuple(replace(column, name=new(column.name)) for column in grid.columns),
        rows=tuple((replace(row[0], text=new(row[0].text)), *row[1:]) for row in grid.rows),
        notes=tuple(told(text) for text in grid.notes),
        footnotes=tuple(told(text) for text in grid.footnotes),
    )


def _nothing(gathered: Gathered, where: Mapping[str, str]) -> str:
    """Why there is nothing to show."""
    if gathered.records:
        asked = ", ".join(f"{key}={pattern}" for key, pattern in where.items())
        return f"none of {len(gathered.records)} records matches {asked}; loosen the filter"
    return gathered.why_empty()
