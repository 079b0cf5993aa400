"""The paper's 32×32 ImageNet pair: six 3×3 convolutions, 28,672 columns at 4×4.

Source: arXiv 1511.06434, section 5.1, and the shapes of the authors' arrays
(``imagenet_gan_pretrain_128f_relu_lrelu_7l_3x3_256z``): z of 256, uniform in [−1, 1].
"""

from __future__ import annotations

from dcgan_eval.models.dcgan import Conv
from dcgan_eval.models.tables import TableFamily


class Imagenet32(TableFamily):
    """See the module."""

    name = "imagenet32"
    side = 32
    channels = 3
    down = (
        Conv(128, 3, 1),
        Conv(128, 3, 2),
        Conv(256, 3, 1),
        Conv(256, 3, 2),
        Conv(512, 3, 1),
        Conv(512, 3, 2),
    )
    start = (512, 4)
    up = (
        Conv(512, 3, 2),
        Conv(256, 3, 1),
        Conv(256, 3, 2),
        Conv(128, 3, 1),
        Conv(128, 3, 2),
        Conv(3, 3, 1),
    )
    z_dim = 256
    z = "uniform"


NETWORK = Imagenet32
