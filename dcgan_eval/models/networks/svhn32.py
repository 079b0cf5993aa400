"""The paper's 32×32 SVHN pair: three 5×5 convolutions of stride 2, 7,168 columns at 4×4.

Source: arXiv 1511.06434, section 5.2, and the authors' arrays
(``svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb``): z of 100, standard normal.
"""

from __future__ import annotations

from dcgan_eval.models.dcgan import Conv
from dcgan_eval.models.tables import TableFamily


class Svhn32(TableFamily):
    """See the module."""

    name = "svhn32"
    side = 32
    channels = 3
    down = (Conv(64, 5, 2), Conv(128, 5, 2), Conv(256, 5, 2))
    start = (256, 4)
    up = (Conv(128, 5, 2), Conv(64, 5, 2), Conv(3, 5, 2))
    z_dim = 100
    z = "normal"


NETWORK = Svhn32
