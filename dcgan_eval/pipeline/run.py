"""Run a pipeline: job by job from images to records."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dcgan_eval.core import Progress, Silent, digest_json, writable_folder
from dcgan_eval.features import FeatureMatrix, extract
from dcgan_eval.pipeline.plan import (
    Job,
    Options,
    Plan,
    check_options,
    make_plan,
    refuse_if_too_large,
)
from dcgan_eval.pipeline.provenance import Run
from dcgan_eval.pipeline.settings import Pipeline
from dcgan_eval.probes import Matrix
from dcgan_eval.protocols import Result, Task
from dcgan_eval.records import Journal, Outcome, Predictions, Record, ResultStore


def run_pipeline(
    pipeline: Pipeline, options: Options, progress: Progress | None = None
) -> list[Record]:
    """Evaluate every representation of a pipeline.

    Parameters
    ----------
    pipeline
        From `read_pipeline`.
    options
        Where and how.
    progress
        Where to report; nowhere when None.

    Returns
    -------
    list of Record
        One a job, in order; those that were done before are read, not computed.
    """
    progress = progress or Silent()
    check_options(options)
    # Found out now, not after hours of work.
    writable_folder(options.cache)
    store = ResultStore(writable_folder(options.results or Path(pipeline.results)))
    plan = make_plan(pipeline, options, progress)
    records = []
    for job in plan.jobs:
        done = store.find(job.id) if options.overwrite != "always" else None
        if done is not None:
            progress.say(f"{job.representation.name}: done before, {store.folder}")
            records.append(done)
        else:
            records.append(_run_job(plan, job, options, store, progress))
    return records


def _run_job(
    plan: Plan, job: Job, options: Options, store: ResultStore, progress: Progress
) -> Record:
    """Features, protocol, record."""
    refuse_if_too_large(job, _available_memory())
    run = Run(options.command, plan.pipeline.model_dump(mode="json"), options.device)
    with run.phase("features"):
        matrices = [
            extract(one, options.cache, device=options.device, progress=progress).layers(
                job.info.layers
            )
            for one in job.extractions
        ]
    task = _task(plan, job, matrices, options.device)
    with run.phase("protocol"):
        result = plan.protocol.run(
            plan.pipeline.protocol, task, _journal(plan, job, options), progress
        )
    record = Record(id=job.id, outcome=_outcome(plan, job, result), run=run.info())
    predictions = Predictions(
        values=result.predictions,
        targets=task.y_test,
        item_ids=plan.split.test,
        groups=task.test_groups,
        n_classes=task.n_classes,
    )
    store.save(record, predictions, result.exhibits)
    progress.say(_line(record))
    return record


def _task(plan: Plan, job: Job, matrices: Sequence[FeatureMatrix], device: str) -> Task:
    """What the protocol is run on; a protocol without features gets matrices without columns."""
    rows = (plan.split.train, plan.split.test)
    X: list[Matrix] = [*matrices] or [np.empty((len(one), 0), np.float32) for one in rows]
    spans = matrices[0].spans if matrices else {}
    return Task(plan.train, plan.test, plan.split, X[0], X[1], spans, job.representation, device)


def _journal(plan: Plan, job: Job, options: Options) -> Journal:
    """The job's finished units: kept by what decides a unit, so that more draws reuse the first."""
    key = digest_json(
        {
            "protocol": [plan.protocol_info.kind, plan.protocol.version],
            "settings": plan.protocol.journal_values(plan.pipeline.protocol),
            "features": [extraction.key for extraction in job.extractions]
            or [plan.train.fingerprint, plan.test.fingerprint, job.info.identity],
            "layers": list(job.info.layers),
            "split": plan.split.digest(),
        }
    )
    return Journal(options.cache / "journals" / key)


def _outcome(plan: Plan, job: Job, result: Result) -> Outcome:
    """Everything that running again gives again."""
    return Outcome(
        protocol=plan.protocol_info,
        data=plan.data,
        representation=job.info,
        metrics=result.metrics,
        selection=result.selection,
        repeats=result.repeats,
        design=result.design,
        notes=result.notes,
        details=result.details,
    )


def _line(record: Record) -> str:
    """One line about a finished record."""
    metric = next((m for m in record.outcome.metrics if m.headline), record.outcome.metrics[0])
    interval = metric.interval
    bounds = f" ({interval.low:.2f} to {interval.high:.2f})" if interval else ""
    name = record.outcome.representation.name
    return f"{name}: {metric.name} {metric.value:.2f} {metric.unit}{bounds}"


def _available_memory() -> int:
    """Memory that can be taken without swapping, bytes (Linux; total memory elsewhere)."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # not Linux
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def dry_run_lines(plan: Plan, store_folder: Path) -> Sequence[str]:
    """What would be done: a line a job, with rows, columns, disk, memory and what is there."""
    store = ResultStore(store_folder)
    lines = [
        f"{plan.pipeline.name}: {plan.protocol_info.kind} on {plan.data.name}, "
        f"{len(plan.split.train)} training and {len(plan.split.test)} test images"
    ]
    for job in plan.jobs:
        state = "done" if store.find(job.id) else "to do"
        features = "no features"
        if job.cached:
            cached = {0: "not cached", 1: "partly cached", 2: "cached"}[sum(job.cached)]
            features = f"{job.columns} columns, features {job.disk_bytes / 1e6:.1f} MB ({cached})"
        lines.append(
            f"{job.number}. {job.representation.name}: {state}, {features}, memory about "
            f"{job.memory_bytes / 1e6:.0f} MB, id {job.id[:12]}"
        )
    return lines
