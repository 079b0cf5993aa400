"""The paper's 32×32 SVHN pair: three 5×5 convolutions of stride 2, 7,168 columns at 4×4.

Source: arXiv 1511.06434, section 5.2, and the authors' arrays
(``svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb``): z of 100, standard normal.
"""

from __future__ import annotations

from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import dcgan_pair
from dcgan_eval.models.network import Pair


class Svhn32(NetworkFamily):
    """See the module."""

    name = "svhn32"

    def pair(self) -> Pair:
        """Maps of 16, 8 and 4, and back."""
        return dcgan_pair(
            image=(3, 32, 32),
            kernel=5,
            down=((64, 2), (128, 2), (256, 2)),
            start=(256, 4),
            up=((128, 2), (64, 2), (3, 2)),
            z_dim=100,
            z="normal",
        )


FAMILY = Svhn32
