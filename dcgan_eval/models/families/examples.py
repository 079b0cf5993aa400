"""The pair of pytorch/examples (dcgan/main.py), of any width, side and number of channels.

4×4 kernels; the discriminator halves the side to 4×4 maps, which its head takes whole; the
generator does the reverse. The published one has side 64 and biases nowhere.
"""

from __future__ import annotations

from collections import OrderedDict

from pydantic import field_validator
from torch import nn

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import SLOPE
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.layers import named
from dcgan_eval.models.network import Network, Pair

_KERNEL = 4


class Examples(NetworkFamily):
    """See the module; its fields are what the pair can vary.

    Attributes
    ----------
    side, channels
        Of the square images; the side is 8, 16, 32, 64, 128 or 256.
    ndf, ngf
        Maps of D's first layer and of G's last but one; each halving of the side doubles them.
    z_dim
        Length of z, standard normal.
    bias
        Whether convolutions have a bias.
    """

    name = "examples"

    side: int = identity(64)
    channels: int = identity(3, ge=1)
    ndf: int = identity(64, ge=1)
    ngf: int = identity(64, ge=1)
    z_dim: int = identity(100, ge=1)
    bias: bool = identity(False)

    @field_validator("side")
    @classmethod
    def _power_of_two(cls, value: int) -> int:
        if value not in (8, 16, 32, 64, 128, 256):
            raise ValueError("the side is 8, 16, 32, 64, 128 or 256")
        return value

    def pair(self) -> Pair:
        """Stored statistics, tanh output."""
        image = (self.channels, self.side, self.side)
        halvings = self.side.bit_length() - _KERNEL.bit_length()
        return Pair(
            discriminator=Network(
                self._discriminator(halvings),
                takes=ImageInput(image),
                layers=tuple(f"layer{number + 1}" for number in range(halvings)),
            ),
            generator=Network(
                self._generator(halvings),
                takes=GeneratorSpec(z_dim=self.z_dim, image_shape=image),
            ),
        )

    def _discriminator(self, halvings: int) -> nn.Module:
        """Batch norm on all blocks but the first."""
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        width = self.channels
        for number in range(halvings):
            wider = self.ndf * 2**number
            conv = nn.Conv2d(width, wider, _KERNEL, 2, 1, bias=self.bias)
            norm = {"norm": nn.BatchNorm2d(wider)} if number else {}
            parts[f"layer{number + 1}"] = named(conv=conv, **norm, activation=nn.LeakyReLU(SLOPE))
            width = wider
        head = nn.Conv2d(width, 1, _KERNEL, 1, 0, bias=self.bias)
        return named(**parts, head=head, flatten=nn.Flatten())

    def _generator(self, halvings: int) -> nn.Module:
        """Batch norm and ReLU on all blocks but the last, tanh at the end."""
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        width = self.z_dim
        for number in range(halvings):
            narrower = self.ngf * 2 ** (halvings - 1 - number)
            step = (2, 1) if number else (1, 0)
            parts[f"layer{number + 1}"] = named(
                conv=nn.ConvTranspose2d(width, narrower, _KERNEL, *step, bias=self.bias),
                norm=nn.BatchNorm2d(narrower),
                activation=nn.ReLU(),
            )
            width = narrower
        head = nn.ConvTranspose2d(width, self.channels, _KERNEL, 2, 1, bias=self.bias)
        maps = nn.Unflatten(1, (self.z_dim, 1, 1))
        return named(maps=maps, **parts, head=head, activation=nn.Tanh())


FAMILY = Examples
