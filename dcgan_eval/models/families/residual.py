"""A residual pair: x + α·f(x) with a small α, 3×3 kernels, average pooling and nearest upsampling.

After notes on the paper, which ask for that and for no batch norm; the numbers are ours. A stage
changes its maps by a convolution beside its block, so that what goes round f is x itself.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

import torch
from torch import nn

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import SLOPE
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.layers import named
from dcgan_eval.models.network import Network, Pair


class Residual(NetworkFamily):
    """See the module; its fields are what the pair can vary.

    Attributes
    ----------
    side, channels
        Of the square images.
    width
        Maps at the images' own side; each halving from the second on doubles them.
    alpha
        What f is multiplied by.
    norm
        Of f's inputs: ``none``, or ``layer``, over all maps of an image.
    z_dim
        Length of z, standard normal.
    """

    name = "residual"

    side: Literal[32, 64] = identity(32)
    channels: Literal[1, 3] = identity(3)
    width: int = identity(64, ge=1)
    alpha: float = identity(0.1, gt=0, le=1)
    norm: Literal["none", "layer"] = identity("none")
    z_dim: int = identity(100, ge=1)

    def pair(self) -> Pair:
        """A stage a halving, down to 4×4 and back; tanh output."""
        image = (self.channels, self.side, self.side)
        stages = 3 if self.side == 32 else 4
        # No weight shows it.
        beyond = {"alpha": self.alpha}
        return Pair(
            discriminator=Network(
                self._discriminator(stages),
                takes=ImageInput(image),
                layers=tuple(f"layer{number}" for number in range(1, stages + 1)),
                beyond_weights=beyond,
            ),
            generator=Network(
                self._generator(stages),
                takes=GeneratorSpec(z_dim=self.z_dim, image_shape=image),
                beyond_weights=beyond,
            ),
        )

    def _discriminator(self, stages: int) -> nn.Module:
        """Convolution, block and pooling a stage."""
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        width = self.channels
        for number in range(stages):
            wider = self.width * 2**number
            parts[f"layer{number + 1}"] = named(
                conv=nn.Conv2d(width, wider, 3, padding=1),
                block=ResBlock(wider, self.alpha, self.norm),
                pool=nn.AvgPool2d(2),
            )
            width = wider
        head = nn.Linear(width * 4 * 4, 1)
        return named(**parts, activation=nn.LeakyReLU(SLOPE), flatten=nn.Flatten(), head=head)

    def _generator(self, stages: int) -> nn.Module:
        """Block, upsampling and convolution a stage."""
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        width = self.width * 2 ** (stages - 1)
        parts["project"] = named(
            linear=nn.Linear(self.z_dim, width * 4 * 4), maps=nn.Unflatten(1, (width, 4, 4))
        )
        for number in reversed(range(stages)):
            narrower = self.width * 2 ** max(number - 1, 0)
            parts[f"layer{stages - number}"] = named(
                block=ResBlock(width, self.alpha, self.norm),
                up=nn.Upsample(scale_factor=2),
                conv=nn.Conv2d(width, narrower, 3, padding=1),
            )
            width = narrower
        head = named(
            activation=nn.LeakyReLU(SLOPE),
            conv=nn.Conv2d(width, self.channels, 3, padding=1),
            output=nn.Tanh(),
        )
        return named(**parts, head=head)


class ResBlock(nn.Module):
    """x + α·f(x); f is norm, LeakyReLU and 3×3 convolution, twice."""

    def __init__(self, width: int, alpha: float, norm: Literal["none", "layer"]) -> None:
        super().__init__()
        self.alpha = alpha
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        for number in (1, 2):
            if norm == "layer":
                parts[f"norm{number}"] = nn.GroupNorm(1, width)
            parts[f"activation{number}"] = nn.LeakyReLU(SLOPE)
            parts[f"conv{number}"] = nn.Conv2d(width, width, 3, padding=1)
        self.f = named(**parts)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps of x's shape."""
        maps: torch.Tensor = x + self.alpha * self.f(x)
        return maps


FAMILY = Residual
