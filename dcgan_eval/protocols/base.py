"""What a protocol is: what is fitted on what, selected on what, scored on what.

The pipeline calls `make_split`, `memory_bytes` and `run` in this order and knows nothing else.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    Folder,
    Settings,
    SettingsError,
    Subject,
    Work,
    build,
    did_you_mean,
    identity,
    located,
    subclasses_of,
)
from dcgan_eval.data import Items, Split
from dcgan_eval.features import Representation
from dcgan_eval.probes import Matrix
from dcgan_eval.records import Layout, Metric, Repeat, Selection
from dcgan_eval.samples import SampleSource
from dcgan_eval.training import Architecture

Given = TypeVar("Given")


@dataclass(frozen=True)
class Features:
    """What a representation gives: row i belongs to item ``split.train[i]`` (``split.test[i]``)."""

    train: Matrix
    test: Matrix


@dataclass(frozen=True)
class Task(Generic[Given]):
    """What a protocol is run on.

    Attributes
    ----------
    given
        What the subject gives: `Features`, or the source, architecture or (where a protocol
        `opens` it) representation itself.
    train, test
        The items that were split.
    split
        What `Protocol.make_split` made of them.
    """

    given: Given
    train: Items
    test: Items
    split: Split

    @property
    def y_train(self) -> NDArray[np.int64]:
        """Labels of the training rows."""
        return self.train.y[self.split.train]

    @property
    def y_test(self) -> NDArray[np.int64]:
        """Labels of the test rows."""
        return self.test.y[self.split.test]

    @property
    def test_groups(self) -> NDArray[np.int64] | None:
        """Groups of the test rows, where the data have them."""
        groups = self.test.item_groups
        return None if groups is None else groups[self.split.test]

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.train.class_names)


@dataclass(frozen=True)
class Result:
    """What a protocol found; the pipeline adds provenance and makes a record of it.

    Attributes
    ----------
    predictions : integer array, (rows, items), optional
        Predicted classes; rows are draws or seeds, one row where there are none.
    layout
        Of the predictions.
    scores : float16 array, (first rows, items, classes), optional
        Decision values of as many rows as `dcgan_eval.records.scored_rows` says.
    exhibits
        Named arrays that lie beside the record for reports.
    """

    metrics: tuple[Metric, ...]
    predictions: NDArray[np.integer] | None = None
    layout: Layout | None = None
    selection: tuple[Selection, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    exhibits: dict[str, NDArray[Any]] = field(default_factory=dict)
    scores: NDArray[np.float16] | None = None


class Protocol(Settings):
    """Base of all protocols: its settings, and what is done by them.

    Attributes
    ----------
    kind
        A file in ``protocols/kinds/`` or ``studies/kinds/``, or an entry point of another package.
    preset
        Named values for the other keys; what a pipeline gives itself wins.
    version
        Raised whenever the same inputs would give another outcome.
    takes
        The type of subject: `Representation`, `SampleSource` or `Architecture`, or a class derived
        from one of them.
    opens
        Whether it is given a representation itself, to look into it, in place of its features.
    presets
        Named sets of values.
    """

    version: ClassVar[int]
    takes: ClassVar[type[Subject]]
    opens: ClassVar[bool] = False
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    kind: str = identity()
    preset: str | None = identity(None)

    @abstractmethod
    def make_split(self, train: Items, test: Items) -> Split:
        """Choose rows from labels, groups and named seeds alone."""

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse a subject or items that do not fit, before any work."""
        if not isinstance(subject, self.takes):
            raise SettingsError(
                f"{subject.name}: protocol {self.kind} takes {_wanted(self.takes)}; kind: "
                f"{subject.kind} gives {_given(subject)}: remove it, or choose another protocol"
            )

    def runs_code(self) -> str | None:
        """What of the user's own code it runs, by name; None where there is none."""
        return None

    @abstractmethod
    def memory_bytes(self, train: Items, split: Split, columns: int) -> int:
        """Predict anonymous memory at its peak; `columns` are 0 where there are no features."""

    @abstractmethod
    def run(self, task: Task[Any], work: Work) -> Result:
        """Fit, select and score.

        Parameters
        ----------
        task
            With `Features` where a protocol takes a representation, else with the subject itself.
        work
            Where to compute, to report, and to keep finished units.

        Returns
        -------
        Result
            At least one metric; predictions and their layout where results are to be compared.
        """

    def subset(self, train: Items) -> str | None:
        """Say why less than the whole training set is used; None when it is whole."""
        return None

    def journal_values(self) -> dict[str, Any]:
        """What decides a finished unit; settings that only say how many units there are, do not."""
        return self.identity_values()


# What a subject of each type gives, and which kinds of a pipeline are of it.
_GIVEN: Mapping[type[Subject], tuple[str, str]] = {
    Representation: ("features", "such as checkpoint, network, kmeans, pixels"),
    SampleSource: ("samples", "generator, generator_module, samples, deformed or real"),
    Architecture: ("a network to train", "architecture or finetuned"),
}


def _wanted(takes: type[Subject]) -> str:
    """What a protocol takes, in words; a type that is none of the three by its name."""
    if takes not in _GIVEN:
        return takes.__name__
    given, kinds = _GIVEN[takes]
    return f"{given} (kind: {kinds})"


def _given(subject: Subject) -> str:
    """What a subject gives, in words."""
    found = (given for kind, (given, _) in _GIVEN.items() if isinstance(subject, kind))
    return next(found, type(subject).__name__)


# A study is a protocol of a trained pair, and lives in a room of its own.
PROTOCOLS = Folder(
    ("dcgan_eval.protocols.kinds", "dcgan_eval.studies.kinds"),
    "PROTOCOL",
    "protocol",
    subclasses_of(Protocol),
    "protocols",
)


def read_protocol(values: object) -> Protocol:
    """Read ``protocol:`` of a pipeline: a name, or keys with ``kind`` and perhaps ``preset``."""
    if isinstance(values, str):
        values = {"kind": values}
    if not isinstance(values, Mapping) or "kind" not in values:
        known = ", ".join(PROTOCOLS.names())
        raise SettingsError(f"protocol: expected a protocol's name or keys with 'kind': {known}")
    with located("protocol.kind"):
        protocol = PROTOCOLS.load(values["kind"])
    preset = values.get("preset")
    named: Mapping[str, Any] = {}
    if preset is not None:
        if preset not in protocol.presets:
            hint = did_you_mean(str(preset), protocol.presets)
            raise SettingsError(f"protocol.preset: unknown preset {preset!r}; {hint}")
        named = protocol.presets[preset]
    return build(protocol, {**named, **values}, at="protocol")
