"""Some layers of a representation, as columns of its features: nothing is extracted again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import SettingsError, Work
from dcgan_eval.data import Items
from dcgan_eval.features.matrix import FeatureMatrix, Spans
from dcgan_eval.features.representation import Representation

Ablation = Literal["each", "without", "prefix"]


class KeptLayers(Representation):
    """A representation of which only some layers' columns are used.

    Parameters
    ----------
    base
        What is extracted.
    kept
        Layers whose columns are used, in the order of the network.
    label
        What tells it apart from `base` in names, such as ``"without layer2"``.
    """

    def __init__(self, base: Representation, kept: Sequence[str], label: str) -> None:
        self.base = base
        self.layers = list(kept)
        self.kind, self.weights = base.kind, base.weights
        self.name = f"{base.name}, {label}"
        self.method = None if base.method is None else f"{base.method}, {label}"
        self.seed, self.step = base.seed, base.step
        self.assumed, self.mapped = base.assumed, base.mapped

    def guard(self) -> NDArray[np.float32] | None:
        """That of the whole."""
        return self.base.guard()

    def identity_values(self) -> dict[str, Any]:
        """Those of the whole, and what is kept of it."""
        return {**self.base.identity_values(), "kept_layers": self.layers}

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
    return [KeptLayers(base, kept, label) for kept, label in choices.items()]
