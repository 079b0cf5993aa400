"""The paper's 64×64 pair for scenes and faces: four 5×5 convolutions of stride 2.

Source: arXiv 1511.06434, section 4 and figure 1; z of 100, uniform in [−1, 1].
"""

from __future__ import annotations

from dcgan_eval.models.dcgan import Conv
from dcgan_eval.models.tables import TableFamily


class Dcgan64(TableFamily):
    """See the module."""

    name = "dcgan64"
    side = 64
    channels = 3
    down = (Conv(128, 5, 2), Conv(256, 5, 2), Conv(512, 5, 2), Conv(1024, 5, 2))
    start = (1024, 4)
    up = (Conv(512, 5, 2), Conv(256, 5, 2), Conv(128, 5, 2), Conv(3, 5, 2))
    z_dim = 100
    z = "uniform"


NETWORK = Dcgan64
