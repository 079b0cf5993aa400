"""The paper's class-conditional 28×28 pair: the label is joined to every layer's input.

Source: arXiv 1511.06434, appendix 8.1, and its authors' code: batch norm without scale and shift,
batch statistics also when sampling, pixels in [0, 1], z of 100 uniform in [−1, 1].
"""

from __future__ import annotations

import torch
from torch import nn

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import EPSILON, SLOPE
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.layers import join, labels_or_none_told, named
from dcgan_eval.models.network import Network, Pair

_SIDE = 28


class MnistConditional(NetworkFamily):
    """See the module; its fields are what the pair can vary.

    Attributes
    ----------
    width
        Maps of the first convolution of D and of the last block of G; the next has twice as many.
    dense
        Units of the dense layer.
    z_dim, n_classes
        Length of z, number of classes.
    """

    name = "mnist_conditional"

    width: int = identity(64, ge=1)
    dense: int = identity(1024, ge=1)
    z_dim: int = identity(100, ge=1)
    n_classes: int = identity(10, ge=2)

    def pair(self) -> Pair:
        """Sigmoid output; batch statistics also when sampling.

        Layers are the convolutions; the dense layer behind them is ``layer3``, without a map.
        """
        image = (1, _SIDE, _SIDE)
        return Pair(
            discriminator=Network(
                ConditionalDiscriminator(self),
                takes=ImageInput(image),
                layers=("layer1", "layer2"),
            ),
            generator=Network(
                ConditionalGenerator(self),
                takes=GeneratorSpec(
                    z_dim=self.z_dim,
                    z="uniform",
                    n_classes=self.n_classes,
                    label="one_hot",
                    output_range=(0.0, 1.0),
                    image_shape=image,
                    batch_statistics=True,
                ),
            ),
        )


class ConditionalDiscriminator(nn.Module):
    """Images and labels → logits (n, 1)."""

    # In ids, whatever the class is called.
    structure = "ConditionalDiscriminator"

    def __init__(self, pair: MnistConditional) -> None:
        super().__init__()
        width, classes = pair.width, pair.n_classes
        self.n_classes = classes
        self.layer1 = named(
            conv=nn.Conv2d(1 + classes, width, 5, 2, 2, bias=False),
            activation=nn.LeakyReLU(SLOPE),
        )
        self.layer2 = named(
            conv=nn.Conv2d(width + classes, 2 * width, 5, 2, 2, bias=False),
            norm=nn.BatchNorm2d(2 * width, eps=EPSILON, affine=False),
            activation=nn.LeakyReLU(SLOPE),
        )
        flat = 2 * width * (_SIDE // 4) ** 2
        self.layer3 = named(
            linear=nn.Linear(flat + classes, pair.dense, bias=False),
            norm=nn.BatchNorm1d(pair.dense, eps=EPSILON, affine=False),
            activation=nn.LeakyReLU(SLOPE),
        )
        self.head = nn.Linear(pair.dense + classes, 1, bias=False)

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Logits of images (n, 1, 28, 28) with one-hot labels (n, n_classes).

        Without labels, as when features are read, no class is told: zeros in their place.
        """
        y = labels_or_none_told(x, y, self.n_classes)
        h = self.layer1(join(x, y))
        h = self.layer2(join(h, y))
        h = self.layer3(join(h.flatten(1), y))
        logits: torch.Tensor = self.head(join(h, y))
        return logits


class ConditionalGenerator(nn.Module):
    """z and labels → images in [0, 1]."""

    def __init__(self, pair: MnistConditional) -> None:
        super().__init__()
        width, classes = pair.width, pair.n_classes
        side = _SIDE // 4
        self.dense = _normalised(
            nn.Linear(pair.z_dim + classes, pair.dense, bias=False), pair.dense
        )
        flat = 2 * width * side**2
        self.project = _normalised(nn.Linear(pair.dense + classes, flat, bias=False), flat)
        self.maps = nn.Unflatten(1, (2 * width, side, side))
        self.layer1 = named(
            conv=nn.ConvTranspose2d(2 * width + classes, width, 5, 2, 2, 1, bias=False),
            norm=nn.BatchNorm2d(width, eps=EPSILON, affine=False),
            activation=nn.ReLU(),
        )
        self.layer2 = named(
            conv=nn.ConvTranspose2d(width + classes, 1, 5, 2, 2, 1, bias=False),
            activation=nn.Sigmoid(),
        )

    def forward(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Images (n, 1, 28, 28) of z (n, z_dim) and one-hot labels (n, n_classes)."""
        h = self.dense(join(z, y))
        h = self.maps(self.project(join(h, y)))
        h = self.layer1(join(h, y))
        images: torch.Tensor = self.layer2(join(h, y))
        return images


def _normalised(linear: nn.Linear, units: int) -> nn.Sequential:
    """A dense layer, batch norm per unit without scale and shift, ReLU."""
    norm = nn.BatchNorm1d(units, eps=EPSILON, affine=False)
    return named(linear=linear, norm=norm, activation=nn.ReLU())


FAMILY = MnistConditional
