"""A state dict as numbered rows with gaps: ``main.0.weight``, ``main.2.weight`` and so on.

This is what ``nn.Sequential`` makes of pytorch/examples' DCGAN and of most tutorials' networks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from dcgan_eval.models.sequential.geometry import LayerBetween
from dcgan_eval.models.weights import Tensors, is_counter, is_statistic

_NUMBERED = re.compile(
    # Nobody numbers more layers, and every number between two layers is looked at.
    r"((?:\w+\.)*?)(\d{1,3})\.(weight|bias|running_mean|running_var|num_batches_tracked)"
)

Kind = Literal["dense", "conv", "transposed"]
# Images have one channel or three.
_MOST_CHANNELS = 3


@dataclass(frozen=True)
class Row:
    """A number of a sequence.

    Attributes
    ----------
    number
        In the sequence.
    shapes
        What the file has there: ``weight``, ``running_mean`` … → shape; nothing in a gap.
    numbered
        False where two layers follow each other directly: what `forward` may do behind `number`.
    layer
        What stands there, once it is known; of a row that has a matrix of weights, nothing more.
    usual
        Whether nobody said it.
    """

    number: int
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    numbered: bool = True
    layer: LayerBetween | None = None
    usual: bool = False

    @property
    def weight(self) -> tuple[int, ...]:
        """Shape of its weight."""
        return self.shapes.get("weight", ())

    @property
    def matrix(self) -> bool:
        """Whether it is a convolution or dense layer."""
        return len(self.weight) > 1

    @property
    def dense(self) -> bool:
        """Whether it is a dense layer."""
        return len(self.weight) == 2

    @property
    def statistics(self) -> bool:
        """Whether it has running statistics."""
        return any(map(is_statistic, self.shapes))

    @property
    def norm(self) -> bool:
        """Whether it is a norm: it has statistics, or a scale and a shift."""
        return not self.matrix and (self.statistics or {"weight", "bias"} <= set(self.shapes))


@dataclass(frozen=True)
class Rows:
    """A sequence of layers, and an embedding of labels beside it.

    Attributes
    ----------
    prefix
        What stands before the numbers.
    kind
        ``dense``; ``conv`` or ``transposed`` by the order in which channels follow each other.
        Convolutions may end in dense layers.
    before
        Rows before the first layer, all of them gaps.
    layers
        Each is a row with a matrix and those behind it: a norm if there is one, then gaps and rows
        with a weight alone.
    embedding
        Name of the embedding's weight, classes, numbers a class, if there is one.
    """

    prefix: str
    kind: Kind
    before: tuple[Row, ...]
    layers: tuple[tuple[Row, ...], ...]
    embedding: tuple[str, int, int] | None

    def between(self) -> Iterator[tuple[Row, Row | None]]:
        """All rows without a matrix, each with the one before it that has one."""
        yield from ((row, None) for row in self.before)
        for first, *others in self.layers:
            yield from ((row, first) for row in others)

    @property
    def convolutions(self) -> int:
        """How many of the layers are convolutions, transposed ones or not."""
        return sum(not first.dense for first, *_ in self.layers)

    @property
    def dense_head(self) -> bool:
        """Whether convolutions end in dense layers, which take their maps flattened."""
        return 0 < self.convolutions < len(self.layers)

    @property
    def may_draw(self) -> bool:
        """Whether convolutions may be a generator's, whose upsampling has no weights.

        They take more channels than they give and than images have, and there are gaps.
        """
        if self.kind != "conv" or self.dense_head:
            return False
        gaps = [sum(not (one.matrix or one.norm) for one in layer) for layer in self.layers[:-1]]
        taken = self.layers[0][0].weight[1]
        return max(gaps, default=0) > 1 and taken > max(self.outputs(), _MOST_CHANNELS)

    def width(self, first: Row) -> int:
        """Channels or units that a layer gives, by its row with the matrix."""
        return first.weight[1 if self.kind == "transposed" else 0]

    def outputs(self) -> int:
        """Channels or units of the last layer."""
        return self.width(self.layers[-1][0])

    def numbers(self) -> list[tuple[int, int | None]]:
        """Numbers of the layers and of their norms."""
        return [
            (layer[0].number, layer[1].number if len(layer) > 1 and layer[1].norm else None)
            for layer in self.layers
        ]


def read_rows(tensors: Tensors) -> Rows | None:
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
    shapes: dict[int, dict[str, tuple[int, ...]]] = {}
    for name, match in matches.items():
        if match is not None:
            shapes.setdefault(int(match[2]), {})[match[3]] = tuple(tensors[name].shape)
    all_rows = [Row(number, shapes.get(number, {})) for number in range(max(shapes) + 1)]
    starts = [row.number for row in all_rows if row.matrix]
    if not starts:
        return None
    layers = [_layer(all_rows[a:b]) for a, b in pairwise(starts)]
    layers.append(tuple(all_rows[starts[-1] :]))
    kind = _kind([layer[0].weight for layer in layers], bool(others))
    if kind is None:
        return None
    embedding = (others[0], *tensors[others[0]].shape) if others else None
    rows = Rows(prefixes.pop(), kind, tuple(all_rows[: starts[0]]), tuple(layers), embedding)
    whole = all(_fits(layer, rows.width(layer[0])) for layer in layers)
    return rows if whole and not any(row.shapes for row in rows.before) else None


def _layer(rows: list[Row]) -> tuple[Row, ...]:
    """A layer that another one follows, with the place that `forward` has where no number has."""
    if all(row.matrix or row.norm for row in rows):
        rows = [*rows, Row(rows[-1].number, numbered=False)]
    return tuple(rows)


def _fits(layer: tuple[Row, ...], width: int) -> bool:
    """Whether what has tensors behind a matrix is a norm of its channels, or a weight alone."""
    for at, row in enumerate(layer[1:]):
        lengths = {shape for name, shape in row.shapes.items() if not is_counter(name)}
        if row.norm:
            if at > 0 or lengths != {(width,)}:
                return False
        elif row.shapes and (set(row.shapes) != {"weight"} or not lengths <= {(width,), (1,)}):
            return False
    return True


def _kind(shapes: list[tuple[int, ...]], labelled: bool) -> Kind | None:
    """What the layers are: each takes what the one before it gives, maps come before units."""
    maps, units = ([one for one in shapes if len(one) == length] for length in (4, 2))
    if shapes != maps + units or not _along(units):
        return None
    if not maps:
        return "dense"
    # Where both orders would do, a network that ends in one number is a discriminator.
    against = all(a[1] == b[0] for a, b in pairwise(maps))
    if _along(maps) and not labelled and (units or maps[-1][0] == 1 or not against):
        return "conv" if not units or units[0][1] % maps[-1][0] == 0 else None
    return "transposed" if against and not units else None


def _along(shapes: list[tuple[int, ...]]) -> bool:
    """Whether each takes on its second axis what the one before gives on its first."""
    return all(a[0] == b[1] for a, b in pairwise(shapes))
