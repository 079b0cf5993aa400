"""Finished records that are served in place of computing them: today's, under today's names."""

from __future__ import annotations

import warnings

import numpy as np

from dcgan_eval.core import (
    Progress,
    RecordError,
    RecordWarning,
    Subject,
    same_but_for_rounding,
)
from dcgan_eval.pipeline.plan import Job, Plan
from dcgan_eval.records import Record, ResultStore, StoredRecord


def finished(plan: Plan, job: Job, store: ResultStore) -> StoredRecord | None:
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
        _warn(f"{error}; not renamed: run again with --overwrite failed")
        return done
    progress.say(f"{job.subject.name}: renamed, not computed again, {store.folder}")
    return store.save(named, done.predictions(), done.exhibits())


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
