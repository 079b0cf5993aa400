"""Networks of filled rows, under names of our own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, get_args

import torch
from torch import nn

from dcgan_eval.core import CheckpointError
from dcgan_eval.models.layers import named
from dcgan_eval.models.sequential.geometry import (
    Activation,
    DiscriminatorGeometry,
    GeneratorGeometry,
    Geometry,
    Norm,
    Pool,
)
from dcgan_eval.models.sequential.rows import Row, Rows

_ACTIVATIONS = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
# Of a map: 64 channels of 512×512 pixels.
_MOST_NUMBERS = 1 << 24
# What layers are called in the network; others by their kind.
_NAMES = {"activation": get_args(Activation), "pool": get_args(Pool), "norm": get_args(Norm)}


class Labelled(nn.Module):
    """A sequence whose input is z and a label, side by side.

    Parameters
    ----------
    body
        Takes the joined vector.
    embedding
        One row a class for class numbers; None for one-hot labels, joined as they are.
    label_first
        Whether the label stands before z.
    """

    def __init__(self, body: nn.Module, embedding: nn.Embedding | None, label_first: bool) -> None:
        super().__init__()
        self.body, self.embedding, self.label_first = body, embedding, label_first

    def forward(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Samples of z (n, z_dim) and labels (n,) or one-hot (n, n_classes)."""
        label = y if self.embedding is None else self.embedding(y)
        sides = [label, z] if self.label_first else [z, label]
        samples: torch.Tensor = self.body(torch.cat(sides, dim=1))
        return samples


def build_discriminator(rows: Rows, given: DiscriminatorGeometry) -> nn.Sequential:
    """Build ``layer1`` … and ``head``, with ``flatten`` before dense layers or at the end of maps.

    A layer goes up to what the next one takes.
    """
    layers = list(_layers(rows, given).items())
    before = len(layers) - len(rows.layers)
    at = before + rows.convolutions if rows.convolutions else 0
    return named(**dict([*layers[:at], ("flatten", nn.Flatten()), *layers[at:]]))


def build_generator(rows: Rows, given: GeneratorGeometry) -> nn.Module:
    """Build ``layer1`` … and ``head``, behind z as maps of one pixel or z joined with the label."""
    layers = _layers(rows, given, given.output_paddings)
    layers["head"].add_module("output", nn.Tanh() if given.output == "tanh" else nn.Sigmoid())
    if rows.kind == "transposed":
        layers = {"maps": nn.Unflatten(1, (rows.layers[0][0].weight[0], 1, 1)), **layers}
    if given.label in (None, "none"):
        return named(**layers)
    embedding = None if rows.embedding is None else nn.Embedding(*rows.embedding[1:])
    return Labelled(named(**layers), embedding, given.label_first)


def file_names(rows: Rows, body: str = "") -> dict[str, str]:
    """Names of tensors in the file → in the network built for it.

    Parameters
    ----------
    rows
        Filled.
    body
        What stands before ``layer1`` (``body.`` in a `Labelled` network).
    """
    found = {} if rows.embedding is None else {rows.embedding[0]: "embedding.weight"}
    for at, layer in enumerate(rows.layers):
        first = "linear" if layer[0].dense else "conv"
        for row, inner in zip(layer, [first, *_gap_names(layer[1:])], strict=True):
            place = f"{body}{layer_name(rows, at)}.{inner}"
            found |= {f"{rows.prefix}{row.number}.{what}": f"{place}.{what}" for what in row.shapes}
    return found


def layer_name(rows: Rows, at: int) -> str:
    """``head`` for the last layer, ``layer1`` … for those before it."""
    return "head" if at == len(rows.layers) - 1 else f"layer{at + 1}"


def _layers(
    rows: Rows, given: Geometry, output_paddings: tuple[int, ...] | None = None
) -> dict[str, nn.Module]:
    """Layers by name, with what stands before the first."""
    found = _gap_modules(rows.before, 0, given, rows.kind == "dense")
    for at, layer in enumerate(rows.layers):
        dense, shape, bias = layer[0].dense, layer[0].weight, "bias" in layer[0].shapes
        first: dict[str, nn.Module]
        if dense:
            first = {"linear": nn.Linear(shape[1], shape[0], bias)}
        else:
            assert given.strides is not None and given.paddings is not None
            step = (shape[2], shape[3]), given.strides[at], given.paddings[at]
            if rows.kind == "conv":
                first = {"conv": nn.Conv2d(shape[1], shape[0], *step, bias=bias)}
            else:
                more = output_paddings[at] if output_paddings else 0
                first = {"conv": nn.ConvTranspose2d(shape[0], shape[1], *step, more, bias=bias)}
        behind = _gap_modules(layer[1:], rows.width(layer[0]), given, dense)
        found[layer_name(rows, at)] = named(**first, **behind)
    return found


def _gap_modules(
    gaps: Sequence[Row], width: int, given: Geometry, dense: bool
) -> dict[str, nn.Module]:
    """What stands in a gap, but for what does nothing."""
    made = zip(_gap_names(gaps), (_module(row, width, given, dense) for row in gaps), strict=True)
    return {name: module for name, module in made if module is not None}


def _gap_names(gaps: Sequence[Row]) -> list[str]:
    """What the layers of one gap are called in the network: by what they are, told apart."""
    found: list[str] = []
    for row in gaps:
        assert row.layer is not None
        kind: str = row.layer.kind
        name = next((name for name, kinds in _NAMES.items() if kind in kinds), kind)
        found.append(f"{name}{row.number}" if name in found else name)
    return found


def _module(row: Row, width: int, given: Geometry, dense: bool) -> nn.Module | None:
    """Build what stands at a row, behind a layer of so many channels or units."""
    layer = row.layer
    assert layer is not None
    affine = "weight" in row.shapes
    if layer.kind == "leaky_relu":
        slope = given.slope or 0.0
        return nn.LeakyReLU(slope if layer.slope is None else layer.slope)
    if layer.kind == "prelu":
        return nn.PReLU(row.weight[0])
    if layer.kind == "batch_norm":
        norm = nn.BatchNorm1d if dense else nn.BatchNorm2d
        return norm(width, eps=given.eps, affine=affine)
    if layer.kind == "instance_norm":
        return nn.InstanceNorm2d(width, eps=given.eps, affine=affine)
    if layer.groups is not None:
        return nn.GroupNorm(layer.groups, width, eps=given.eps, affine=affine)
    if layer.size is not None:
        pool = nn.MaxPool2d if layer.kind == "max_pool" else nn.AvgPool2d
        return pool(layer.size, layer.stride, layer.padding or 0)
    return _ACTIVATIONS[layer.kind]() if layer.kind in _ACTIVATIONS else None


def check_size(network: nn.Module, shape: tuple[int, ...]) -> None:
    """Refuse a network whose maps would be larger than any that is meant, before one is made.

    Parameters
    ----------
    network
        Its parts one behind the other, on "meta".
    shape
        Of what it takes, without the batch.
    """
    maps = torch.empty(1, *shape, device="meta")
    largest = maps.numel()
    parts = [part for part in network.eval().modules() if not [*part.children()]]
    # Where a part does not take what the one before gives, whoever runs it says so.
    with suppress(RuntimeError, ValueError):
        for part in parts:
            maps = part(maps)
            largest = max(largest, maps.numel())
    if largest > _MOST_NUMBERS:
        raise CheckpointError(
            f"its maps would have {largest} numbers an image, more than {_MOST_NUMBERS}; correct "
            "geometry: input, strides or paddings"
        )


def check_head(
    network: nn.Sequential, shape: tuple[int, int, int], said: tuple[int, int] | None
) -> dict[str, Any]:
    """Refuse a geometry that leaves another map than the head takes, or than it leaves by itself.

    Parameters
    ----------
    network
        Of `build_discriminator`, of convolutions, on "meta".
    shape
        Channels, height, width of an image.
    said
        Height, width that a convolution at the end leaves; one number an image when not said.

    Returns
    -------
    dict
        What is assumed of a head that is too large for its map, and never run.
    """
    parts = dict(network.eval().named_children())
    layers = list(parts.values())[: list(parts).index("flatten")]
    convolution = layers.pop() if layers[-1] is parts["head"] else None
    maps = torch.empty(1, *shape, device="meta")
    try:
        for layer in layers:
            maps = layer(maps)
    except (RuntimeError, ValueError):
        return {}  # Where images do not fit the layers, the encoder says so.
    if convolution is None:
        _check_taken(maps, next(one for one in network.modules() if isinstance(one, nn.Linear)))
        return {}
    conv = convolution.get_submodule("conv")
    assert isinstance(conv, nn.Conv2d) and isinstance(conv.padding, tuple)
    sides, kernel = (_by(maps.shape[2:]), _by(conv.kernel_size))
    if any(
        s + 2 * p < k
        for s, p, k in zip(maps.shape[2:], conv.padding, conv.kernel_size, strict=True)
    ):
        return {"head": f"unused: its kernel of {kernel} is larger than the last map of {sides}"}
    left = tuple(conv(maps).shape[2:])
    if left != (said or (1, 1)):
        raise CheckpointError(
            f"its head leaves {_by(left)} of a last map of {sides} (kernel {kernel}), expected "
            f"{_by(said or (1, 1))}; correct geometry: input, strides or paddings, or say "
            f"head: {list(left)}"
        )
    return {}


def _check_taken(maps: torch.Tensor, dense: nn.Linear) -> None:
    """Refuse maps that are not as many numbers as the dense layer behind them takes."""
    if maps.numel() != dense.in_features:
        raise CheckpointError(
            f"its dense layer takes {dense.in_features} numbers, the last map has "
            f"{_by(maps.shape[1:])}; correct geometry: input, strides or paddings"
        )


def _by(sides: Sequence[int]) -> str:
    """Height × width."""
    return "×".join(map(str, sides))
