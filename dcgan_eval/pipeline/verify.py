"""Run stored records again, from what they say of themselves, and tell what differs.

1. The record's pipeline is made again from its settings: of the rows those of its kind. 2. The job
whose id is the record's is looked for among them. 3. It alone is run, with features from the cache
but without finished records and units. 4. Choice, metrics and predictions are compared; decision
values, which many records do not have, are not.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from dcgan_eval.core import (
    DcganEvalError,
    Progress,
    RecordError,
    Silent,
    StorageError,
    did_you_mean,
    private_folder,
    writable_folder,
)
from dcgan_eval.pipeline.options import Options
from dcgan_eval.pipeline.remade import job_again
from dcgan_eval.pipeline.run import run_job
from dcgan_eval.records import Record, ResultStore, StoredRecord, read_records
from dcgan_eval.reporting import diff

# Beyond these a record differs: libraries and processors round differently in the last digits.
METRIC_TOLERANCE = 1e-6
PREDICTIONS_EQUAL = 0.999


@dataclass(frozen=True)
class Verified:
    """What came of running one record again.

    Attributes
    ----------
    name
        Of the record, or of the file that is none.
    differs
        What differs beyond the tolerances, and by how much; nothing when it is the same.
    reason
        Why it could not be run again; None when it was.
    remark
        What differs within the tolerances, or under which it was run.
    seconds
        That it took.
    """

    name: str
    differs: tuple[str, ...] = ()
    reason: str | None = None
    remark: str = ""
    seconds: float = 0.0

    @property
    def same(self) -> bool:
        """Whether it was run again and is the same."""
        return self.reason is None and not self.differs

    def line(self) -> str:
        """One line about it."""
        if self.reason is not None:
            return f"{self.name}: cannot be run again: {self.reason}"
        said = "; ".join(self.differs) or "same"
        remark = f"; {self.remark}" if self.remark else ""
        return f"{self.name}: {said}{remark} ({self.seconds:.1f} s)"


def verify_records(
    paths: Iterable[Path],
    options: Options,
    match: str = "*",
    progress: Progress | None = None,
) -> Iterator[Verified]:
    """Run stored records again, one after the other.

    Parameters
    ----------
    paths
        Results folders and record files.
    options
        Where data, checkpoints and cache are, and the device; the new records go to `results`,
        or are forgotten where it is None.
    match
        Only records whose name or id matches (``*`` and ``?`` as in file names; of an id the
        first digits are enough).

    Yields
    ------
    Verified
        One a record; also one for each file that is no usable record, whatever its name.

    Raises
    ------
    RecordError
        A path that does not exist; no record matches.
    StorageError
        The cache or the results folder cannot be written to.
    """
    progress = progress or Silent()
    options.check()
    found, problems = read_records(paths)
    wanted = [stored for stored in found if _matches(stored.record, match)]
    if not wanted and not problems:
        names = {stored.record.outcome.representation.name for stored in found}
        raise RecordError(f"no record matches {match!r}; {did_you_mean(match, names)}")
    for problem in problems:
        file, _, said = problem.partition(": ")
        yield Verified(file, reason=said)
    with private_folder(writable_folder(options.cache) / "verified") as folder:
        results = options.results
        fresh = replace(
            options,
            journals=folder / "journals",
            results=folder / "results" if results is None else writable_folder(results),
        )
        for number, stored in enumerate(wanted, start=1):
            name = stored.record.outcome.representation.name
            with progress.job(name, number, len(wanted)):
                verified = _verified(stored, fresh, progress)
            yield verified


def _matches(record: Record, pattern: str) -> bool:
    """Whether a record's name or id is meant."""
    name = record.outcome.representation.name
    return fnmatchcase(name, pattern) or fnmatchcase(record.id, f"{pattern}*")


def _verified(stored: StoredRecord, options: Options, progress: Progress) -> Verified:
    """Run one record again and compare."""
    record, begun = stored.record, time.monotonic()
    name = f"{record.outcome.representation.name} ({record.id[:12]})"
    try:
        plan, job = job_again(record, options, progress)
        again = run_job(plan, job, ResultStore(plan.results), plan.options.work(progress))
    except StorageError:
        raise
    except DcganEvalError as error:
        return Verified(name, reason=str(error))
    differs, remarks = _compared(stored, again)
    environment = diff(stored, again).environment if differs else ()
    if environment:
        remarks.append(f"A the record, B today: {', '.join(environment)}")
    return Verified(name, tuple(differs), None, "; ".join(remarks), time.monotonic() - begun)


def _compared(stored: StoredRecord, again: StoredRecord) -> tuple[list[str], list[str]]:
    """What differs beyond the tolerances, and what within them."""
    before, now = stored.record.outcome, again.record.outcome
    differs: list[str] = []
    remarks: list[str] = []
    chosen = [[one.chosen for one in outcome.selection] for outcome in (before, now)]
    if chosen[0] != chosen[1]:
        texts = [", ".join(f"{value:g}" for value in values[:3]) for values in chosen]
        differs.append(
            f"{(before.selection or now.selection)[0].parameter} {texts[1]} chosen, was {texts[0]}"
        )
    values = [{one.label: one.value for one in outcome.metrics} for outcome in (before, now)]
    largest = 0.0
    for label in dict.fromkeys([*values[0], *values[1]]):
        old, new = (one.get(label) for one in values)
        if old is None or new is None:
            differs.append(f"{label} {'was not there' if old is None else 'is not there'}")
        elif abs(new - old) > METRIC_TOLERANCE:
            differs.append(f"{label} {new:.6g}, was {old:.6g} ({new - old:+.2g})")
        else:
            largest = max(largest, abs(new - old))
    if largest:
        remarks.append(f"metrics within {largest:.0e}")
    said, counts = _predictions(stored, again)
    if said:
        (differs if counts else remarks).append(said)
    return differs, remarks


def _predictions(stored: StoredRecord, again: StoredRecord) -> tuple[str, bool]:
    """What to say of the predictions (nothing where all are equal), and whether it counts."""
    if stored.record.outcome.predictions is None and again.record.outcome.predictions is None:
        return "", False
    before, now = stored.predictions(), again.predictions()
    if before is None or now is None:
        return "predictions cannot be compared: the record's are not there", True
    if before.values.shape != now.values.shape or not np.array_equal(before.targets, now.targets):
        return "predictions are of other items or rows", True
    differ = int(np.count_nonzero(before.values != now.values))
    counts = differ > (1 - PREDICTIONS_EQUAL) * before.values.size
    return f"{differ:,} of {before.values.size:,} predictions differ" if differ else "", counts
