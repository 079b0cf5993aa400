"""A stored record's pipeline and job, made again from what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dcgan_eval.core import (
    DcganEvalError,
    Progress,
    RecordError,
    SettingsError,
    StorageError,
    build,
)
from dcgan_eval.pipeline.options import Options
from dcgan_eval.pipeline.plan import Job, Plan, make_plan
from dcgan_eval.pipeline.settings import Pipeline, PipelineFile
from dcgan_eval.protocols import PROTOCOLS, Protocol
from dcgan_eval.records import ProtocolInfo, Record
from dcgan_eval.reporting import differing_fields, identity_fields
from dcgan_eval.subjects import HELD, KINDS, Place, SubjectSettings


def job_again(record: Record, options: Options, progress: Progress) -> tuple[Plan, Job]:
    """The job of today that gives a record's id, in the plan of its pipeline.

    Raises
    ------
    DcganEvalError
        Data, checkpoints or code are missing, or no row gives the id: then the message names the
        identity fields that differ.
    """
    pipeline = _pipeline_of(record, options.place())
    data = record.outcome.data
    # A smoke run's limit is in no settings; it is the size of what it left of the larger set.
    limit = max(data.train.size, data.test.size)
    limited = (data.subset or "").split("; ")[0] == "limit"
    options = replace(options, limit=limit if limited else None, command=record.run.command)
    plan = make_plan(pipeline, options, progress)
    seed = record.outcome.representation.seed
    tried: list[Job] = []
    reasons: list[str] = []
    # Where parts are seeds, the record's own comes first.
    for unit in sorted(plan.units, key=lambda unit: unit.part != seed):
        try:
            jobs = plan.jobs(unit)
        except StorageError:
            raise
        except DcganEvalError as error:
            reasons.append(str(error))
            continue
        for job in jobs:
            if job.id == record.id:
                return plan, job
        tried += jobs
    raise RecordError("; ".join(dict.fromkeys([*reasons, *_nearest(record, plan, tried)])))


def _nearest(record: Record, plan: Plan, tried: Sequence[Job]) -> list[str]:
    """Why no job of today gives a record's id: the fields that differ from the most alike."""
    outcome = record.outcome
    own = identity_fields(outcome.protocol, outcome.data, outcome.representation)
    of_jobs = [
        differing_fields(own, identity_fields(plan.protocol, plan.data, job.info)) for job in tried
    ]
    fewest = min(of_jobs, key=len, default=())
    if not fewest:
        return []
    fields = ", ".join(field.line("the record", "today's") for field in fewest)
    return [f"its pipeline gives another id today: {fields}"]


def _pipeline_of(record: Record, place: Place) -> Pipeline:
    """The pipeline of a record as far as the record needs it: rows of its kind that are there.

    Raises
    ------
    SettingsError, CheckpointError
        It says what nothing reads any more, or no row can be made.
    """
    kind = record.outcome.representation.kind
    if kind == HELD:
        raise SettingsError("was made of an object that no file holds; evaluate the object again")
    said = build(PipelineFile, record.run.settings)
    entries = [
        one for one in said.representations or said.generators or () if one.get("kind") == kind
    ]
    if not entries:
        raise SettingsError(f"no row of its pipeline is of the kind {kind!r}")
    rows: list[SubjectSettings] = []
    missing: list[DcganEvalError] = []
    for entry in entries:
        row = build(KINDS.load(kind), entry)
        try:
            row.parts(place)
        except DcganEvalError as error:
            missing.append(error)
        else:
            rows.append(row)
    if not rows:
        raise missing[0]
    return Pipeline(
        name=said.name,
        data=said.data,
        representations=tuple(rows),
        protocol=_protocol(record.outcome.protocol, said.protocol),
        results=said.results,
        dtype=said.dtype,
    )


def _protocol(decided: ProtocolInfo, said: str | Mapping[str, Any]) -> Protocol:
    """The protocol by the settings that decided the outcome, and those that decide nothing.

    What past releases knew beside them (a device) decided nothing either and is left out, and so
    is what had no effect; a preset's values are all among them.
    """
    kind = PROTOCOLS.load(decided.kind)
    others = _execution(kind, {} if isinstance(said, str) else said)
    return build(kind, {**others, **decided.settings})


def _execution(kind: type[Protocol], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of fields that decide nothing but how work is done."""
    extras = {name: field.json_schema_extra for name, field in kind.model_fields.items()}
    return {
        name: value
        for name, value in values.items()
        if isinstance(extra := extras.get(name), dict) and extra["role"] == "execution"
    }
