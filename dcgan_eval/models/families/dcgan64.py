"""The paper's 64×64 pair for scenes and faces: four 5×5 convolutions of stride 2.

Source: arXiv 1511.06434, section 4 and figure 1; z of 100, uniform in [−1, 1].
"""

from __future__ import annotations

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import dcgan_pair
from dcgan_eval.models.network import Pair


class Dcgan64(NetworkFamily):
    """See the module; its field is what the pair can vary.

    Attributes
    ----------
    width
        Maps at 32×32; twice as many at half the side, and so on.
    """

    name = "dcgan64"

    width: int = identity(128, ge=1, later=True)

    def pair(self) -> Pair:
        """Maps of 32, 16, 8 and 4, and back."""
        width = self.width
        return dcgan_pair(
            image=(3, 64, 64),
            kernel=5,
            down=((width, 2), (2 * width, 2), (4 * width, 2), (8 * width, 2)),
            start=(8 * width, 4),
            up=((4 * width, 2), (2 * width, 2), (width, 2), (3, 2)),
            z_dim=100,
            z="uniform",
        )


FAMILY = Dcgan64
