"""A small pair for 8×8 grey images, such as scikit-learn's digits; every map is at least 4×4."""

from __future__ import annotations

from dcgan_eval.models.dcgan import Conv
from dcgan_eval.models.tables import TableFamily


class Dcgan8(TableFamily):
    """See the module."""

    name = "dcgan8"
    side = 8
    channels = 1
    down = (Conv(32, 3, 1), Conv(64, 3, 1), Conv(64, 3, 2))
    start = (64, 4)
    up = (Conv(64, 3, 2), Conv(32, 3, 1), Conv(1, 3, 1))
    z_dim = 32
    z = "normal"


NETWORK = Dcgan8
