"""What a view of a table is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from dcgan_eval.core import SettingsError, did_you_mean
from dcgan_eval.records import StoredRecord
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.row_errors import ErrorReader, with_intervals
from dcgan_eval.reporting.results.rows import Row, grouped, in_order
from dcgan_eval.reporting.tables.bold import with_bold

SORTS = ("value", "name", "columns", "seconds", "given")
FILTERS = ("representation", "kind", "protocol", "preset", "dataset")


@dataclass(frozen=True)
class Request:
    """Findings and how they are to be shown.

    Attributes
    ----------
    metric
        A metric's label, ``"all"``, or None for each record's headline.
    sort, bold
        One of `SORTS`, one of `BOLD`.
    """

    findings: Findings
    metric: str | None = None
    sort: str = "value"
    bold: str = "tests"
    reader: ErrorReader = field(default_factory=ErrorReader)

    @cached_property
    def rows(self) -> list[Row]:
        """Rows of the metric, with intervals."""
        return self.rows_of(self.metric)

    def rows_of(self, metric: str | None) -> list[Row]:
        """The same of another metric."""
        wanted = (row for row in self.findings.rows if row.is_of(metric))
        return with_intervals(wanted, self.reader)

    def groups(self) -> list[tuple[list[Row], tuple[str, ...]]]:
        """By experiment and metric: rows in order, bold ones marked, and what is said of that."""
        return [
            with_bold(in_order(group, self.sort), self.bold, self.reader)
            for group in grouped(self.rows)
        ]


def check_known(what: str, given: str, known: Sequence[str]) -> str:
    """One of the known words, or an error with a suggestion."""
    if given not in known:
        raise SettingsError(f"{what}: {given!r} is not known; {did_you_mean(given, known)}")
    return given


def chosen_records(
    records: Sequence[StoredRecord], where: Mapping[str, str] | None
) -> tuple[StoredRecord, ...]:
    """Records whose values match all patterns (``*`` and ``?`` as in file names)."""
    for key in where or {}:
        check_known("where", key, FILTERS)
    return tuple(one for one in records if _matches(one, where or {}))


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
