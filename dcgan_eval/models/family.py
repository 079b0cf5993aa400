"""The contract of a family of networks, and the folder of all families."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from dcgan_eval.core import Folder, Settings, build, instances_of
from dcgan_eval.models.dcgan import initialise
from dcgan_eval.models.encoder import Encoder
from dcgan_eval.models.generator import GeneratorSpec


class NetworkFamily(ABC):
    """A discriminator and a generator that belong together.

    Attributes
    ----------
    settings
        What the family can vary (width, channels).
    """

    settings: ClassVar[type[Settings]]

    @abstractmethod
    def discriminator(self, settings: Any) -> nn.Module:
        """Build the discriminator: (n, channels, height, width) → logits (n, 1).

        That of a conditional pair takes one-hot labels (n, n_classes), too, and does without them
        where features are read.
        """

    @abstractmethod
    def generator(self, settings: Any) -> nn.Module:
        """Build the generator: z (n, z_dim) → images (n, channels, height, width).

        That of a conditional pair takes one-hot labels (n, n_classes), too.
        """

    @abstractmethod
    def input_shape(self, settings: Any) -> tuple[int, int, int]:
        """Channels, height, width of the images."""

    @abstractmethod
    def generator_spec(self, settings: Any) -> GeneratorSpec:
        """What the generator takes and gives."""

    @abstractmethod
    def layers(self, settings: Any) -> tuple[str, ...]:
        """Layers of the discriminator, in order."""


NETWORKS = Folder(
    "dcgan_eval.models.networks", "NETWORK", "network", instances_of(NetworkFamily), "families"
)


class NoOptions(Settings):
    """A family without anything to vary."""


def load_family(name: object, where: str = "") -> NetworkFamily:
    """The family of a name."""
    return NETWORKS.load(name, where)


def family_settings(name: str, options: Mapping[str, Any], where: str = "network") -> Settings:
    """Read the options of a family."""
    return build(load_family(name, where).settings, options, where, "options")


def random_encoder(name: str, options: Mapping[str, Any], seed: int) -> Encoder:
    """A family's discriminator with random weights.

    Parameters
    ----------
    name
        A file in ``models/networks/``.
    options
        The family's settings.
    seed
        Which initialisation; seed k is the same wherever it is asked for.
    """
    family = load_family(name)
    settings = family_settings(name, options)
    network = family.discriminator(settings)
    initialise(network, name, "discriminator", seed)
    return Encoder(
        network,
        family.layers(settings),
        family.input_shape(settings),
        missing_statistics=any(isinstance(module, _BatchNorm) for module in network.modules()),
    )
