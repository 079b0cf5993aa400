"""A small pair that takes back, one by one, what the DCGAN paper says of architecture.

As it is, it follows the guidelines of arXiv 1511.06434, section 3; each field undoes one of them.
Its size, and how each is undone, are ours.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from torch import nn

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import EPSILON, SLOPE
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.layers import named
from dcgan_eval.models.network import Network, Pair

_KERNEL, _PADDING, _HIDDEN = 5, 2, 512


class Guidelines(NetworkFamily):
    """See the module; its fields are what the pair can vary.

    Attributes
    ----------
    side, channels
        Of the square images: 28 has two stages (14, 7), 32 three (16, 8, 4).
    width
        Maps of the first stage; each further one doubles them.
    resample
        How sides are halved and doubled: ``strides`` of convolutions, or ``pooling`` (maximum)
        behind convolutions of stride 1 and upsampling (nearest) before them.
    norm
        Batch norm: ``paper`` (all layers but D's first and G's last), ``everywhere`` (those, too),
        or ``nowhere`` (convolutions then have biases, which batch norm's shifts are in place of).
    top
        What stands between the convolutions and D's logit, and z and G's: ``none``, a ``dense``
        layer of 512 units, or in D the ``average`` of each map (G as it is).
    activation
        Of hidden layers: ``paper`` (ReLU in G, LeakyReLU in D) or ``tanh`` in both.
    z_dim
        Length of z, standard normal.
    """

    name = "guidelines"

    side: Literal[28, 32] = identity(28)
    channels: Literal[1, 3] = identity(1)
    width: int = identity(32, ge=1)
    resample: Literal["strides", "pooling"] = identity("strides")
    norm: Literal["paper", "everywhere", "nowhere"] = identity("paper")
    top: Literal["none", "dense", "average"] = identity("none")
    activation: Literal["paper", "tanh"] = identity("paper")
    z_dim: int = identity(100, ge=1)

    def pair(self) -> Pair:
        """Stages down to 7×7 or 4×4, and back; tanh output."""
        image = (self.channels, self.side, self.side)
        widths = [self.width * 2**stage for stage in range(2 if self.side == 28 else 3)]
        bottom = self.side // 2 ** len(widths)
        # Neither shows in a state dict.
        beyond = {"resample": self.resample, "activation": self.activation}
        return Pair(
            discriminator=Network(
                self._discriminator(widths, bottom),
                takes=ImageInput(image),
                layers=tuple(f"layer{number}" for number in range(1, len(widths) + 1)),
                beyond_weights=beyond,
            ),
            generator=Network(
                self._generator(widths, bottom),
                takes=GeneratorSpec(
                    z_dim=self.z_dim, image_shape=image, batch_statistics=self.norm != "nowhere"
                ),
                beyond_weights=beyond,
            ),
        )

    def _discriminator(self, widths: list[int], bottom: int) -> nn.Module:
        """A convolution a stage, then the top."""
        active = nn.Tanh if self.activation == "tanh" else lambda: nn.LeakyReLU(SLOPE)
        strided = self.resample == "strides"
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        narrower: int = self.channels
        for number, width in enumerate(widths, start=1):
            stride = 2 if strided else 1
            parts[f"layer{number}"] = named(
                conv=nn.Conv2d(narrower, width, _KERNEL, stride, _PADDING, bias=self._biased),
                **self._normed(nn.BatchNorm2d, width, at_the_edge=number == 1),
                activation=active(),
                **({} if strided else {"pool": nn.MaxPool2d(2)}),
            )
            narrower = width
        units = narrower * bottom * bottom
        if self.top == "average":
            parts["average"], units = nn.AdaptiveAvgPool2d(1), narrower
        parts["flatten"] = nn.Flatten()
        if self.top == "dense":
            parts["dense"] = self._dense(units, active)
            units = _HIDDEN
        return named(**parts, head=nn.Linear(units, 1, bias=self._biased))

    def _generator(self, widths: list[int], bottom: int) -> nn.Module:
        """The top, then a convolution a stage."""
        active = nn.Tanh if self.activation == "tanh" else nn.ReLU
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        units, width = self.z_dim, widths[-1]
        if self.top == "dense":
            parts["dense"] = self._dense(units, active)
            units = _HIDDEN
        flat = width * bottom * bottom
        parts["project"] = named(
            linear=nn.Linear(units, flat, bias=self._biased),
            **self._normed(nn.BatchNorm1d, flat),
            activation=active(),
            maps=nn.Unflatten(1, (width, bottom, bottom)),
        )
        narrower = [*reversed(widths[:-1]), self.channels]
        for number, channels in enumerate(narrower, start=1):
            last = number == len(narrower)
            parts[f"layer{number}"] = named(
                **self._doubled(width, channels),
                **self._normed(nn.BatchNorm2d, channels, at_the_edge=last),
                activation=nn.Tanh() if last else active(),
            )
            width = channels
        return named(**parts)

    @property
    def _biased(self) -> bool:
        return self.norm == "nowhere"

    def _normed(
        self, kind: Callable[..., nn.Module], width: int, *, at_the_edge: bool = False
    ) -> dict[str, nn.Module]:
        """Batch norm where this pair has it."""
        there = self.norm == "everywhere" or (self.norm == "paper" and not at_the_edge)
        return {"norm": kind(width, eps=EPSILON)} if there else {}

    def _dense(self, units: int, active: Callable[[], nn.Module]) -> nn.Module:
        """A hidden layer."""
        return named(
            linear=nn.Linear(units, _HIDDEN, bias=self._biased),
            **self._normed(nn.BatchNorm1d, _HIDDEN),
            activation=active(),
        )

    def _doubled(self, width: int, channels: int) -> dict[str, nn.Module]:
        """A convolution to maps of twice the side."""
        if self.resample == "pooling":
            conv = nn.Conv2d(width, channels, _KERNEL, 1, _PADDING, bias=self._biased)
            return {"up": nn.Upsample(scale_factor=2), "conv": conv}
        return {
            "conv": nn.ConvTranspose2d(width, channels, _KERNEL, 2, _PADDING, 1, bias=self._biased)
        }


FAMILY = Guidelines
