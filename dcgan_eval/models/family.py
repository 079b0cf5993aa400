"""The contract of a family of networks, and the folder of all families."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from dcgan_eval.core import Folder, Settings, build, located, subclasses_of
from dcgan_eval.models.dcgan import initialise
from dcgan_eval.models.encoder import Encoder
from dcgan_eval.models.generator import GeneratorSpec


class NetworkFamily(Settings):
    """A discriminator and a generator that belong together; what they can vary are its fields.

    Attributes
    ----------
    name
        The family's, in the seeds of weights: never read off a file or a class.
    """

    name: ClassVar[str]

    @abstractmethod
    def discriminator(self) -> nn.Module:
        """Build the discriminator: (n, channels, height, width) → logits (n, 1).

        That of a conditional pair takes one-hot labels (n, n_classes), too, and does without them
        where features are read.
        """

    @abstractmethod
    def generator(self) -> nn.Module:
        """Build the generator: z (n, z_dim) → images (n, channels, height, width).

        That of a conditional pair takes one-hot labels (n, n_classes), too.
        """

    @property
    @abstractmethod
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height, width of the images."""

    @property
    @abstractmethod
    def generator_spec(self) -> GeneratorSpec:
        """What the generator takes and gives."""

    @property
    @abstractmethod
    def layers(self) -> tuple[str, ...]:
        """Layers of the discriminator, in order."""


NETWORKS = Folder(
    "dcgan_eval.models.networks", "NETWORK", "network", subclasses_of(NetworkFamily), "families"
)


def load_family(name: object, options: Mapping[str, Any] = {}) -> NetworkFamily:
    """The family of a name with these options.

    Parameters
    ----------
    name
        A file in ``models/networks/``.
    options
        Values of the family's fields; what is not given is as usual.
    """
    family = NETWORKS.load(name)
    with located("network"):
        return build(family, options, at="options")


def random_encoder(name: str, options: Mapping[str, Any], seed: int) -> Encoder:
    """A family's discriminator with random weights.

    Parameters
    ----------
    name
        A file in ``models/networks/``.
    options
        Values of the family's fields.
    seed
        Which initialisation; seed k is the same wherever it is asked for.
    """
    family = load_family(name, options)
    network = family.discriminator()
    initialise(network, family.name, "discriminator", seed)
    return Encoder(
        network,
        family.layers,
        family.input_shape,
        missing_statistics=any(isinstance(module, _BatchNorm) for module in network.modules()),
    )
