"""Which fields of their ids two records differ in, and what differs beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from dcgan_eval.core import RecordError
from dcgan_eval.records import (
    DataInfo,
    ProtocolInfo,
    Record,
    RepresentationInfo,
    StoredRecord,
)
from dcgan_eval.reporting.results.choose import choose_rows
from dcgan_eval.reporting.results.row_errors import ErrorReader
from dcgan_eval.reporting.results.sources import Source, Sources

_DIGEST = re.compile(r"[0-9a-f]{64}")


class _Absent:
    """What stands for a field that a record does not have."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()


class Field(NamedTuple):
    """A field that differs: its path, and its JSON value (or `ABSENT`) in both."""

    path: str
    a: object
    b: object

    def line(self, a: str = "A", b: str = "B") -> str:
        """``protocol.settings.seed: 0 in A, 1 in B``."""
        return f"{self.path}: {_shown(self.a)} in {a}, {_shown(self.b)} in {b}"


@dataclass(frozen=True)
class Difference:
    """What differs between two records.

    Attributes
    ----------
    a, b
        The records.
    identity
        Fields that decide the id; none exactly when the ids are the same.
    environment
        Versions, device and threads that differ, a line each.
    outside
        Everything else that differs outside the id: names, choices, metrics, a line each.
    """

    a: StoredRecord
    b: StoredRecord
    identity: tuple[Field, ...]
    environment: tuple[str, ...]
    outside: tuple[str, ...]

    def lines(self) -> list[str]:
        """A line a field of the id, or "same id"; then a line for each thing outside it."""
        fields = [field.line() for field in self.identity] or ["same id"]
        return [*fields, *self.outside, *self.environment]

    def __str__(self) -> str:
        return "\n".join(self.lines())


def diff(a: Source, b: Source, *, within: Sources = ()) -> Difference:
    """Tell in which fields of their ids two records differ, and what differs beside them.

    Parameters
    ----------
    a, b
        A record file, a record, an id, or the name of a representation.
    within
        Results folders in which names and ids are looked for.

    Raises
    ------
    RecordError
        An unknown name, or one of several records.

    Examples
    --------
    >>> from dcgan_eval import diff
    >>> a, b = "K-means, 1,600 maps", "DCGAN (authors, ImageNet), layers 1-4"
    >>> found = diff(a, b, within="results/cifar10_3000")
    >>> found.identity[0].path, found.outside[-1]
    ('representation.kind', 'accuracy: 61.71 % in A, 70.32 % in B (+8.61)')
    """
    one, other = _one(a, within), _one(b, within)
    here, there = one.record.outcome, other.record.outcome
    return Difference(
        one,
        other,
        identity=differing_fields(
            identity_fields(here.protocol, here.data, here.representation),
            identity_fields(there.protocol, there.data, there.representation),
        ),
        environment=tuple(_environment(one.record, other.record)),
        outside=tuple(_outside(one.record, other.record)),
    )


def identity_fields(
    protocol: ProtocolInfo, data: DataInfo, representation: RepresentationInfo
) -> dict[str, object]:
    """Everything that `dcgan_eval.records.record_id` is made of, by its path in an outcome."""
    return dict(
        [
            ("protocol.kind", protocol.kind),
            ("protocol.version", protocol.version),
            *_flat("protocol.settings", protocol.settings),
            ("data.train.fingerprint", data.train.fingerprint),
            ("data.test.fingerprint", data.test.fingerprint),
            ("data.subset", data.subset),
            ("data.train.groups", data.train.groups),
            ("data.test.groups", data.test.groups),
            ("representation.kind", representation.kind),
            ("representation.weights", representation.weights),
            ("representation.layers", list(representation.layers)),
            ("representation.seed", representation.seed),
            *_flat("representation.identity", representation.identity),
        ]
    )


def differing_fields(a: Mapping[str, object], b: Mapping[str, object]) -> tuple[Field, ...]:
    """The fields that differ, by the parts of an outcome in their order, then by path."""
    parts = list(dict.fromkeys(map(_root, (*a, *b))))
    paths = sorted({*a, *b}, key=lambda path: (parts.index(_root(path)), path))
    pairs = [Field(path, a.get(path, ABSENT), b.get(path, ABSENT)) for path in paths]
    return tuple(one for one in pairs if _json(one.a) != _json(one.b))


def _root(path: str) -> str:
    """The first two names of a path."""
    return ".".join(path.split(".", 2)[:2])


def _flat(path: str, values: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Values of nested keys by their paths; a list is one value, and so is what has no keys."""
    if not values:
        yield path, {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{path}.{key}", value)
        else:
            yield f"{path}.{key}", value


def _one(source: Source, within: Sources) -> StoredRecord:
    """The one record that a source is."""
    records = [
        stored
        for row in choose_rows([source], within, None, ErrorReader()).rows
        for stored in row.records
    ]
    if len(records) != 1:
        ids = ", ".join(stored.record.id[:12] for stored in records[:5])
        name = repr(source) if isinstance(source, str) else source
        raise RecordError(f"{name}: {len(records)} records; give one by its file or id: {ids}")
    return records[0]


def _environment(a: Record, b: Record) -> Iterator[str]:
    """Device and versions that differ."""
    here, there = a.run.environment, b.run.environment
    for name in sorted({*here, *there}):
        if here.get(name) != there.get(name):
            yield f"{name}: {here.get(name, ABSENT)} in A, {there.get(name, ABSENT)} in B"


def _outside(a: Record, b: Record) -> Iterator[str]:
    """Names, choices and metrics that differ."""
    names = [
        {
            "name": one.outcome.representation.name,
            "method": one.outcome.representation.method,
            "step": one.outcome.representation.step,
            "data": one.outcome.data.name,
            "class names": list(one.outcome.data.class_names),
        }
        for one in (a, b)
    ]
    for name, here in names[0].items():
        if here != names[1][name]:
            yield Field(name, here, names[1][name]).line()
    chosen = [
        [f"{one.parameter} {one.chosen:g}" for one in record.outcome.selection] for record in (a, b)
    ]
    if chosen[0] != chosen[1]:
        yield f"chosen: {', '.join(chosen[0][:3])} in A, {', '.join(chosen[1][:3])} in B"
    yield from _metrics(a, b)


def _metrics(a: Record, b: Record) -> Iterator[str]:
    """Metrics that both have, where their values differ."""
    there = {metric.label: metric for metric in b.outcome.metrics}
    for metric in a.outcome.metrics:
        other = there.get(metric.label)
        if other is not None and other.value != metric.value:
            yield (
                f"{metric.label}: {metric.value:.2f} {metric.unit} in A, "
                f"{other.value:.2f} {other.unit} in B ({other.value - metric.value:+.2f})"
            )


def _json(value: object) -> str:
    """A value as the id takes it."""
    return "absent" if value is ABSENT else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _shown(value: object) -> str:
    """A value as it is told: JSON, of a hash the first digits, cut where it is long."""
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value[:12]
    text = _json(value)
    return text if len(text) <= 80 else text[:77] + "..."
