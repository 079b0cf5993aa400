"""The paper's 32×32 ImageNet pair: six 3×3 convolutions, 28,672 columns at 4×4.

Source: arXiv 1511.06434, section 5.1, and the shapes of the authors' arrays
(``imagenet_gan_pretrain_128f_relu_lrelu_7l_3x3_256z``): z of 256, uniform in [−1, 1].
"""

from __future__ import annotations

from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import dcgan_pair
from dcgan_eval.models.network import Pair


class Imagenet32(NetworkFamily):
    """See the module."""

    name = "imagenet32"

    def pair(self) -> Pair:
        """Two layers at each of 32 (the first alone), 16, 8 and 4 (the last alone), and back."""
        return dcgan_pair(
            image=(3, 32, 32),
            kernel=3,
            down=((128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2)),
            start=(512, 4),
            up=((512, 2), (256, 1), (256, 2), (128, 1), (128, 2), (3, 1)),
            z_dim=256,
            z="uniform",
        )


FAMILY = Imagenet32
