"""Networks for the numbered sequences of `stack`, under names of our own."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from dcgan_eval.models.formats import Tensors
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


def discriminator_sequence(stack: Stack, given: DiscriminatorGeometry) -> nn.Sequential:
    """Build ``layer1`` … and ``head``; dense layers begin with ``flatten``, maps end with it."""
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if stack.kind == "dense":
        parts["flatten"] = nn.Flatten()
    for number, block in enumerate(stack.blocks):
        last = number == len(stack.blocks) - 1
        parts[layer_name(stack, number)] = _block(
            stack, number, block, given, None if last else nn.LeakyReLU(given.slope or 0.0)
        )
    if stack.kind == "conv":
        parts["flatten"] = nn.Flatten()
    return nn.Sequential(parts)


def generator_sequence(
    stack: Stack, given: GeneratorGeometry, embedding: tuple[int, int] | None
) -> nn.Module:
    """Build ``layer1`` … and ``head``, behind z as maps of one pixel or z joined with the label.

    Parameters
    ----------
    stack, given
        What the state dict says, and what it does not.
    embedding
        Classes, and numbers a class, of an embedded label.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if stack.kind == "transposed":
        parts["maps"] = nn.Unflatten(1, (stack.blocks[0].shape[0], 1, 1))
    for number, block in enumerate(stack.blocks):
        last = number == len(stack.blocks) - 1
        activation: nn.Module = nn.LeakyReLU(given.slope or 0.0)
        if last:
            activation = nn.Tanh() if given.output == "tanh" else nn.Sigmoid()
        more = given.output_paddings[number] if given.output_paddings else 0
        parts[layer_name(stack, number)] = _block(stack, number, block, given, activation, more)
    body = nn.Sequential(parts)
    if given.label in (None, "none"):
        return body
    return Labelled(body, nn.Embedding(*embedding) if embedding else None, given.label_first)


def _block(
    stack: Stack,
    number: int,
    block: Block,
    given: Geometry,
    activation: nn.Module | None,
    output_padding: int = 0,
) -> nn.Sequential:
    """A layer, its batch norm if it has one, its activation."""
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
    if block.norm is not None:
        make = nn.BatchNorm1d if stack.kind == "dense" else nn.BatchNorm2d
        width = block.shape[1 if stack.kind == "transposed" else 0]
        parts["norm"] = make(width, eps=given.eps, affine=block.affine)
    if activation is not None:
        parts["activation"] = activation
    return nn.Sequential(parts)


def layer_name(stack: Stack, number: int) -> str:
    """``head`` for the last layer, ``layer1`` … for those before it."""
    return "head" if number == len(stack.blocks) - 1 else f"layer{number + 1}"


def renamed(stack: Stack, tensors: Tensors, body: str = "") -> Tensors:
    """Give the tensors of a sequence the names that they have in the network built for it.

    Parameters
    ----------
    stack, tensors
        The sequence and its state dict.
    body
        What stands before ``layer1`` (``body.`` in a `Labelled` network).
    """
    places: dict[int, str] = {}
    for number, block in enumerate(stack.blocks):
        name = f"{body}{layer_name(stack, number)}"
        places[block.index] = f"{name}.{'linear' if stack.kind == 'dense' else 'conv'}"
        if block.norm is not None:
            places[block.norm] = f"{name}.norm"
    found: Tensors = {}
    for name, tensor in tensors.items():
        if name == stack.embedding:
            found["embedding.weight"] = tensor
        else:
            number_text, _, what = name.removeprefix(stack.prefix).partition(".")
            found[f"{places[int(number_text)]}.{what}"] = tensor
    return found
