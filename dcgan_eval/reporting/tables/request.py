"""What a view of a table is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from dcgan_eval.core import SettingsError, did_you_mean
from dcgan_eval.records import StoredRecord
from dcgan_eval.reporting.results.computed import rows_of_metric
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.row_errors import ErrorReader, with_intervals
from dcgan_eval.reporting.results.rows import Row, grouped, in_order
from dcgan_eval.reporting.tables.bold import with_bold
from dcgan_eval.reporting.tables.column import Column, T, make_grid
from dcgan_eval.reporting.tables.grid import Grid
from dcgan_eval.reporting.tables.notes import Note, said
from dcgan_eval.reporting.tables.settings import TableSettings

FILTERS = ("representation", "kind", "protocol", "preset", "dataset")
# What the column of names is called by whoever chooses columns, whatever a line is.
_NAME = "name"


@dataclass(frozen=True)
class Request:
    """Findings and how they are to be shown.

    Attributes
    ----------
    paper
        Whether there is no more room than a column of a paper.
    """

    findings: Findings
    settings: TableSettings = field(default_factory=TableSettings)
    paper: bool = False
    reader: ErrorReader = field(default_factory=ErrorReader)

    @cached_property
    def rows(self) -> list[Row]:
        """Rows of the metric, with intervals."""
        return self.rows_of(self.settings.metric)

    def rows_of(self, metric: str | None) -> list[Row]:
        """The same of another metric."""
        return with_intervals(self._found(metric)[0], self.reader)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Results that have no row of the metric, and why."""
        return self._found(self.settings.metric)[1]

    def _found(self, metric: str | None) -> tuple[list[Row], tuple[str, ...]]:
        return rows_of_metric(self.findings.rows, metric, self.reader)

    def groups(self) -> list[tuple[list[Row], tuple[Note, ...]]]:
        """By experiment and metric: rows in order, bold ones marked, and what is said of that."""
        return [
            with_bold(in_order(group, self.settings.sort), self.settings.bold, self.reader)
            for group in grouped(self.rows)
        ]

    def form(self, usual: str) -> str:
        """How intervals are shown: as was asked for, or as is usual."""
        return self.settings.interval or usual

    def names(
        self, columns: Sequence[Column[Any]], usual: Sequence[str], paper: Sequence[str] = ()
    ) -> list[str]:
        """Names of the columns that are printed: as asked for, or those that are usual.

        Parameters
        ----------
        columns
            All that there are.
        usual, paper
            Names where nothing is asked for, and those of them where there is little room; the
            first is the column of names.
        """
        known = [one.name for one in columns]
        chosen = self.settings.columns or (paper if self.paper and paper else usual)
        chosen = [usual[0] if name == _NAME else name for name in chosen]
        if chosen[0] != usual[0]:
            raise SettingsError("columns: begin with name, by which rows are told apart")
        for name in chosen:
            if name not in known:
                raise SettingsError(
                    f"columns: {name!r} is none of this view; {did_you_mean(name, known)}"
                )
        whole = self.form("range") == "range"
        return [name for name in dict.fromkeys(chosen) if whole or name != "interval"]

    def grid(
        self,
        title: str,
        columns: Sequence[Column[T]],
        things: Sequence[T],
        notes: Sequence[Note],
        *,
        footnotes: Sequence[str] = (),
        caption: str,
    ) -> Grid:
        """Print things with as many notes as are wanted; `footnotes` are numbered first."""
        level = self.settings.notes
        if level != "full":
            columns = [replace(one, footnotes=_no_footnotes) for one in columns]
            footnotes = ()
        grid = make_grid(title, columns, things, said(notes, level), footnotes)
        return replace(grid, caption=caption)


def _no_footnotes(thing: object) -> Sequence[str]:
    return ()


def chosen_records(
    records: Sequence[StoredRecord], where: Mapping[str, str]
) -> tuple[StoredRecord, ...]:
    """Records whose values match all patterns (``*`` and ``?`` as in file names)."""
    for key in where:
        if key not in FILTERS:
            raise SettingsError(f"where: {key!r} is not known; {did_you_mean(key, FILTERS)}")
    return tuple(one for one in records if _matches(one, where))


def _matches(stored: StoredRecord, where: Mapping[str, str]) -> bool:
    """Whether a record is wanted; a representation matches by its name or its method."""
    outcome = stored.record.outcome
    shown = outcome.representation
    values = {
        "representation": (shown.name, shown.method or shown.name),
        "kind": (shown.kind,),
        "protocol": (outcome.protocol.kind,),
        "preset": (outcome.protocol.preset or "",),
        "dataset": (outcome.data.name,),
    }
    return all(
        any(fnmatchcase(value, pattern) for value in values[key]) for key, pattern in where.items()
    )
