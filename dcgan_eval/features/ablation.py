"""Some layers of what another representation extracts, as columns: nothing is extracted again."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import SettingsError, Work
from dcgan_eval.data import Items
from dcgan_eval.features.matrix import FeatureMatrix, Spans
from dcgan_eval.features.representation import Representation

Ablation = Literal["each", "without", "prefix"]


class KeptLayers(Representation):
    """A representation whose features are the columns of some layers of another's.

    Attributes
    ----------
    base
        What is extracted.
    like
        Whose names and weights it has, and what answers for its code.
    """

    def __init__(self, base: Representation, like: Representation, kept: Sequence[str]) -> None:
        self.base, self.like = base, like
        self.layers = list(kept)
        self.kind, self.weights, self.assumed = like.kind, like.weights, like.assumed
        self.name, self.method = like.name, like.method
        self.seed, self.step = like.seed, like.step
        self.mapped = like.mapped

    @abstractmethod
    def identity_values(self) -> dict[str, Any]:
        """What it is, wherever it is read."""

    def guard(self) -> NDArray[np.float32] | None:
        """That of what it is like."""
        return self.like.guard()

    def stored_as(self, dtype: str) -> Self:
        """Columns of what is stored so."""
        other = copy.copy(self)
        other.base = self.base.stored_as(dtype)
        return other

    def columns(self, items: Items) -> Spans:
        """Columns of the kept layers, side by side."""
        whole = self.base.columns(items)
        spans: dict[str, tuple[int, int]] = {}
        at = 0
        for layer in self.layers:
            width = whole[layer][1] - whole[layer][0]
            spans[layer] = (at, at + width)
            at += width
        return spans

    def features(self, items: Items, reference: Items, work: Work) -> FeatureMatrix:
        """Columns of the whole's features."""
        return self.base.features(items, reference, work).layers(self.layers)

    def key(self, items: Items, reference: Items) -> str:
        """That of the whole, whose features are kept."""
        return self.base.key(items, reference)

    def is_cached(self, items: Items, reference: Items, cache: Path) -> bool:
        """Whether the whole's features are there."""
        return self.base.is_cached(items, reference, cache)

    def stored_bytes(self, items: Items) -> int:
        """What the whole's features take."""
        return self.base.stored_bytes(items)


class Ablated(KeptLayers):
    """A representation without some of its layers.

    Parameters
    ----------
    base
        With all of them.
    kept
        Layers whose columns are used, in the order of the network.
    label
        What tells it apart from `base` in names, such as ``"without layer2"``.
    """

    def __init__(self, base: Representation, kept: Sequence[str], label: str) -> None:
        super().__init__(base, base, kept)
        self.name = f"{base.name}, {label}"
        self.method = None if base.method is None else f"{base.method}, {label}"

    def identity_values(self) -> dict[str, Any]:
        """Those of the whole, and what is kept of it."""
        return {**self.base.identity_values(), "kept_layers": self.layers}


class Narrower(KeptLayers):
    """A representation that is read where one with more layers of the same network is extracted.

    Parameters
    ----------
    own
        What it is: its features alone would be the same bits.
    base
        The one with more layers.
    """

    def __init__(self, own: Representation, base: Representation) -> None:
        super().__init__(base, own, own.layers)

    def identity_values(self) -> dict[str, Any]:
        """Its own."""
        return self.like.identity_values()


def ablations(base: Representation, ways: Sequence[Ablation]) -> list[Representation]:
    """Representations of some of the layers of one.

    Parameters
    ----------
    base
        With two or more layers.
    ways
        ``each`` layer alone, all ``without`` one layer, and each ``prefix`` of the layers; a
        choice of layers that two of them make is made once.

    Raises
    ------
    SettingsError
        There is only one layer.
    """
    layers = list(base.layers)
    if ways and len(layers) < 2:
        raise SettingsError(
            f"{base.name}: ablate needs at least two layers, there are {len(layers)}; remove it"
        )
    choices: dict[tuple[str, ...], str] = {}
    for way in ways:
        for at, layer in enumerate(layers):
            if way == "each":
                choices.setdefault((layer,), f"{layer} alone")
            elif way == "without":
                choices.setdefault((*layers[:at], *layers[at + 1 :]), f"without {layer}")
            elif at + 1 < len(layers):
                choices.setdefault(tuple(layers[: at + 1]), f"up to {layer}")
    return [Ablated(base, kept, label) for kept, label in choices.items()]
