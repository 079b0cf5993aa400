"""The class-conditional MNIST pair of a TensorFlow tutorial: the label joins the input, once.

Its article says that D classifies, its code does not: `auxiliary` builds what the article says,
after arXiv 1610.09585. z of 100, standard normal; biases everywhere, as TensorFlow's layers have.
"""

from __future__ import annotations

import torch
from torch import nn

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import SLOPE
from dcgan_eval.models.families._tensorflow import batch_norm, same_conv, same_transposed
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.layers import join, labels_or_none_told, named
from dcgan_eval.models.network import Network, Pair

_Z_DIM = 100


class ConditionalTf(NetworkFamily):
    """See the module; its fields are what the pair can vary.

    Attributes
    ----------
    width
        Maps of the larger side (14×14); twice as many at 7×7.
    n_classes
        Number of classes.
    auxiliary
        Whether D is not told the class of an image but has to say it.
    """

    name = "conditional_tf"

    width: int = identity(128, ge=1)
    n_classes: int = identity(10, ge=2)
    auxiliary: bool = identity(False)

    def pair(self) -> Pair:
        """Stored statistics, tanh output."""
        image = (1, 28, 28)
        return Pair(
            discriminator=Network(
                JoinedDiscriminator(self), takes=ImageInput(image), layers=("layer1", "layer2")
            ),
            generator=Network(
                JoinedGenerator(self),
                takes=GeneratorSpec(
                    z_dim=_Z_DIM, n_classes=self.n_classes, label="one_hot", image_shape=image
                ),
            ),
        )


class JoinedDiscriminator(nn.Module):
    """Images and labels → logits (n, 1); images alone → (n, 1 + n_classes) with `auxiliary`."""

    # In ids, whatever the class is called.
    structure = "JoinedDiscriminator"

    def __init__(self, pair: ConditionalTf) -> None:
        super().__init__()
        w = pair.width
        self.told, said = (0, pair.n_classes) if pair.auxiliary else (pair.n_classes, 0)
        self.layer1 = named(**same_conv(1 + self.told, w, 5, 2, 28), activation=nn.LeakyReLU(SLOPE))
        self.layer2 = named(
            **same_conv(w, 2 * w, 5, 2, 14),
            norm=batch_norm(2 * w),
            activation=nn.LeakyReLU(SLOPE),
        )
        self.head = nn.Conv2d(2 * w, 1 + said, 7)

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Logits of images (n, 1, 28, 28) with one-hot labels (n, n_classes).

        Without labels, as when features are read, no class is told: zeros in their place.
        """
        if self.told:
            x = join(x, labels_or_none_told(x, y, self.told))
        logits: torch.Tensor = self.head(self.layer2(self.layer1(x)))
        return logits.flatten(1)


class JoinedGenerator(nn.Module):
    """z and labels → images in [−1, 1]; 1 → 7 → 14 → 28."""

    def __init__(self, pair: ConditionalTf) -> None:
        super().__init__()
        w = pair.width
        self.layer1 = named(
            conv=nn.ConvTranspose2d(_Z_DIM + pair.n_classes, 2 * w, 7),
            norm=batch_norm(2 * w),
            activation=nn.LeakyReLU(SLOPE),
        )
        self.layer2 = named(
            **same_transposed(2 * w, w, 5, 2, 7),
            norm=batch_norm(w),
            activation=nn.LeakyReLU(SLOPE),
        )
        self.layer3 = named(**same_transposed(w, 1, 5, 2, 14), activation=nn.Tanh())

    def forward(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Images (n, 1, 28, 28) of z (n, 100) and one-hot labels (n, n_classes)."""
        h = join(z, y)[:, :, None, None]
        images: torch.Tensor = self.layer3(self.layer2(self.layer1(h)))
        return images


FAMILY = ConditionalTf
