"""What a protocol is: what is fitted on what, selected on what, scored on what.

The pipeline calls `split`, `cost` and `run` in this order and knows nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    Folder,
    Progress,
    Settings,
    SettingsError,
    build,
    did_you_mean,
    identity,
    instances_of,
)
from dcgan_eval.data import ImageSet, Split
from dcgan_eval.probes import Matrix
from dcgan_eval.records import Design, Journal, Metric, Repeat, Selection

if TYPE_CHECKING:
    from dcgan_eval.features import Representation


@dataclass(frozen=True)
class Task:
    """What a protocol is run on.

    Attributes
    ----------
    train, test
        The image sets that were split.
    split
        What `Protocol.split` made of them.
    X_train, X_test
        Features: row i belongs to image ``split.train[i]`` (``split.test[i]``). Without columns
        where the protocol needs none.
    spans
        Columns of each layer: name → (first, last + 1).
    representation
        Whose features they are.
    device
        Torch device; it decides nothing but speed.
    """

    train: ImageSet
    test: ImageSet
    split: Split
    X_train: Matrix
    X_test: Matrix
    spans: Mapping[str, tuple[int, int]]
    representation: Representation | None = None
    device: str = "cpu"

    @property
    def y_train(self) -> NDArray[np.int64]:
        """Labels of the rows of `X_train`."""
        return self.train.y[self.split.train]

    @property
    def y_test(self) -> NDArray[np.int64]:
        """Labels of the rows of `X_test`."""
        return self.test.y[self.split.test]

    @property
    def test_groups(self) -> NDArray[np.int64] | None:
        """Groups of the rows of `X_test`, where the data have them."""
        groups = self.test.item_groups
        return None if groups is None else groups[self.split.test]

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.train.class_names)


@dataclass(frozen=True)
class Cost:
    """What a protocol will take, before it is run.

    Attributes
    ----------
    memory_bytes
        Anonymous memory at its peak.
    fits
        Number of fitted classifiers (all classes of one value on one draw are one).
    """

    memory_bytes: int
    fits: int


@dataclass(frozen=True)
class Result:
    """What a protocol found; the pipeline adds provenance and makes a record of it.

    Attributes
    ----------
    predictions : integer array, (rows, items)
        Predicted classes; rows are draws or seeds, one row where there are none.
    exhibits
        Named arrays that lie beside the record for reports.
    """

    metrics: tuple[Metric, ...]
    design: Design
    predictions: NDArray[np.integer]
    selection: tuple[Selection, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    exhibits: dict[str, NDArray[Any]] = field(default_factory=dict)


class ProtocolSettings(Settings):
    """Base of the settings of all protocols.

    Attributes
    ----------
    kind
        A file in ``protocols/kinds/``.
    preset
        Named values for the other keys; what a pipeline gives itself wins.
    """

    kind: str = identity()
    preset: str | None = identity(None)


class Protocol(ABC):
    """Base of all protocols on features.

    Attributes
    ----------
    version
        Raised whenever the same inputs would give another outcome.
    settings_class, presets
        What it reads, and named sets of values.
    needs_features
        Whether it is run on features; where not, it is given images alone.
    """

    version: ClassVar[int]
    settings_class: ClassVar[type[ProtocolSettings]]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]]
    needs_features: ClassVar[bool] = True

    @abstractmethod
    def split(self, settings: Any, train: ImageSet, test: ImageSet) -> Split:
        """Choose rows from labels, groups and named seeds alone."""

    def check(self, settings: Any, representation: Representation, train: ImageSet) -> None:
        """Refuse a representation or images that do not fit, before any work."""
        if representation.has_features == self.needs_features:
            return
        kind = representation.kind
        raise SettingsError(
            f"{representation.name}: protocol {settings.kind} takes "
            + (
                f"features, kind: {kind} has none; remove it"
                if self.needs_features
                else f"no features, as kind: {kind} gives; give kind: architecture (networks to "
                "train) or generators (samples)"
            )
        )

    @abstractmethod
    def cost(self, settings: Any, split: Split, columns: int, n_classes: int) -> Cost:
        """Predict memory and number of fits; `columns` of an image where there are no features."""

    @abstractmethod
    def run(self, settings: Any, task: Task, journal: Journal, progress: Progress) -> Result:
        """Fit, select and score."""

    def subset(self, settings: Any, train: ImageSet) -> str | None:
        """Say why less than the whole training set is used; None when it is whole."""
        return None

    def journal_values(self, settings: Any) -> dict[str, Any]:
        """What decides a finished unit; settings that only say how many units there are, do not."""
        values: dict[str, Any] = settings.identity_values()
        return values


PROTOCOLS = Folder(
    "dcgan_eval.protocols.kinds", "PROTOCOL", "protocol", instances_of(Protocol), "protocols"
)


def read_protocol(values: object, source: str, at: str = "protocol") -> ProtocolSettings:
    """Read ``protocol:`` of a pipeline: a name, or keys with ``kind`` and perhaps ``preset``."""
    if isinstance(values, str):
        values = {"kind": values}
    if not isinstance(values, Mapping) or "kind" not in values:
        known = ", ".join(PROTOCOLS.names())
        raise SettingsError(
            f"{source}: {at}: expected a protocol's name or keys with 'kind': {known}"
        )
    protocol = load_protocol(values["kind"], f"{source}: {at}.kind")
    preset = values.get("preset")
    named: Mapping[str, Any] = {}
    if preset is not None:
        if preset not in protocol.presets:
            hint = did_you_mean(str(preset), protocol.presets)
            raise SettingsError(f"{source}: {at}.preset: unknown preset {preset!r}; {hint}")
        named = protocol.presets[preset]
    return build(protocol.settings_class, {**named, **values}, source, at)


def load_protocol(kind: object, where: str = "") -> Protocol:
    """The protocol of a kind."""
    return PROTOCOLS.load(kind, where)
