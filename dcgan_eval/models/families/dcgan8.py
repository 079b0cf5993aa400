"""A small pair for 8×8 grey images, such as scikit-learn's digits; every map is at least 4×4."""

from __future__ import annotations

from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import dcgan_pair
from dcgan_eval.models.network import Pair


class Dcgan8(NetworkFamily):
    """See the module."""

    name = "dcgan8"

    def pair(self) -> Pair:
        """3×3 kernels; one stride of 2 leads from 8 to 4."""
        return dcgan_pair(
            image=(1, 8, 8),
            kernel=3,
            down=((32, 1), (64, 1), (64, 2)),
            start=(64, 4),
            up=((64, 2), (32, 1), (1, 1)),
            z_dim=32,
            z="normal",
        )


FAMILY = Dcgan8
