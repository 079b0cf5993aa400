"""A pair as the DCGAN paper's authors build it, from the tables of its convolutions.

A discriminator is ``layer1`` … ``layerN`` (convolution, batch norm, activation), ``flatten``,
``head``; it returns logits. A generator is ``project`` (a dense layer with batch norm per unit),
``layer1`` … ``layerN``. Source: arXiv 1511.06434 and its authors' code.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

from torch import nn

from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.layers import named
from dcgan_eval.models.network import Network, Pair

# The authors' ε; PyTorch's default is 1e-5.
EPSILON = 1e-8
SLOPE = 0.2

Table = tuple[tuple[int, int], ...]
"""Channels that a convolution gives, and its stride."""


def dcgan_pair(
    *,
    image: tuple[int, int, int],
    kernel: int,
    down: Table,
    start: tuple[int, int],
    up: Table,
    z_dim: int,
    z: Literal["normal", "uniform"],
) -> Pair:
    """Build a pair with tanh output and no running statistics, as the authors' generators.

    Parameters
    ----------
    image
        Channels, height, width (equal) of the images.
    kernel
        Side of all kernels; padding is (kernel − 1) / 2.
    down
        Convolutions of the discriminator.
    start
        Channels and side of the maps that z is projected to.
    up
        Transposed convolutions of the generator; a stride of 2 doubles the side.
    z_dim, z
        Length and distribution of z.
    """
    return Pair(
        discriminator=Network(
            _discriminator(image, kernel, down),
            takes=ImageInput(image),
            layers=tuple(f"layer{number}" for number in range(1, len(down) + 1)),
        ),
        generator=Network(
            _generator(z_dim, kernel, start, up),
            takes=GeneratorSpec(z_dim=z_dim, z=z, image_shape=image, batch_statistics=True),
        ),
    )


def _discriminator(image: tuple[int, int, int], kernel: int, down: Table) -> nn.Sequential:
    """Batch norm on all blocks but the first, LeakyReLU(0.2)."""
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    width, side, _ = image
    padding = (kernel - 1) // 2
    for number, (channels, stride) in enumerate(down, start=1):
        conv = nn.Conv2d(width, channels, kernel, stride, padding, bias=False)
        norm = {"norm": nn.BatchNorm2d(channels, eps=EPSILON)} if number > 1 else {}
        parts[f"layer{number}"] = named(conv=conv, **norm, activation=nn.LeakyReLU(SLOPE))
        width, side = channels, (side + 2 * padding - kernel) // stride + 1
    head = nn.Linear(width * side * side, 1, bias=False)
    return named(**parts, flatten=nn.Flatten(), head=head)


def _generator(z_dim: int, kernel: int, start: tuple[int, int], up: Table) -> nn.Sequential:
    """Batch norm and ReLU on all blocks but the last, tanh at the end."""
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    width, side = start
    units = width * side * side
    parts["project"] = named(
        linear=nn.Linear(z_dim, units, bias=False),
        # One mean and variance a unit, not a channel: the authors normalise the flat vector.
        norm=nn.BatchNorm1d(units, eps=EPSILON),
        activation=nn.ReLU(),
        maps=nn.Unflatten(1, (width, side, side)),
    )
    for number, (channels, stride) in enumerate(up, start=1):
        conv = nn.ConvTranspose2d(
            width, channels, kernel, stride, (kernel - 1) // 2, stride - 1, bias=False
        )
        if number < len(up):
            norm = nn.BatchNorm2d(channels, eps=EPSILON)
            parts[f"layer{number}"] = named(conv=conv, norm=norm, activation=nn.ReLU())
        else:
            parts[f"layer{number}"] = named(conv=conv, activation=nn.Tanh())
        width = channels
    return named(**parts)
