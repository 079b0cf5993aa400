"""The parts of which all DCGAN networks are made: named blocks, weights drawn as the paper does.

A discriminator is ``layer1`` … ``layerN`` (convolution, batch norm, activation), ``flatten``,
``head``; it returns logits. A generator is ``project`` (a dense layer with batch norm per unit),
``layer1`` … ``layerN``. Source: arXiv 1511.06434 and its authors' code.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from dcgan_eval.core import seed_for

# The authors' ε; PyTorch's default is 1e-5.
EPSILON = 1e-8
SLOPE = 0.2


@dataclass(frozen=True)
class Conv:
    """One convolution of a discriminator, or one transposed convolution of a generator."""

    channels: int
    kernel: int
    stride: int


def discriminator(
    in_channels: int, side: int, convs: Sequence[Conv], bias: bool = False, eps: float = EPSILON
) -> nn.Sequential:
    """Build a discriminator: batch norm on all blocks but the first, LeakyReLU(0.2).

    Parameters
    ----------
    in_channels, side
        Channels, and height = width, of the images.
    convs
        Blocks; padding is (kernel − 1) / 2.
    bias
        Whether convolutions and head have a bias.
    eps
        Of batch norm.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    channels = in_channels
    for number, conv in enumerate(convs, start=1):
        block: OrderedDict[str, nn.Module] = OrderedDict()
        padding = (conv.kernel - 1) // 2
        block["conv"] = nn.Conv2d(
            channels, conv.channels, conv.kernel, conv.stride, padding, bias=bias
        )
        if number > 1:
            block["norm"] = nn.BatchNorm2d(conv.channels, eps=eps)
        block["activation"] = nn.LeakyReLU(SLOPE)
        parts[f"layer{number}"] = nn.Sequential(block)
        channels = conv.channels
        side = (side + 2 * padding - conv.kernel) // conv.stride + 1
    parts["flatten"] = nn.Flatten()
    parts["head"] = nn.Linear(channels * side * side, 1, bias=bias)
    return nn.Sequential(parts)


def generator(
    z_dim: int, side: int, channels: int, convs: Sequence[Conv], eps: float = EPSILON
) -> nn.Sequential:
    """Build a generator: batch norm and ReLU on all blocks but the last, tanh at the end.

    Parameters
    ----------
    z_dim
        Length of z.
    side, channels
        Of the maps that z is projected to.
    convs
        Transposed convolutions; a stride of 2 doubles the side.
    eps
        Of batch norm.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    width = channels * side * side
    parts["project"] = nn.Sequential(
        OrderedDict(
            linear=nn.Linear(z_dim, width, bias=False),
            # One mean and variance a unit, not a channel: the authors normalise the flat vector.
            norm=nn.BatchNorm1d(width, eps=eps),
            activation=nn.ReLU(),
            maps=nn.Unflatten(1, (channels, side, side)),
        )
    )
    for number, conv in enumerate(convs, start=1):
        block: OrderedDict[str, nn.Module] = OrderedDict()
        block["conv"] = nn.ConvTranspose2d(
            channels,
            conv.channels,
            conv.kernel,
            conv.stride,
            (conv.kernel - 1) // 2,
            output_padding=conv.stride - 1,
            bias=False,
        )
        if number < len(convs):
            block["norm"] = nn.BatchNorm2d(conv.channels, eps=eps)
            block["activation"] = nn.ReLU()
        else:
            block["activation"] = nn.Tanh()
        parts[f"layer{number}"] = nn.Sequential(block)
        channels = conv.channels
    return nn.Sequential(parts)


def initialise(network: nn.Module, *coordinates: str | int) -> None:
    """Draw weights: N(0, 0.02), batch-norm scales N(1, 0.02), shifts and biases 0.

    Parameters
    ----------
    network
        Changed in place.
    *coordinates
        Name of this initialisation (see `dcgan_eval.core.seed_for`).
    """
    stream = torch.Generator().manual_seed(seed_for("weights", *coordinates))
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.Embedding):
                module.weight.normal_(0.0, 0.02, generator=stream)
            elif isinstance(module, _BatchNorm) and module.affine:
                module.weight.normal_(1.0, 0.02, generator=stream)
            bias = getattr(module, "bias", None)
            if isinstance(bias, nn.Parameter):
                bias.zero_()
