"""Which rows a comparison is about: what was typed, as rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from dcgan_eval.core import RecordError, did_you_mean
from dcgan_eval.records import Record, StoredRecord
from dcgan_eval.reporting.results.computed import rows_of_metric, why_none
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.row_errors import ErrorReader
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.results.sources import Gathered, Source, Sources, gather

_ID = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True)
class Choices:
    """Rows to be compared, each once, in the order in which they were given.

    Attributes
    ----------
    warnings
        What a reader must know of the choice.
    problems
        Files that could not be used, and why.
    """

    rows: tuple[Row, ...]
    warnings: tuple[str, ...]
    problems: tuple[str, ...]


def choose_rows(
    sources: Sources | Gathered, within: Sources, metric: str | None, reader: ErrorReader
) -> Choices:
    """Turn files, folders, records, names and ids into rows of a metric (see `rows_of_metric`).

    Raises
    ------
    RecordError
        An unknown or ambiguous name, or a metric that a record lacks.
    """
    given: Iterable[Source | Gathered] = (
        [sources]
        if isinstance(sources, str | PathLike | Record | StoredRecord | Gathered)
        else sources
    )
    rows: dict[tuple[object, ...], Row] = {}
    left_out: dict[str, None] = {}
    problems: dict[str, None] = {}
    named: _Named | None = None
    for source in given:
        if isinstance(source, str) and not Path(source).exists():
            if named is None:
                named = _Named(gather(within))
                problems.update(dict.fromkeys(named.gathered.problems))
            known = named.rows_called(source)
        else:
            gathered = gather(source)
            problems.update(dict.fromkeys(gathered.problems))
            if not gathered.records:
                raise RecordError(f"{_shown(source)}: {gathered.why_empty()}")
            known = list(Findings.of(gathered.records, published=False).rows)
        found, missing = rows_of_metric(known, metric, reader)
        if not found:
            raise RecordError(f"{_shown(source)}: {why_none(metric, known, missing)}")
        left_out.update(dict.fromkeys(missing))
        for row in found:
            rows.setdefault(row.key, row)
    kept = tuple(rows.values())
    warnings = [*_step_warnings(kept), *(f"Left out: {one}." for one in left_out)]
    return Choices(kept, tuple(warnings), tuple(problems))


class _Named:
    """Results among which names and ids are looked for."""

    def __init__(self, gathered: Gathered) -> None:
        self.gathered = gathered
        self.rows = Findings.of(gathered.records, published=False).rows

    def rows_called(self, name: str) -> list[Row]:
        """The rows, one a metric, of a representation's or method's name, or of an id."""
        rows = list(self.rows)
        matches = [
            row for row in rows if row.headline and name in (row.name, _without_id(row.name))
        ]
        if not matches:
            # A single seed or step, which the rows have together.
            single = [
                stored
                for stored in self.gathered.records
                if stored.record.outcome.representation.name == name
                or (_ID.fullmatch(name) and stored.record.id.startswith(name))
            ]
            rows = [row for one in single for row in Findings.of([one], published=False).rows]
            matches = [row for row in rows if row.headline]
        if not matches:
            known = sorted({row.name for row in self.rows})
            raise RecordError(
                f"{name!r} is no file, folder, name or id among the results; "
                f"{did_you_mean(name, known)}"
            )
        if len(matches) > 1:
            ids = ", ".join(row.ids.split()[0] for row in matches)
            raise RecordError(f"{name!r} is the name of {len(matches)} results; give an id: {ids}")
        return [row for row in rows if row.key[:2] == matches[0].key[:2]]


def _without_id(name: str) -> str:
    """A row's name without the id that tells it from another of the same name."""
    return re.sub(r" \[[0-9a-f]{8}\]$", "", name)


def _shown(source: Source | Gathered) -> str:
    """A source as it is called in a message."""
    if isinstance(source, StoredRecord):
        source = source.record
    if isinstance(source, Gathered):
        return f"{len(source.records)} records"
    return source.outcome.representation.name if isinstance(source, Record) else str(source)


def _step_warnings(rows: Sequence[Row]) -> list[str]:
    """Say where several steps of one training meet on test images."""
    steps: dict[tuple[str, int | None], set[int]] = {}
    for row in rows:
        for stored in row.records:
            shown = stored.record.outcome.representation
            if shown.method is not None and shown.step is not None:
                steps.setdefault((shown.method, shown.seed), set()).add(shown.step)
    return [
        f"{len(found)} steps of {method} are compared on test images: choose among steps on "
        "validation."
        for (method, _), found in steps.items()
        if len(found) > 1
    ]
