"""`Subject`: what a row of a table is."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core.guard import MappedFile


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
    assumed
        What nobody said and was taken as it usually is, as JSON values; said beside every result.
    mapped
        Files of the user's that are read while work goes on, and must not change meanwhile.
    """

    kind: str
    name: str
    method: str | None = None
    seed: int | None = None
    step: int | None = None
    weights: str | None = None
    layers: Sequence[str] = ()
    assumed: Mapping[str, Any] = MappingProxyType({})
    mapped: Sequence[MappedFile] = ()

    def guard(self) -> NDArray[np.float32] | None:
        """What it gives today for fixed noise, in a few numbers; None where no code is asked.

        Compared before anything finished is served; never a part of what it is identified by.
        """
        return None

    @abstractmethod
    def identity_values(self) -> dict[str, Any]:
        """Everything that decides what it gives but the images, as JSON values."""


def assumptions(assumed: Mapping[str, Any]) -> list[str]:
    """Words for what was assumed, one a value: ``slope 0.2``, ``ε 1e-5``."""
    found = []
    # By name, since that is the order in which records are stored.
    for name, value in sorted(assumed.items()):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if isinstance(value, float):
            text = text.replace("e-0", "e-")
        if isinstance(value, dict):
            text = text.replace('"', "")
        found.append(f"{'ε' if name == 'eps' else name} {text}")
    return found
