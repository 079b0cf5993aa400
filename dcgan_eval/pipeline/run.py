"""Run a pipeline: unit by unit from images to records."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np

from dcgan_eval.core import (
    DataError,
    Progress,
    Silent,
    Work,
    WorkError,
    refuse_if_too_large,
    writable_folder,
)
from dcgan_eval.features import Representation
from dcgan_eval.pipeline.executors import Serial
from dcgan_eval.pipeline.finished import all_devices, finished_record, finished_units, served
from dcgan_eval.pipeline.options import Options, usual_options
from dcgan_eval.pipeline.plan import Job, Plan, Unit, make_plan, refuse_twins
from dcgan_eval.pipeline.provenance import Run
from dcgan_eval.pipeline.results import Results, image_finder
from dcgan_eval.pipeline.settings import Pipeline, read_pipeline
from dcgan_eval.protocols import Features, Result, Task
from dcgan_eval.records import (
    Outcome,
    Predictions,
    Record,
    ResultStore,
    StoredRecord,
)


class Told(NamedTuple):
    """A warning that was given where a unit ran."""

    message: str
    category: type[Warning]
    filename: str
    lineno: int


class Finished(NamedTuple):
    """What a unit leaves: its records, and what was warned of."""

    records: list[StoredRecord]
    told: list[Told]


def run_pipeline(
    pipeline: Pipeline | Path | str,
    options: Options | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Results:
    """Evaluate every representation of a pipeline.

    Parameters
    ----------
    pipeline
        From `read_pipeline`, or the path of a YAML file.
    options
        Where and how; as `dcgan-eval run` does it without options when None.
    progress
        Where to report; nowhere when None.
    executor
        Where units run, such as `dcgan_eval.pipeline.processes`; in this process when None. There
        everything is checked before any work, elsewhere by whoever runs a unit.

    Returns
    -------
    Results
        Stored records, one a job, in order; those that were done before are read, not computed.

    Examples
    --------
    >>> from dcgan_eval import run_pipeline
    >>> from dcgan_eval.pipeline import pipeline_from
    >>> rows = {"data": {"name": "digits"}, "representations": [{"kind": "pixels"}]}
    >>> protocol = {"kind": "full_labels", "train_size": 100, "grid": [0.01]}
    >>> pipeline = pipeline_from({"name": "few", **rows, "protocol": protocol, "results": "few"})
    >>> run_pipeline(pipeline)
    <Results: 1 record in ...>
    """
    progress = progress or Silent()
    if isinstance(pipeline, str | Path):
        pipeline = read_pipeline(pipeline)
    options = options or usual_options()
    options.check()
    # Found out now, not after hours of work.
    writable_folder(options.cache)
    return run_plan(make_plan(pipeline, options, progress), progress, executor)


def run_plan(
    plan: Plan, progress: Progress | None = None, executor: Executor | None = None
) -> Results:
    """Run the jobs of a plan; see `run_pipeline`."""
    progress, options = progress or Silent(), plan.options
    writable_folder(plan.results)
    if executor is None:
        plan.all_jobs()
    run = uuid4().hex
    _remember(run, plan)
    try:
        records = _gathered(run, plan, executor or Serial(), progress)
    finally:
        _plans.pop(run, None)  # with the networks and arrays that its subjects hold
    refuse_twins([(one.id, one.outcome.representation) for one in records])
    return Results(tuple(records), finders=(image_finder(options.data_roots, options.cache),))


def _gathered(run: str, plan: Plan, executor: Executor, progress: Progress) -> list[StoredRecord]:
    """Records of all units in order; the first failure ends what has not begun."""
    futures: list[Future[Finished]] = []
    told: set[Future[Finished]] = set()
    records: list[StoredRecord] = []
    try:
        for unit in plan.units:
            futures.append(
                executor.submit(run_unit, run, plan.pipeline, plan.options, unit, progress)
            )
            if futures[-1].done():  # here: its warnings are told now, and a failure ends the rest
                _tell(futures[-1].result().told)
                told.add(futures[-1])
        for future in futures:
            finished = future.result()
            if future not in told:
                _tell(finished.told)
                told.add(future)
            records += finished.records
        return records
    except BrokenExecutor as error:
        raise WorkError(
            f"a process that ran a unit ended ({error}); was memory short? The same command goes on"
        ) from error
    finally:
        for future in futures:
            # What was finished beside a failure is told, too.
            over = not future.cancel() and future.done() and future not in told
            if over and future.exception() is None:
                _tell(future.result().told)


def run_unit(
    run: str, pipeline: Pipeline, options: Options, unit: Unit, progress: Progress
) -> Finished:
    """Run the jobs of one unit, in whatever process this is.

    Parameters
    ----------
    run
        Name of the run: the plan of another one is not today's.
    """
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            plan = _plan_of(run, pipeline, options, progress)
            store = ResultStore(plan.results)
            jobs, records = plan.jobs(unit), []
            before, total = plan.counted(unit)
            for number, job in enumerate(jobs, before + 1):
                with progress.job(job.subject.name, number, total):
                    records.append(_record(plan, job, store, progress))
    except BaseException:
        _tell(_told(caught))  # nobody else will
        raise
    return Finished(records, _told(caught))


def _told(caught: Sequence[warnings.WarningMessage]) -> list[Told]:
    """Warnings as they can be handed to another process."""
    return [Told(str(one.message), one.category, one.filename, one.lineno) for one in caught]


def _tell(told: Sequence[Told]) -> None:
    """Give warnings again, in the process that asked for the work."""
    for message, category, filename, lineno in told:
        warnings.warn_explicit(message, category, filename, lineno)


# The plan that this process works by, under the name of its run: units share its images.
_plans: dict[str, Plan] = {}


def _remember(run: str, plan: Plan) -> None:
    """Work by this plan from now on."""
    _plans.clear()
    _plans[run] = plan


def _plan_of(run: str, pipeline: Pipeline, options: Options, progress: Progress) -> Plan:
    """The plan of a run, made once a process."""
    if run not in _plans:
        _remember(run, make_plan(pipeline, options, progress))
    return _plans[run]


def _record(plan: Plan, job: Job, store: ResultStore, progress: Progress) -> StoredRecord:
    """The record of a job: the one that is there and is today's, or a new one."""
    done = finished_record(plan, job, store)
    if done is not None:
        return served(plan, job, store, done, progress)
    return run_job(plan, job, store, plan.options.work(progress, plan.anew))


def run_job(plan: Plan, job: Job, store: ResultStore, work: Work) -> StoredRecord:
    """Features, protocol, record; whatever was stored before is computed anew."""
    refuse_if_too_large(
        job.memory_bytes,
        work.memory,
        f"{job.subject.name}:",
        "needs about {need:.1f} GB of memory, {have:.1f} GB are available; use fewer layers, a "
        "smaller train_size, or a larger machine",
    )
    pipeline = plan.pipeline
    settings = pipeline.model_dump(mode="json")
    run = Run(plan.options.command, settings, work.device, plan.load)
    guard = job.subject.guard()
    if guard is not None and not np.isfinite(guard).all():
        guard = None  # of noise, on which a network may overflow that images do not
    run.guard = () if guard is None else tuple(map(float, guard.ravel()))
    with run.phase("features"):
        given, keys = _given(plan, job, work, run)
    task = Task(given, plan.train, plan.test, plan.split)
    with run.phase("protocol"):
        units = finished_units(plan, job, keys, guard)
        run.devices |= all_devices(units, run.devices)
        result = pipeline.protocol.run(task, replace(work, units=units))
        for file in job.subject.mapped:
            if file.was_written():
                units.empty()
                raise DataError(f"{file.path}: was written to while it was used; run again")
    record = Record(id=job.id, outcome=_outcome(plan, job, result), run=run.info())
    stored = store.save(record, _predictions(task, result), result.exhibits)
    work.progress.say(_line(record))
    return stored


def _predictions(task: Task[Any], result: Result) -> Predictions | None:
    """What was predicted, with what is true, where something was."""
    if result.predictions is None:
        return None
    return Predictions(
        values=result.predictions,
        targets=task.y_test,
        item_ids=task.split.test,
        groups=task.test_groups,
        n_classes=task.n_classes,
        scores=result.scores,
    )


def _given(plan: Plan, job: Job, work: Work, run: Run) -> tuple[object, list[Any]]:
    """What the protocol is given, and what decides it, for the keys of finished units."""
    subject = job.subject
    if not isinstance(subject, Representation) or plan.pipeline.protocol.opens:
        return subject, [plan.train.fingerprint, plan.test.fingerprint, job.info.identity]
    X, X_test = (
        subject.features(rows, plan.reference, work) for rows in (plan.train_rows, plan.test_rows)
    )
    run.devices |= {*X.devices, *X_test.devices}
    return Features(X, X_test), [[one.key, one.checksum] for one in (X, X_test)]


def _outcome(plan: Plan, job: Job, result: Result) -> Outcome:
    """Everything that running again gives again."""
    return Outcome(
        protocol=plan.protocol,
        data=plan.data,
        representation=job.info,
        metrics=result.metrics,
        selection=result.selection,
        repeats=result.repeats,
        predictions=result.layout,
        notes=(*result.notes, *plan.data_notes),
        details=result.details,
    )


def _line(record: Record) -> str:
    """One line about a finished record."""
    metric = record.outcome.headline
    interval = metric.interval
    bounds = f" ({interval.low:.2f} to {interval.high:.2f})" if interval else ""
    name = record.outcome.representation.name
    return f"{name}: {metric.label} {metric.value:.2f} {metric.unit}{bounds}"
