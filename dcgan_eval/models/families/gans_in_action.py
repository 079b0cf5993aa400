"""The MNIST pair of GANs in Action, chapter 4: 3×3 kernels, LeakyReLU(0.01) in both.

Source: the chapter's notebook, in Keras; z of 100, standard normal.
"""

from __future__ import annotations

from torch import nn

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._tensorflow import batch_norm, same_conv, same_transposed
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.layers import named
from dcgan_eval.models.network import Network, Pair

_SLOPE = 0.01
_Z_DIM = 100


class GansInAction(NetworkFamily):
    """See the module; its field is what the pair can vary.

    Attributes
    ----------
    width
        Maps of D's first convolution; the next have twice and four times as many, G's from its
        first on eight, four and two times.
    """

    name = "gans_in_action"

    width: int = identity(32, ge=1)

    def pair(self) -> Pair:
        """D halves the side to 4×4; the middle convolution of G keeps it."""
        image = (1, 28, 28)
        return Pair(
            discriminator=Network(
                self._discriminator(),
                takes=ImageInput(image),
                layers=("layer1", "layer2", "layer3"),
            ),
            generator=Network(
                self._generator(), takes=GeneratorSpec(z_dim=_Z_DIM, image_shape=image)
            ),
        )

    def _discriminator(self) -> nn.Module:
        """28 → 14 → 7 → 4, batch norm on all but the first."""
        w = self.width
        return named(
            layer1=named(**same_conv(1, w, 3, 2, 28), activation=nn.LeakyReLU(_SLOPE)),
            layer2=named(
                **same_conv(w, 2 * w, 3, 2, 14),
                norm=batch_norm(2 * w),
                activation=nn.LeakyReLU(_SLOPE),
            ),
            layer3=named(
                **same_conv(2 * w, 4 * w, 3, 2, 7),
                norm=batch_norm(4 * w),
                activation=nn.LeakyReLU(_SLOPE),
            ),
            flatten=nn.Flatten(),
            head=nn.Linear(4 * w * 4 * 4, 1),
        )

    def _generator(self) -> nn.Module:
        """7 → 14 → 14 → 28."""
        w = self.width
        return named(
            project=named(
                linear=nn.Linear(_Z_DIM, 8 * w * 7 * 7), maps=nn.Unflatten(1, (8 * w, 7, 7))
            ),
            layer1=named(
                **same_transposed(8 * w, 4 * w, 3, 2, 7),
                norm=batch_norm(4 * w),
                activation=nn.LeakyReLU(_SLOPE),
            ),
            layer2=named(
                **same_transposed(4 * w, 2 * w, 3, 1, 14),
                norm=batch_norm(2 * w),
                activation=nn.LeakyReLU(_SLOPE),
            ),
            layer3=named(**same_transposed(2 * w, 1, 3, 2, 14), activation=nn.Tanh()),
        )


FAMILY = GansInAction
