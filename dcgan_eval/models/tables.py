"""Families that differ only in the table of their convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from torch import nn

from dcgan_eval.models.dcgan import Conv, discriminator, generator
from dcgan_eval.models.family import NetworkFamily, NoOptions
from dcgan_eval.models.generator import GeneratorSpec


class TableFamily(NetworkFamily):
    """A pair given by its tables.

    Parameters
    ----------
    side, channels
        Of the images (square).
    down
        Convolutions of the discriminator.
    up
        Transposed convolutions of the generator, beginning at `start` (channels, side).
    z_dim, z
        Length and distribution of z.
    """

    settings = NoOptions

    def __init__(
        self,
        side: int,
        channels: int,
        down: Sequence[Conv],
        start: tuple[int, int],
        up: Sequence[Conv],
        z_dim: int,
        z: Literal["normal", "uniform"],
    ) -> None:
        self.side, self.channels = side, channels
        self.down, self.start, self.up = down, start, up
        self.z_dim, self.z = z_dim, z

    def discriminator(self, settings: Any) -> nn.Module:
        """Build it from the table."""
        return discriminator(self.channels, self.side, self.down)

    def generator(self, settings: Any) -> nn.Module:
        """Build it from the table."""
        channels, side = self.start
        return generator(self.z_dim, side, channels, self.up)

    def input_shape(self, settings: Any) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.channels, self.side, self.side

    def generator_spec(self, settings: Any) -> GeneratorSpec:
        """Tanh output; no running statistics, as the authors' generators."""
        return GeneratorSpec(
            z_dim=self.z_dim,
            z=self.z,
            image_shape=self.input_shape(settings),
            batch_statistics=True,
        )

    def layers(self, settings: Any) -> tuple[str, ...]:
        """``layer1`` … in order."""
        return tuple(f"layer{number}" for number in range(1, len(self.down) + 1))
