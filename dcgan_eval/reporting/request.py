"""What a view of a table is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from dcgan_eval.core import SettingsError, did_you_mean
from dcgan_eval.records import StoredRecord
from dcgan_eval.reporting.cells import CellReader
from dcgan_eval.reporting.rows import Row
from dcgan_eval.reporting.significance import Bold

SORTS = ("value", "name", "columns", "seconds", "given")
FILTERS = ("representation", "kind", "protocol", "preset", "dataset")


@dataclass(frozen=True)
class Request:
    """Records and how they are to be shown.

    Attributes
    ----------
    metric
        A metric's label, ``"all"``, or None for each record's headline.
    sort
        One of `SORTS`.
    """

    records: tuple[StoredRecord, ...]
    metric: str | None = None
    sort: str = "value"
    bold: Bold = "tests"
    published: bool = True
    reader: CellReader = field(default_factory=CellReader)

    def sorted(self, rows: Sequence[Row]) -> list[Row]:
        """Rows in the wanted order; equal ones by name, those without a number last."""
        return sorted(rows, key=self._order) if self.sort != "given" else list(rows)

    def _order(self, row: Row) -> tuple[float, str]:
        number: float | None = 0.0
        if self.sort == "value":
            number = -row.value if row.better == "high" else row.value
        elif self.sort == "columns":
            number = row.columns
        elif self.sort == "seconds":
            number = row.seconds
        return float("inf") if number is None else number, row.name


def check_sort(sort: str) -> str:
    """A known order, or an error with a suggestion."""
    if sort not in SORTS:
        raise SettingsError(f"sort: {sort!r} is not known; {did_you_mean(sort, SORTS)}")
    return sort


def chosen_records(
    records: Sequence[StoredRecord], where: Mapping[str, str] | None
) -> tuple[StoredRecord, ...]:
    """Records whose values match all patterns (``*`` and ``?`` as in file names)."""
    for key in where or {}:
        if key not in FILTERS:
            raise SettingsError(f"where: {key!r} is not known; {did_you_mean(key, FILTERS)}")
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
