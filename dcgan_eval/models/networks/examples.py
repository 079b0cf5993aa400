"""The pair of pytorch/examples (dcgan/main.py), of any width, side and number of channels.

4×4 kernels; the discriminator halves the side to 4×4 maps, which its head takes whole; the
generator does the reverse. The published one has side 64 and biases nowhere.
"""

from __future__ import annotations

from collections import OrderedDict

from pydantic import field_validator
from torch import nn

from dcgan_eval.core import identity
from dcgan_eval.models.dcgan import SLOPE
from dcgan_eval.models.family import NetworkFamily
from dcgan_eval.models.generator import GeneratorSpec

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

    def halvings(self) -> int:
        """From the image's side to 4."""
        return self.side.bit_length() - _KERNEL.bit_length()

    def discriminator(self) -> nn.Module:
        """Batch norm on all blocks but the first."""
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        width = self.channels
        for number in range(self.halvings()):
            wider = self.ndf * 2**number
            block: OrderedDict[str, nn.Module] = OrderedDict(
                conv=nn.Conv2d(width, wider, _KERNEL, 2, 1, bias=self.bias)
            )
            if number:
                block["norm"] = nn.BatchNorm2d(wider)
            block["activation"] = nn.LeakyReLU(SLOPE)
            parts[f"layer{number + 1}"] = nn.Sequential(block)
            width = wider
        parts["head"] = nn.Conv2d(width, 1, _KERNEL, 1, 0, bias=self.bias)
        parts["flatten"] = nn.Flatten()
        return nn.Sequential(parts)

    def generator(self) -> nn.Module:
        """Batch norm and ReLU on all blocks but the last, tanh at the end."""
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        parts["maps"] = nn.Unflatten(1, (self.z_dim, 1, 1))
        width = self.z_dim
        for number in range(self.halvings()):
            narrower = self.ngf * 2 ** (self.halvings() - 1 - number)
            stride, padding = (2, 1) if number else (1, 0)
            parts[f"layer{number + 1}"] = nn.Sequential(
                OrderedDict(
                    conv=nn.ConvTranspose2d(
                        width, narrower, _KERNEL, stride, padding, bias=self.bias
                    ),
                    norm=nn.BatchNorm2d(narrower),
                    activation=nn.ReLU(),
                )
            )
            width = narrower
        parts["head"] = nn.ConvTranspose2d(width, self.channels, _KERNEL, 2, 1, bias=self.bias)
        parts["activation"] = nn.Tanh()
        return nn.Sequential(parts)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Square."""
        return self.channels, self.side, self.side

    @property
    def generator_spec(self) -> GeneratorSpec:
        """Tanh output; stored statistics."""
        return GeneratorSpec(z_dim=self.z_dim, image_shape=self.input_shape)

    @property
    def layers(self) -> tuple[str, ...]:
        """``layer1`` … in order."""
        return tuple(f"layer{number + 1}" for number in range(self.halvings()))


NETWORK = Examples
