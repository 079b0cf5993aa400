"""What a run would do, said before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dcgan_eval.pipeline.finished import finished_record
from dcgan_eval.pipeline.plan import Plan
from dcgan_eval.records import ResultStore


def dry_run_lines(plan: Plan, store_folder: Path) -> Sequence[str]:
    """What would be done: a line a job, with rows, columns, disk, memory and what is there."""
    store = ResultStore(store_folder)
    lines = [
        f"{plan.pipeline.name}: {plan.protocol.kind} on {plan.data.name}, "
        f"{len(plan.split.train)} training and {len(plan.split.test)} test images"
    ]
    for number, job in enumerate(plan.all_jobs(), start=1):
        state = "done" if finished_record(plan, job, store) else "to do"
        features = "no features"
        if job.cached:
            cached = {0: "not cached", 1: "partly cached", 2: "cached"}[sum(job.cached)]
            features = f"{job.columns} columns, features {job.disk_bytes / 1e6:.1f} MB ({cached})"
        lines.append(
            f"{number}. {job.subject.name}: {state}, {features}, memory about "
            f"{job.memory_bytes / 1e6:.0f} MB, id {job.id[:12]}"
        )
    return lines
