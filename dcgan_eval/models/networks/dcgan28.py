"""A small pair for 28×28 grey images, such as MNIST; maps of 28, 14 and 7."""

from __future__ import annotations

from torch import nn

from dcgan_eval.core import identity
from dcgan_eval.models.dcgan import Conv, discriminator, generator
from dcgan_eval.models.family import NetworkFamily
from dcgan_eval.models.generator import GeneratorSpec


class Dcgan28(NetworkFamily):
    """See the module; its fields are what the pair can vary.

    Attributes
    ----------
    width
        Maps at 14×14; twice as many at 7×7.
    z_dim
        Length of z, standard normal.
    """

    name = "dcgan28"

    width: int = identity(32, ge=1)
    z_dim: int = identity(100, ge=1)

    def discriminator(self) -> nn.Module:
        """Two 5×5 convolutions of stride 2."""
        return discriminator(1, 28, (Conv(self.width, 5, 2), Conv(2 * self.width, 5, 2)))

    def generator(self) -> nn.Module:
        """From 7×7 maps by two transposed 5×5 convolutions of stride 2."""
        up = (Conv(self.width, 5, 2), Conv(1, 5, 2))
        return generator(self.z_dim, 7, 2 * self.width, up)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Grey, 28×28."""
        return 1, 28, 28

    @property
    def generator_spec(self) -> GeneratorSpec:
        """Tanh output; no running statistics, as the authors' generators."""
        return GeneratorSpec(z_dim=self.z_dim, image_shape=self.input_shape, batch_statistics=True)

    @property
    def layers(self) -> tuple[str, ...]:
        """Both convolutions."""
        return "layer1", "layer2"


NETWORK = Dcgan28
