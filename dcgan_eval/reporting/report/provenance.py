"""What was run, on what, how long it took, and the commands that make it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from dcgan_eval.core import assumptions
from dcgan_eval.records import StoredRecord
from dcgan_eval.reporting.grid import Cell, Column, Grid
from dcgan_eval.reporting.numbers import seconds_text

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
    phases = list(dict.fromkeys(phase for one in shown for phase in one.record.run.seconds))
    lines = []
    for one in shown:
        seconds = one.record.run.seconds
        device = one.record.run.environment.get("device", "")
        texts = [seconds_text(seconds.get(phase)) for phase in phases]
        total = seconds_text(sum(seconds.values()))
        lines.append(
            tuple(map(Cell, (one.record.outcome.representation.name, *texts, total, device)))
        )
    columns = (
        Column("representation"),
        *(Column(phase, number=True) for phase in phases),
        Column("all", number=True),
        Column("device"),
    )
    together = sum(sum(one.record.run.seconds.values()) for one in records)
    notes = [f"Seconds. All {len(records)} records together: {seconds_text(together)} s."]
    if len(records) > len(shown):
        notes.append(f"The first {len(shown)} of {len(records)} records.")
    return Grid("Costs by phase", columns, tuple(lines), notes=tuple(notes))


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
