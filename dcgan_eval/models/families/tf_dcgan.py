"""The pair of a TensorFlow tutorial: dropout in both, LeakyReLU(0.01), a valid step from 4 to 7.

Source: NELSONZHAO/zhihu, dcgan/dcgan_mnist.ipynb. Its 32×32 colour notebook changes "small
parameters" only; what stands here for 32×32 is ours: G goes from 4 to 8 as it goes on, and the
distribution of z, uniform in [−1, 1], is the paper's.
"""

from __future__ import annotations

from typing import Literal

from torch import nn

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._tensorflow import batch_norm, same_conv, same_transposed
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.layers import Dropout, named
from dcgan_eval.models.network import Network, Pair

_SLOPE = 0.01
_Z_DIM = 100


class TfDcgan(NetworkFamily):
    """See the module; its fields are what the pair can vary.

    Attributes
    ----------
    side, channels
        Of the square images.
    width
        Maps of D's first convolution and of G's last but one; each halving of the side doubles
        them.
    dropout
        Share of each layer's outputs, but for the last one's, that is set to 0 in training.
    sampling_dropout
        Whether G drops when it is sampled, too.
    """

    name = "tf_dcgan"

    side: Literal[28, 32] = identity(28)
    channels: Literal[1, 3] = identity(1)
    width: int = identity(128, ge=1)
    dropout: float = identity(0.2, ge=0, lt=1)
    sampling_dropout: bool = identity(False)

    def pair(self) -> Pair:
        """Stored statistics, tanh output."""
        image = (self.channels, self.side, self.side)
        return Pair(
            discriminator=Network(
                self._discriminator(),
                takes=ImageInput(image),
                layers=("layer1", "layer2", "layer3"),
            ),
            generator=Network(
                self._generator(),
                takes=GeneratorSpec(
                    z_dim=_Z_DIM, z="uniform", image_shape=image, dropout=self.sampling_dropout
                ),
                beyond_weights={"dropout": self.dropout} if self.sampling_dropout else {},
            ),
        )

    def _discriminator(self) -> nn.Module:
        """28 → 14 → 7 → 4 or 32 → 16 → 8 → 4, batch norm on all but the first."""
        w, side = self.width, self.side
        return named(
            layer1=named(**same_conv(self.channels, w, 3, 2, side), **self._behind()),
            layer2=named(
                **same_conv(w, 2 * w, 3, 2, side // 2), norm=batch_norm(2 * w), **self._behind()
            ),
            layer3=named(
                **same_conv(2 * w, 4 * w, 3, 2, side // 4), norm=batch_norm(4 * w), **self._behind()
            ),
            flatten=nn.Flatten(),
            head=nn.Linear(4 * w * 4 * 4, 1),
        )

    def _generator(self) -> nn.Module:
        """4 → 7 (valid) → 14 → 28 or 4 → 8 → 16 → 32, batch norm on all but the last."""
        w, side = self.width, self.side
        first = (
            {"conv": nn.ConvTranspose2d(4 * w, 2 * w, 4)}
            if side == 28
            else same_transposed(4 * w, 2 * w, 3, 2, 4)
        )
        return named(
            project=named(
                linear=nn.Linear(_Z_DIM, 4 * w * 4 * 4),
                maps=nn.Unflatten(1, (4 * w, 4, 4)),
                norm=batch_norm(4 * w),
                **self._behind(),
            ),
            layer1=named(**first, norm=batch_norm(2 * w), **self._behind()),
            layer2=named(
                **same_transposed(2 * w, w, 3, 2, side // 4), norm=batch_norm(w), **self._behind()
            ),
            layer3=named(
                **same_transposed(w, self.channels, 3, 2, side // 2), activation=nn.Tanh()
            ),
        )

    def _behind(self) -> dict[str, nn.Module]:
        return {"activation": nn.LeakyReLU(_SLOPE), "dropout": Dropout(self.dropout)}


FAMILY = TfDcgan
