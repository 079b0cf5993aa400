"""The MNIST pair of a Keras tutorial: tanh everywhere, max-pooling and upsampling for strides.

Source: mogoweb/aiexamples, tensorflow/gan/dcgan_mnist.py; z of 100, uniform in [−1, 1].
"""

from __future__ import annotations

from torch import nn

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._tensorflow import EPSILON, MOMENTUM
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.layers import named
from dcgan_eval.models.network import Network, Pair

_Z_DIM = 100


class KerasMnist(NetworkFamily):
    """See the module; its fields are what the pair can vary.

    Attributes
    ----------
    width
        Maps of D's first convolution and of G's last but one; the other has twice as many.
    dense
        Units of the dense layer in both.
    """

    name = "keras_mnist"

    width: int = identity(64, ge=1)
    dense: int = identity(1024, ge=1)

    def pair(self) -> Pair:
        """Layers are the pooled maps of 14 and 5; the dense layer behind them is ``layer3``."""
        image = (1, 28, 28)
        return Pair(
            discriminator=Network(
                self._discriminator(), takes=ImageInput(image), layers=("layer1", "layer2")
            ),
            generator=Network(
                self._generator(), takes=GeneratorSpec(z_dim=_Z_DIM, z="uniform", image_shape=image)
            ),
        )

    def _discriminator(self) -> nn.Module:
        """28 → 14 → (valid) 10 → 5."""
        return named(
            layer1=named(
                conv=nn.Conv2d(1, self.width, 5, padding=2),
                activation=nn.Tanh(),
                pool=nn.MaxPool2d(2),
            ),
            layer2=named(
                conv=nn.Conv2d(self.width, 2 * self.width, 5),
                activation=nn.Tanh(),
                pool=nn.MaxPool2d(2),
            ),
            flatten=nn.Flatten(),
            layer3=named(
                linear=nn.Linear(2 * self.width * 5 * 5, self.dense), activation=nn.Tanh()
            ),
            head=nn.Linear(self.dense, 1),
        )

    def _generator(self) -> nn.Module:
        """Batch norm once, per unit of the flat vector."""
        units = 2 * self.width * 7 * 7
        return named(
            dense=named(linear=nn.Linear(_Z_DIM, self.dense), activation=nn.Tanh()),
            project=named(
                linear=nn.Linear(self.dense, units),
                norm=nn.BatchNorm1d(units, EPSILON, MOMENTUM),
                activation=nn.Tanh(),
                maps=nn.Unflatten(1, (2 * self.width, 7, 7)),
            ),
            layer1=named(
                up=nn.Upsample(scale_factor=2),
                conv=nn.Conv2d(2 * self.width, self.width, 5, padding=2),
                activation=nn.Tanh(),
            ),
            layer2=named(
                up=nn.Upsample(scale_factor=2),
                conv=nn.Conv2d(self.width, 1, 5, padding=2),
                activation=nn.Tanh(),
            ),
        )


FAMILY = KerasMnist
