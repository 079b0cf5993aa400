"""What goes along with long work: where it computes, what is finished, who watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from dcgan_eval.core.memory import available_memory
from dcgan_eval.core.progress import Progress, Silent


class Units(Protocol):
    """Finished units of long work, so that an interrupted run goes on from them.

    JSON values and arrays by name, under a key that holds everything that decides the unit:
    whoever finds it may use it.
    """

    def get(self, key: str) -> dict[str, Any] | None:
        """A unit; None where it is not there."""
        ...

    def put(self, key: str, values: Mapping[str, Any]) -> None:
        """Keep a unit, whole or not at all."""
        ...

    def drop(self, key: str) -> None:
        """Forget a unit."""
        ...


class NoUnits:
    """Keeps nothing: everything is computed."""

    def get(self, key: str) -> dict[str, Any] | None:
        """Nothing is there."""
        return None

    def put(self, key: str, values: Mapping[str, Any]) -> None:
        """Keep nothing."""

    def drop(self, key: str) -> None:
        """Forget nothing."""


@dataclass(frozen=True)
class Work:
    """What goes along with long work in pipeline, protocols and extraction.

    Nothing of it decides what comes out, and none of it is what a function computes with.

    Attributes
    ----------
    cache
        Folder of decoded images, features, fitted states and finished units.
    device
        Torch device.
    progress
        Where to report.
    units
        Finished units of the job in hand.
    memory
        Bytes that a job may take.
    anew
        Keys of what was computed anew in this run, where nothing cached may be served; None where
        it may.
    """

    cache: Path
    device: str = "cpu"
    progress: Progress = field(default_factory=Silent)
    units: Units = field(default_factory=NoUnits)
    memory: int = field(default_factory=available_memory)
    anew: set[str] | None = None

    def is_due(self, key: str) -> bool:
        """Whether something must be computed though it is cached; asked once, it is not again."""
        if self.anew is None or key in self.anew:
            return False
        self.anew.add(key)
        return True
