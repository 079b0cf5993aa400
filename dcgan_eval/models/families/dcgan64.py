"""The paper's 64×64 pair for scenes and faces: four 5×5 convolutions of stride 2.

Source: arXiv 1511.06434, section 4 and figure 1; z of 100, uniform in [−1, 1].
"""

from __future__ import annotations

from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import dcgan_pair
from dcgan_eval.models.network import Pair


class Dcgan64(NetworkFamily):
    """See the module."""

    name = "dcgan64"

    def pair(self) -> Pair:
        """Maps of 32, 16, 8 and 4, and back."""
        return dcgan_pair(
            image=(3, 64, 64),
            kernel=5,
            down=((128, 2), (256, 2), (512, 2), (1024, 2)),
            start=(1024, 4),
            up=((512, 2), (256, 2), (128, 2), (3, 2)),
            z_dim=100,
            z="uniform",
        )


FAMILY = Dcgan64
