"""Networks for the numbered sequences of `stack`, under names of our own."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dcgan_eval.core import CheckpointError
from dcgan_eval.models.formats import Tensors
from dcgan_eval.models.gaps import Gaps, Standing, make_layer, names
from dcgan_eval.models.geometry import DiscriminatorGeometry, GeneratorGeometry, Geometry
from dcgan_eval.models.stack import Block, Stack


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


def discriminator_sequence(stack: Stack, gaps: Gaps, given: DiscriminatorGeometry) -> nn.Sequential:
    """Build ``layer1`` … and ``head``; dense layers begin with ``flatten``, maps end with it.

    A layer goes up to what the next one takes.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if stack.kind == "dense":
        parts["flatten"] = nn.Flatten()
    parts |= _before(stack, gaps, given)
    for number, block in enumerate(stack.blocks):
        layer = _block(stack, number, block, gaps.behind[number], given)
        parts[layer_name(stack, number)] = layer
    if stack.kind == "conv":
        parts["flatten"] = nn.Flatten()
    return nn.Sequential(parts)


def generator_sequence(
    stack: Stack, gaps: Gaps, given: GeneratorGeometry, embedding: tuple[int, int] | None
) -> nn.Module:
    """Build ``layer1`` … and ``head``, behind z as maps of one pixel or z joined with the label.

    Parameters
    ----------
    stack, gaps, given
        What the state dict says, what stands between its layers, and what else it does not say.
    embedding
        Classes, and numbers a class, of an embedded label.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if stack.kind == "transposed":
        parts["maps"] = nn.Unflatten(1, (stack.blocks[0].shape[0], 1, 1))
    parts |= _before(stack, gaps, given)
    for number, block in enumerate(stack.blocks):
        more = given.output_paddings[number] if given.output_paddings else 0
        layer = _block(stack, number, block, gaps.behind[number], given, more)
        if number == len(stack.blocks) - 1:
            layer.add_module("output", nn.Tanh() if given.output == "tanh" else nn.Sigmoid())
        parts[layer_name(stack, number)] = layer
    body = nn.Sequential(parts)
    if given.label in (None, "none"):
        return body
    return Labelled(body, nn.Embedding(*embedding) if embedding else None, given.label_first)


def _before(stack: Stack, gaps: Gaps, given: Geometry) -> OrderedDict[str, nn.Module]:
    """What stands before the first layer, where that is more than a change of shape."""
    made = [
        (name, make_layer(one, 0, given.slope or 0.0, given.eps, stack.kind == "dense"))
        for name, one in zip(names(gaps.before), gaps.before, strict=True)
    ]
    return OrderedDict((name, module) for name, module in made if type(module) is not nn.Identity)


def _block(
    stack: Stack,
    number: int,
    block: Block,
    behind: tuple[Standing, ...],
    given: Geometry,
    output_padding: int = 0,
) -> nn.Sequential:
    """A layer and what stands behind it."""
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if stack.kind == "dense":
        parts["linear"] = nn.Linear(block.shape[1], block.shape[0], bias=block.bias)
    else:
        assert given.strides is not None and given.paddings is not None
        stride, padding = given.strides[number], given.paddings[number]
        kernel = (block.shape[2], block.shape[3])
        if stack.kind == "conv":
            parts["conv"] = nn.Conv2d(
                block.shape[1], block.shape[0], kernel, stride, padding, bias=block.bias
            )
        else:
            parts["conv"] = nn.ConvTranspose2d(
                block.shape[0],
                block.shape[1],
                kernel,
                stride,
                padding,
                output_padding,
                bias=block.bias,
            )
    for name, one in zip(names(behind), behind, strict=True):
        dense = stack.kind == "dense"
        parts[name] = make_layer(one, stack.width(block), given.slope or 0.0, given.eps, dense)
    return nn.Sequential(parts)


def check_head(
    network: nn.Sequential, shape: tuple[int, int, int], said: tuple[int, int] | None
) -> dict[str, Any]:
    """Refuse a geometry that leaves another map than said, one number an image when nothing is.

    Parameters
    ----------
    network
        Of `discriminator_sequence`, of convolutions.
    shape
        Channels, height, width of an image.
    said
        Height, width that the head leaves.

    Returns
    -------
    dict
        What is assumed of a head that is too large for its map, and never run.
    """
    *layers, head, _ = copy.deepcopy(network).to("meta").eval()
    maps = torch.empty(1, *shape, device="meta")
    try:
        for layer in layers:
            maps = layer(maps)
    except (RuntimeError, ValueError):
        return {}  # Where images do not fit the layers, the encoder says so.
    conv = head.get_submodule("conv")
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


def _by(sides: Sequence[int]) -> str:
    """Height × width."""
    return "×".join(map(str, sides))


def layer_name(stack: Stack, number: int) -> str:
    """``head`` for the last layer, ``layer1`` … for those before it."""
    return "head" if number == len(stack.blocks) - 1 else f"layer{number + 1}"


def renamed(stack: Stack, gaps: Gaps, tensors: Tensors, body: str = "") -> Tensors:
    """Give the tensors of a sequence the names that they have in the network built for it.

    Parameters
    ----------
    stack, gaps, tensors
        The sequence, what stands between its layers, and its state dict.
    body
        What stands before ``layer1`` (``body.`` in a `Labelled` network).
    """
    places: dict[int, str] = {}
    for number, block in enumerate(stack.blocks):
        name = f"{body}{layer_name(stack, number)}"
        places[block.index] = f"{name}.{'linear' if stack.kind == 'dense' else 'conv'}"
        behind = gaps.behind[number]
        for inner, one in zip(names(behind), behind, strict=True):
            if one.place.tensors:
                places[one.place.number] = f"{name}.{inner}"
    found: Tensors = {}
    for name, tensor in tensors.items():
        if name == stack.embedding:
            found["embedding.weight"] = tensor
        else:
            number_text, _, what = name.removeprefix(stack.prefix).partition(".")
            found[f"{places[int(number_text)]}.{what}"] = tensor
    return found
