"""Numbered sequences of layers in a state dict: ``main.0.weight``, ``main.2.weight`` and so on.

This is what ``nn.Sequential`` makes of pytorch/examples' DCGAN and of most tutorials' networks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from dcgan_eval.models.formats import Tensors

_NUMBERED = re.compile(
    r"((?:\w+\.)*?)(\d+)\.(weight|bias|running_mean|running_var|num_batches_tracked)"
)


@dataclass(frozen=True)
class Block:
    """A layer with weights, and the batch norm directly behind it.

    Attributes
    ----------
    index, norm
        Their numbers in the sequence; `norm` is None where there is no batch norm.
    shape
        Of the weight.
    bias, affine, statistics
        Whether the layer has a bias, the batch norm a scale and shift, and statistics.
    """

    index: int
    norm: int | None
    shape: tuple[int, ...]
    bias: bool
    affine: bool
    statistics: bool


@dataclass(frozen=True)
class Stack:
    """A sequence, and an embedding of labels beside it.

    Attributes
    ----------
    prefix
        What stands before the numbers.
    kind
        ``dense``; ``conv`` or ``transposed`` by the order in which channels follow each other.
    embedding
        Name of the embedding's weight, if there is one.
    """

    prefix: str
    kind: Literal["dense", "conv", "transposed"]
    blocks: tuple[Block, ...]
    embedding: str | None

    def indices(self) -> list[tuple[int, int | None]]:
        """Numbers of the layers and of their batch norms."""
        return [(block.index, block.norm) for block in self.blocks]

    def outputs(self) -> int:
        """Channels or units of the last layer."""
        return self.blocks[-1].shape[1 if self.kind == "transposed" else 0]


def find_stack(tensors: Tensors) -> Stack | None:
    """Recognise one numbered sequence of layers of one kind; None where it is anything else.

    A batch norm anywhere but directly behind its layer is something else, too: what stands between
    the two would have to be guessed.
    """
    matches = {name: _NUMBERED.fullmatch(name) for name in tensors}
    others = [name for name, match in matches.items() if match is None]
    prefixes = {match[1] for match in matches.values() if match is not None}
    if len(prefixes) != 1 or len(others) > 1:
        return None
    if others and (tensors[others[0]].ndim != 2 or not others[0].endswith(".weight")):
        return None
    prefix = prefixes.pop()
    blocks = _blocks(tensors, prefix, {int(m[2]) for m in matches.values() if m is not None})
    kind = _kind(blocks or [], bool(others))
    if not blocks or kind is None:
        return None
    width = 1 if kind == "transposed" else 0
    for block in blocks:
        if block.norm is not None:
            name = f"{prefix}{block.norm}."
            length = tensors.get(f"{name}weight", tensors.get(f"{name}running_mean"))
            if length is None or length.shape != (block.shape[width],):
                return None
    return Stack(prefix, kind, tuple(blocks), others[0] if others else None)


def _blocks(tensors: Tensors, prefix: str, numbers: set[int]) -> list[Block] | None:
    """The layers in order, each with the batch norm behind it."""
    layers = [
        number
        for number in sorted(numbers)
        if f"{prefix}{number}.weight" in tensors and tensors[f"{prefix}{number}.weight"].ndim > 1
    ]
    norms = numbers - set(layers)
    if {number - 1 for number in norms} - set(layers):
        return None
    return [
        Block(
            index=number,
            norm=number + 1 if number + 1 in norms else None,
            shape=tuple(tensors[f"{prefix}{number}.weight"].shape),
            bias=f"{prefix}{number}.bias" in tensors,
            affine=f"{prefix}{number + 1}.weight" in tensors,
            statistics=f"{prefix}{number + 1}.running_mean" in tensors,
        )
        for number in layers
    ]


def _kind(blocks: list[Block], labelled: bool) -> Literal["dense", "conv", "transposed"] | None:
    """What the layers are: all of one kind, each taking what the one before it gives."""
    shapes = [block.shape for block in blocks]
    dimensions = {len(shape) for shape in shapes}
    along = all(a[0] == b[1] for a, b in pairwise(shapes))
    if dimensions == {2} and along:
        return "dense"
    if dimensions == {4} and not labelled:
        # Where both orders would do, a network that ends in one number is a discriminator.
        against = all(a[1] == b[0] for a, b in pairwise(shapes))
        if along and (shapes[-1][0] == 1 or not against):
            return "conv"
        if against:
            return "transposed"
    return None
