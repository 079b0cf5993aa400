"""Where results come from: folders, files, records in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from dcgan_eval.records import Record, StoredRecord, read_records

Source = str | PathLike[str] | Record | StoredRecord
Sources = Source | Iterable[Source]


@dataclass(frozen=True)
class Gathered:
    """Records, and one line for each file that could not be used.

    Attributes
    ----------
    records
        Each id once, in the order of the sources.
    problems
        Names of files with the reason why they were skipped or are incomplete.
    """

    records: tuple[StoredRecord, ...]
    problems: tuple[str, ...] = ()

    def why_empty(self) -> str:
        """Why there are no records, for a message."""
        if not self.problems:
            return "no records there; give a folder that `dcgan-eval run` has written to"
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        return f"no usable record: {self.problems[0]}{more}"


def gather(sources: Sources | Gathered) -> Gathered:
    """Read records of folders (with their subfolders) and files; take those in memory as they are.

    Raises
    ------
    RecordError
        A path that does not exist.
    """
    if isinstance(sources, Gathered):
        return sources
    if isinstance(sources, str | PathLike | Record | StoredRecord):
        sources = [sources]
    records: dict[str, StoredRecord] = {}
    problems: list[str] = []
    for source in sources:
        if isinstance(source, Record):
            found = [StoredRecord(source, None)]
        elif isinstance(source, StoredRecord):
            found = [source]
        else:
            found, said = read_records([Path(source)])
            problems += said
        for one in found:
            records.setdefault(one.record.id, one)
    return Gathered(tuple(records.values()), tuple(problems))
