"""Numbered sequences of layers in a state dict: ``main.0.weight``, ``main.2.weight`` and so on.

This is what ``nn.Sequential`` makes of pytorch/examples' DCGAN and of most tutorials' networks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch

from dcgan_eval.models.formats import Tensors

_NUMBERED = re.compile(
    # Nobody numbers more layers, and every number between two layers is looked at.
    r"((?:\w+\.)*?)(\d{1,3})\.(weight|bias|running_mean|running_var|num_batches_tracked)"
)


@dataclass(frozen=True)
class Place:
    """A number of the sequence that is no layer with a matrix of weights.

    Attributes
    ----------
    number
        In the sequence.
    tensors
        What the file has there, ``weight``, ``running_mean`` and so on; nothing where it has not.
    length
        Of its weight, if it has one.
    numbered
        False where two layers follow each other directly: what `forward` may do behind `number`.
    """

    number: int
    tensors: frozenset[str] = frozenset()
    length: int = 0
    numbered: bool = True

    @property
    def statistics(self) -> bool:
        """Whether it has running statistics."""
        return any(name.startswith("running") for name in self.tensors)

    @property
    def norm(self) -> bool:
        """Whether it is a norm: it has statistics, or a scale and a shift."""
        return self.statistics or {"weight", "bias"} <= self.tensors


@dataclass(frozen=True)
class Block:
    """A layer with weights, and the places behind it up to the next one.

    Attributes
    ----------
    index
        Its number in the sequence.
    shape, bias
        Of the weight; whether there is a bias.
    behind
        In order; the first may be a norm, all others have no tensors or a weight alone.
    """

    index: int
    shape: tuple[int, ...]
    bias: bool
    behind: tuple[Place, ...]

    @property
    def norm(self) -> Place | None:
        """The norm directly behind it, if there is one."""
        return self.behind[0] if self.behind and self.behind[0].norm else None


@dataclass(frozen=True)
class Stack:
    """A sequence, and an embedding of labels beside it.

    Attributes
    ----------
    prefix
        What stands before the numbers.
    kind
        ``dense``; ``conv`` or ``transposed`` by the order in which channels follow each other.
    before
        Numbers before the first layer.
    embedding
        Name of the embedding's weight, if there is one.
    """

    prefix: str
    kind: Literal["dense", "conv", "transposed"]
    blocks: tuple[Block, ...]
    before: tuple[Place, ...]
    embedding: str | None

    def indices(self) -> list[tuple[int, int | None]]:
        """Numbers of the layers and of their norms."""
        return [(block.index, block.norm.number if block.norm else None) for block in self.blocks]

    def width(self, block: Block) -> int:
        """Channels or units that a layer gives."""
        return block.shape[1 if self.kind == "transposed" else 0]

    def outputs(self) -> int:
        """Channels or units of the last layer."""
        return self.width(self.blocks[-1])


def find_stack(tensors: Tensors) -> Stack | None:
    """Recognise one numbered sequence of layers of one kind; None where it is anything else.

    A norm anywhere but directly behind its layer is something else, too. What numbers without
    tensors are is not asked here.
    """
    matches = {name: _NUMBERED.fullmatch(name) for name in tensors}
    others = [name for name, match in matches.items() if match is None]
    prefixes = {match[1] for match in matches.values() if match is not None}
    if len(prefixes) != 1 or len(others) > 1:
        return None
    if others and (tensors[others[0]].ndim != 2 or not others[0].endswith(".weight")):
        return None
    prefix = prefixes.pop()
    named: dict[int, set[str]] = {}
    for match in matches.values():
        if match is not None:
            named.setdefault(int(match[2]), set()).add(match[3])
    before, blocks = _blocks(tensors, prefix, named)
    kind = _kind(blocks, bool(others))
    if not blocks or kind is None:
        return None
    stack = Stack(prefix, kind, tuple(blocks), before, others[0] if others else None)
    fit = all(_fit(stack, block, tensors) for block in blocks)
    return stack if fit and not any(place.tensors for place in before) else None


def _blocks(
    tensors: Tensors, prefix: str, named: dict[int, set[str]]
) -> tuple[tuple[Place, ...], list[Block]]:
    """What stands before the first layer, and the layers in order with what is behind each."""

    def places(start: int, end: int) -> tuple[Place, ...]:
        return tuple(
            Place(n, frozenset(named.get(n, ())), _length(tensors.get(f"{prefix}{n}.weight")))
            for n in range(start, end)
        )

    layers = [
        number
        for number in sorted(named)
        if f"{prefix}{number}.weight" in tensors and tensors[f"{prefix}{number}.weight"].ndim > 1
    ]
    ends = [*layers[1:], max(named) + 1]
    blocks = []
    for number, end in zip(layers, ends, strict=True):
        behind = places(number + 1, end)
        if end in layers and not any(not place.norm for place in behind):
            behind += (Place(end - 1, numbered=False),)
        shape = tuple(tensors[f"{prefix}{number}.weight"].shape)
        blocks.append(Block(number, shape, "bias" in named[number], behind))
    return places(0, layers[0]) if layers else (), blocks


def _length(weight: torch.Tensor | None) -> int:
    return 0 if weight is None else weight.numel()


def _fit(stack: Stack, block: Block, tensors: Tensors) -> bool:
    """Whether what has tensors behind a layer is a norm of its channels, or a weight alone."""
    for at, place in enumerate(block.behind):
        lengths = {
            tuple(tensors[f"{stack.prefix}{place.number}.{name}"].shape)
            for name in place.tensors - {"num_batches_tracked"}
        }
        whole = {(stack.width(block),)}
        if place.norm:
            if at > 0 or lengths != whole:
                return False
        elif place.tensors and (place.tensors != {"weight"} or not lengths <= whole | {(1,)}):
            return False
    return True


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
