"""A small pair for 28×28 grey images, such as MNIST; maps of 28, 14 and 7."""

from __future__ import annotations

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import dcgan_pair
from dcgan_eval.models.network import Pair


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

    def pair(self) -> Pair:
        """Two 5×5 convolutions of stride 2, and as many transposed ones."""
        return dcgan_pair(
            image=(1, 28, 28),
            kernel=5,
            down=((self.width, 2), (2 * self.width, 2)),
            start=(2 * self.width, 7),
            up=((self.width, 2), (1, 2)),
            z_dim=self.z_dim,
            z="normal",
        )


FAMILY = Dcgan28
