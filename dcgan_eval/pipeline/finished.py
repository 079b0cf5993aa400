"""What was finished before, records and units: used where it is what today's code gives."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    CacheWarning,
    Progress,
    RecordError,
    RecordWarning,
    Subject,
    digest_json,
    remove_leftovers,
    same_but_for_rounding,
)
from dcgan_eval.pipeline.plan import Job, Plan
from dcgan_eval.records import Journal, Record, ResultStore, StoredRecord


def finished_record(plan: Plan, job: Job, store: ResultStore) -> StoredRecord | None:
    """The finished record of a job; None where it is to be made (again)."""
    found = None if plan.options.overwrite == "always" else store.find(job.id)
    if found is not None and not _is_todays(found.record, job.subject):
        _warn(f"{job.subject.name}: its record is not what the code gives now; computed again")
        return None
    if found is not None and plan.options.overwrite == "failed":
        try:
            found.check()
        except RecordError as error:
            _warn(f"{error}; made again")
            return None
    return found


def served(
    plan: Plan, job: Job, store: ResultStore, done: StoredRecord, progress: Progress
) -> StoredRecord:
    """A finished record; where names have changed, it is stored under the new ones first."""
    named = _named(plan, job, done.record)
    if named == done.record:
        progress.say(f"{job.subject.name}: done before, {store.folder}")
        return done
    try:
        done.check()
    except RecordError as error:
        _warn(
            f"{error}; not renamed: run again with --overwrite failed (in Python "
            "overwrite='failed')"
        )
        return done
    progress.say(f"{job.subject.name}: renamed, not computed again, {store.folder}")
    return store.save(named, done.predictions(), done.exhibits())


def finished_units(
    plan: Plan, job: Job, keys: Sequence[Any], guard: NDArray[np.float32] | None
) -> Journal:
    """The units of a job that may be used: more draws reuse the first.

    All are forgotten where everything is to be computed, or where they are not what today's code
    would give.

    Parameters
    ----------
    keys
        What decides what the protocol is given, checksums of features included.
    guard
        See `dcgan_eval.core.Subject.guard`.
    """
    key = digest_json(
        {
            "protocol": [plan.protocol.kind, plan.protocol.version],
            "settings": plan.pipeline.protocol.journal_values(),
            "features": keys,
            "layers": list(job.info.layers),
            "split": plan.split.digest(),
        }
    )
    units = Journal((plan.options.journals or plan.options.cache / "journals") / key)
    # A run that finds all that it needs writes nothing, and would leave what a kill left.
    remove_leftovers(units.folder)
    if plan.options.overwrite == "always":
        units.empty()
    if guard is None:
        return units
    before = units.get("guard")
    if before is not None and not same_but_for_rounding(before["guard"], guard):
        warnings.warn(
            f"{job.subject.name}: finished units are not what the code gives now; computed again",
            CacheWarning,
            stacklevel=2,
        )
        before = None
    if before is None:
        # Units without a guard may be anybody's: what a kill left, or of an older version.
        units.empty()
        units.put("guard", {"guard": guard})
    return units


def all_devices(units: Journal, devices: Iterable[str]) -> set[str]:
    """All devices that units were computed on, those of this run with them."""
    before = units.get("devices") or {"names": []}
    names = {*before["names"], *devices}
    if names != set(before["names"]):
        units.put("devices", {"names": sorted(names)})
    return names


def _is_todays(done: Record, subject: Subject) -> bool:
    """Whether what a finished record was made of gives today what it gave then."""
    before = np.array(done.run.guard, np.float32)
    guard = subject.guard() if before.size else None
    return guard is None or same_but_for_rounding(before, guard.ravel())


def _named(plan: Plan, job: Job, record: Record) -> Record:
    """A record with what the pipeline says today that is in no id: names, what is assumed."""
    shown, data = job.info, plan.data
    names = {
        "name": shown.name,
        "method": shown.method,
        "step": shown.step,
        "assumed": shown.assumed,
    }
    outcome = record.outcome.model_copy(
        update={
            "representation": record.outcome.representation.model_copy(update=names),
            "data": record.outcome.data.model_copy(
                update={"name": data.name, "class_names": data.class_names}
            ),
        }
    )
    return record.model_copy(update={"outcome": outcome})


def _warn(line: str) -> None:
    warnings.warn(line, RecordWarning, stacklevel=3)
