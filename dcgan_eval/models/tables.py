"""Families that differ only in the table of their convolutions."""

from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from dcgan_eval.models.dcgan import Conv, discriminator, generator
from dcgan_eval.models.family import NetworkFamily
from dcgan_eval.models.generator import GeneratorSpec


class TableFamily(NetworkFamily):
    """A pair given by its tables, without anything to vary.

    Attributes
    ----------
    side, channels
        Of the images (square).
    down
        Convolutions of the discriminator.
    start
        Channels and side of the maps with which the generator begins.
    up
        Its transposed convolutions.
    z_dim, z
        Length and distribution of z.
    """

    side: ClassVar[int]
    channels: ClassVar[int]
    down: ClassVar[tuple[Conv, ...]]
    start: ClassVar[tuple[int, int]]
    up: ClassVar[tuple[Conv, ...]]
    z_dim: ClassVar[int]
    z: ClassVar[Literal["normal", "uniform"]]

    def discriminator(self) -> nn.Module:
        """Build it from the table."""
        return discriminator(self.channels, self.side, self.down)

    def generator(self) -> nn.Module:
        """Build it from the table."""
        channels, side = self.start
        return generator(self.z_dim, side, channels, self.up)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.channels, self.side, self.side

    @property
    def generator_spec(self) -> GeneratorSpec:
        """Tanh output; no running statistics, as the authors' generators."""
        return GeneratorSpec(
            z_dim=self.z_dim, z=self.z, image_shape=self.input_shape, batch_statistics=True
        )

    @property
    def layers(self) -> tuple[str, ...]:
        """``layer1`` … in order."""
        return tuple(f"layer{number}" for number in range(1, len(self.down) + 1))
