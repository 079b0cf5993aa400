"""`Experiment`: what two results must have in common to stand in one table and be compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
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
        Fingerprint of the test items, in order; None without predictions.
    """

    kind: str
    version: int
    preset: str | None = field(compare=False)
    settings: str
    dataset: str
    train: str
    test: str
    subset: str | None
    items: str | None

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
            items=outcome.predictions.items if outcome.predictions else None,
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
            "test items": self.items[:12] if self.items else None,
        }

    def differences(self, other: Experiment) -> list[str]:
        """What differs, in words: ``draws (10 and 100)``."""
        return [
            f"{name} ({' and '.join(texts.values())})"
            for name, texts in _told_apart((self, other)).items()
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
        apart = [f"{name} {texts[one]}" for name, texts in _told_apart(twins).items()]
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


def _told_apart(experiments: Sequence[Experiment]) -> dict[str, dict[Experiment, str]]:
    """What differs among experiments: its name, and in words what each has.

    Values that differ have words that differ: where the short form is the same, the whole stands.
    """
    found: dict[str, dict[Experiment, str]] = {}
    for name in dict.fromkeys(name for one in experiments for name in one.values):
        whole = {one: _text(one.values.get(name)) for one in experiments}
        if len(set(whole.values())) > 1:
            short = {one: _shortened(one.values.get(name)) for one in experiments}
            told = len(set(short.values())) == len(set(whole.values()))
            found[name] = short if told else whole
    return found


def _text(value: object) -> str:
    """A setting in words."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def _shortened(value: object) -> str:
    """A setting in at most 40 characters or so: of a list its ends."""
    text = _text(value)
    if len(text) <= 40:
        return text
    if isinstance(value, list):
        return f"[{_text(value[0])}, ..., {_text(value[-1])}]"
    return f"{text[:37]}..."
