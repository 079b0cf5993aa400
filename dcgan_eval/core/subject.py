"""`Subject`: what a row of a table is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any


class Subject(ABC):
    """What is evaluated: it gives features, gives samples, or is a network to be trained.

    Attributes
    ----------
    kind, name
        Kind and display name.
    method, seed, step
        What several seeds (or steps of one training) have in common, and which one this is.
    weights
        Hash of the weights, where there are weights.
    layers
        Names of the layers, in the order of the columns, where there are several.
    """

    kind: str
    name: str
    method: str | None = None
    seed: int | None = None
    step: int | None = None
    weights: str | None = None
    layers: Sequence[str] = ()

    @abstractmethod
    def identity_values(self) -> dict[str, Any]:
        """Everything that decides what it gives but the images, as JSON values."""
