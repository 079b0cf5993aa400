"""A permutation-invariant 28×28 pair: dense layers only, conditional or not.

The authors' own such network (arXiv 1511.06434, appendix 8.1) is not published; this is the usual
one: LeakyReLU(0.2) in D, ReLU in G with or without batch norm, tanh at the end.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

import torch
from pydantic import PositiveInt
from torch import nn

from dcgan_eval.core import identity
from dcgan_eval.models.families import NetworkFamily
from dcgan_eval.models.families._dcgan import SLOPE
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.layers import join, labels_or_none_told, named
from dcgan_eval.models.network import Network, Pair


class MnistMlp(NetworkFamily):
    """See the module; its fields are what the pair can vary.

    Attributes
    ----------
    side
        Of the grey, square images.
    hidden
        Units of D's dense layers; G has them in reverse order.
    z_dim, z
        Length and distribution of z.
    n_classes
        0: unconditional. Otherwise the one-hot label is joined to the input of both.
    batch_norm
        Whether G has batch norm behind each hidden layer.
    """

    name = "mnist_mlp"

    side: int = identity(28, ge=2)
    hidden: tuple[PositiveInt, ...] = identity((512, 256), min_length=1)
    z_dim: int = identity(100, ge=1)
    z: Literal["normal", "uniform"] = identity("normal")
    n_classes: int = identity(0, ge=0)
    batch_norm: bool = identity(True)

    def pair(self) -> Pair:
        """Tanh output; stored statistics, so that a sample does not depend on its neighbours.

        Layers are the hidden ones: maps of one pixel.
        """
        image = (1, self.side, self.side)
        return Pair(
            discriminator=Network(
                DenseDiscriminator(self),
                takes=ImageInput(image),
                layers=tuple(f"layer{number}" for number in range(1, len(self.hidden) + 1)),
            ),
            generator=Network(
                DenseGenerator(self),
                takes=GeneratorSpec(
                    z_dim=self.z_dim,
                    z=self.z,
                    n_classes=self.n_classes,
                    label="one_hot" if self.n_classes else "none",
                    image_shape=image,
                ),
            ),
        )


class DenseDiscriminator(nn.Module):
    """Images (and labels) → logits (n, 1)."""

    # In ids, whatever the class is called.
    structure = "DenseDiscriminator"

    def __init__(self, pair: MnistMlp) -> None:
        super().__init__()
        self.n_classes = pair.n_classes
        self.depth = len(pair.hidden)
        width = pair.side**2 + pair.n_classes
        for number, units in enumerate(pair.hidden, start=1):
            layer = named(linear=nn.Linear(width, units), activation=nn.LeakyReLU(SLOPE))
            self.add_module(f"layer{number}", layer)
            width = units
        self.head = nn.Linear(width, 1)

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Logits of images (n, 1, side, side) with one-hot labels (n, n_classes).

        Without labels, as when features are read, no class is told: zeros in their place.
        """
        h = x.flatten(1)
        if self.n_classes:
            h = join(h, labels_or_none_told(x, y, self.n_classes))
        for number in range(1, self.depth + 1):
            h = self.get_submodule(f"layer{number}")(h)
        logits: torch.Tensor = self.head(h)
        return logits


class DenseGenerator(nn.Module):
    """z (and labels) → images in [−1, 1]."""

    def __init__(self, pair: MnistMlp) -> None:
        super().__init__()
        width = pair.z_dim + pair.n_classes
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        for number, units in enumerate(reversed(pair.hidden), start=1):
            linear = nn.Linear(width, units, bias=not pair.batch_norm)
            norm = {"norm": nn.BatchNorm1d(units)} if pair.batch_norm else {}
            parts[f"layer{number}"] = named(linear=linear, **norm, activation=nn.ReLU())
            width = units
        head = nn.Linear(width, pair.side**2)
        image = nn.Unflatten(1, (1, pair.side, pair.side))
        self.body = named(**parts, head=head, activation=nn.Tanh(), image=image)

    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Images (n, 1, side, side) of z (n, z_dim) and one-hot labels (n, n_classes)."""
        images: torch.Tensor = self.body(z if y is None else join(z, y))
        return images


FAMILY = MnistMlp
