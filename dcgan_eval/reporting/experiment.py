"""`Experiment`: what two results must have in common to stand in one table and be compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dcgan_eval.core import digest_json
from dcgan_eval.records import (
    ProtocolInfo,
    PublishedTable,
    Record,
    RepresentationInfo,
    published_tables,
)

# By their nature these differ between the seeds and steps of one method.
_VARYING = {"weights", "seed", "seeds", "step", "path"}


@dataclass(frozen=True)
class Experiment:
    """A protocol with its settings on certain images.

    Attributes
    ----------
    kind, version, preset
        Of the protocol.
    settings
        Its settings as canonical JSON.
    dataset, train, test, subset
        Name, fingerprints, and why it is not the whole published set.
    items
        Fingerprint of the test items, in order.
    """

    kind: str
    version: int
    preset: str | None = field(compare=False)
    settings: str
    dataset: str
    train: str
    test: str
    subset: str | None
    items: str

    @classmethod
    def of(cls, record: Record) -> Experiment:
        """The experiment of a record."""
        outcome = record.outcome
        return cls(
            kind=outcome.protocol.kind,
            version=outcome.protocol.version,
            preset=outcome.protocol.preset,
            settings=json.dumps(_without_preset(outcome.protocol.settings), sort_keys=True),
            dataset=outcome.data.name,
            train=outcome.data.train.fingerprint,
            test=outcome.data.test.fingerprint,
            subset=outcome.data.subset,
            items=outcome.design.items,
        )

    @property
    def protocol(self) -> str:
        """What the protocol is called: ``few_labels/svhn1000``, or its kind."""
        return f"{self.kind}/{self.preset}" if self.preset else self.kind

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """Everything that must be equal, by name."""
        settings: dict[str, Any] = json.loads(self.settings)
        return {
            "protocol": self.kind,
            "protocol version": self.version,
            **settings,
            "dataset": self.dataset,
            "training images": self.train[:12],
            "test images": self.test[:12],
            "subset": self.subset,
            "test items": self.items[:12],
        }

    def differences(self, other: Experiment) -> list[str]:
        """What differs, in words: ``draws (10 and 100)``."""
        ours, theirs = self.values, other.values
        return [
            f"{name} ({_shown(ours.get(name))} and {_shown(theirs.get(name))})"
            for name in {**ours, **theirs}
            if ours.get(name) != theirs.get(name)
        ]

    def published(self) -> tuple[PublishedTable, ...]:
        """Published tables of the same experiment."""
        protocol = ProtocolInfo(
            kind=self.kind, version=self.version, settings=json.loads(self.settings)
        )
        return published_tables(protocol, self.dataset)


def experiment_titles(experiments: Iterable[Experiment]) -> dict[Experiment, str]:
    """A title for each that no other has: protocol and data set, then what tells them apart."""
    distinct = list(dict.fromkeys(experiments))
    titles: dict[Experiment, str] = {}
    for one in distinct:
        plain = f"{one.protocol} on {one.dataset}"
        twins = [x for x in distinct if (x.protocol, x.dataset) == (one.protocol, one.dataset)]
        names = dict.fromkeys(name for x in twins for name in x.values)
        told = [name for name in names if len({_shown(x.values.get(name)) for x in twins}) > 1]
        apart = [f"{name} {_shown(one.values.get(name))}" for name in told]
        titles[one] = ", ".join([plain, *apart])
    return titles


def method_key(representation: RepresentationInfo) -> str:
    """Hash of what the seeds and steps of one method have in common."""
    one = representation
    shared = {name: value for name, value in one.identity.items() if name not in _VARYING}
    return digest_json([one.kind, one.method, list(one.layers), one.columns, shared])


def _without_preset(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that decide: a preset is a name for values that stand there themselves."""
    return {key: value for key, value in settings.items() if key not in ("kind", "preset")}


def _shown(value: object) -> str:
    """A setting in words, cut short."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
