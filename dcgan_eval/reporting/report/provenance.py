"""What was run, on what, how long it took, and the commands that make it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from dcgan_eval.core import Took, assumptions
from dcgan_eval.records import StoredRecord
from dcgan_eval.reporting.tables.column import Column, make_grid
from dcgan_eval.reporting.tables.grid import Grid
from dcgan_eval.reporting.tables.numbers import CPU_NOTE, seconds_text

# A longer list is in the records themselves.
MOST_COST_LINES = 60


@dataclass(frozen=True)
class Origin:
    """Where one record comes from: a heading and pairs of what and value."""

    name: str
    id: str
    pairs: tuple[tuple[str, str], ...]


def costs(records: Sequence[StoredRecord]) -> Grid:
    """Seconds by phase, one line a record."""
    shown = records[:MOST_COST_LINES]
    phases = dict.fromkeys(phase for one in shown for phase in one.record.run.seconds)
    took = Took.together(one.record.run.took for one in records)
    waited = any(one.record.run.took.waited for one in shown)
    cpu = Column[StoredRecord](
        "CPU", lambda one: one.record.run.took.cpu, seconds_text, number=True
    )
    columns = (
        Column[StoredRecord]("representation", lambda one: one.record.outcome.representation.name),
        Column("all", lambda one: one.record.run.took.seconds, seconds_text, number=True),
        *((cpu,) if waited else ()),
        *(_phase(name) for name in phases),
        Column("device", lambda one: one.record.run.environment.get("device", "")),
    )
    notes = [
        "Seconds of the run that finished each record: what was cached or finished before is not "
        f"among them. All {len(records)} records together: {seconds_text(took.seconds)} s.",
        *((CPU_NOTE,) if waited else ()),
    ]
    if len(records) > len(shown):
        notes.append(f"The first {len(shown)} of {len(records)} records.")
    return make_grid("Costs by phase", columns, shown, notes)


def _phase(name: str) -> Column[StoredRecord]:
    """Seconds of one phase, in the records that have it."""
    return Column(name, lambda one: one.record.run.seconds.get(name), seconds_text, number=True)


def origin(stored: StoredRecord) -> Origin:
    """Everything that one record says of where it comes from."""
    record = stored.record
    outcome, run = record.outcome, record.run
    shown, data = outcome.representation, outcome.data
    pairs = [
        ("made by", run.command),
        ("record", stored.path.name if stored.path else "in memory"),
        ("id", record.id),
        ("revision", run.git_revision or "not in git"),
        ("started", run.started),
        *((("load before", f"{run.load:.2f}"),) if run.load is not None else ()),
        ("protocol", f"{outcome.protocol.kind}, version {outcome.protocol.version}"),
        ("settings", _json(outcome.protocol.settings)),
        ("training images", f"{data.train.size:,}, fingerprint {data.train.fingerprint}"),
        ("test images", f"{data.test.size:,}, fingerprint {data.test.fingerprint}"),
        ("subset", data.subset or "no: the whole set"),
        ("weights", shown.weights or "none"),
        ("layers", ", ".join(shown.layers) or "none"),
        ("identity", _json(shown.identity)),
        *(("assumed", words) for words in assumptions(shown.assumed)),
        ("environment", ", ".join(f"{k} {v}" for k, v in sorted(run.environment.items()))),
        *(("warning", warning) for warning in run.warnings),
        *(("note", note) for note in outcome.notes),
    ]
    return Origin(shown.name, record.id[:12], tuple(pairs))


def _json(value: object) -> str:
    """Settings on one line."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
