"""The paper's 32×32 ImageNet pair: six 3×3 convolutions, 28,672 columns at 4×4.

Source: arXiv 1511.06434, section 5.1, and the shapes of the authors' arrays
(``imagenet_gan_pretrain_128f_relu_lrelu_7l_3x3_256z``): z of 256, uniform in [−1, 1].
"""

from __future__ import annotations

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import dcgan_pair
from dcgan_eval.models.network import Pair


class Imagenet32(NetworkFamily):
    """See the module; its field is what the pair can vary.

    Attributes
    ----------
    width
        Maps of D's first convolution and of G's last but one; the paper's 128.
    """

    name = "imagenet32"

    width: int = identity(128, ge=1, later=True)

    def pair(self) -> Pair:
        """Two layers at each of 32 (the first alone), 16, 8 and 4 (the last alone), and back."""
        w = self.width
        return dcgan_pair(
            image=(3, 32, 32),
            kernel=3,
            down=((w, 1), (w, 2), (2 * w, 1), (2 * w, 2), (4 * w, 1), (4 * w, 2)),
            start=(4 * w, 4),
            up=((4 * w, 2), (2 * w, 1), (2 * w, 2), (w, 1), (w, 2), (3, 1)),
            z_dim=256,
            z="uniform",
        )


FAMILY = Imagenet32
