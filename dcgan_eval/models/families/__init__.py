"""Families of networks: what a family is, and the folder of all: one file a family."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch.nn.modules.batchnorm import _BatchNorm

from dcgan_eval.core import Folder, Settings, build, located, subclasses_of
from dcgan_eval.models.encoder import Encoder
from dcgan_eval.models.network import Pair
from dcgan_eval.models.weights import Initialisation, initialise


class NetworkFamily(Settings):
    """A discriminator and a generator that belong together; what they can vary are its fields.

    Attributes
    ----------
    name
        The family's, in the seeds of weights: never read off a file or a class.

    Examples
    --------
    >>> from torch import nn
    >>> from dcgan_eval.models import GeneratorSpec, ImageInput, Network, Pair
    >>> class Shallow(NetworkFamily):
    ...     name = "shallow"
    ...
    ...     def pair(self) -> Pair:
    ...         D = nn.Sequential(nn.Conv2d(1, 4, 4, 4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 1))
    ...         G = nn.Sequential(nn.Linear(8, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
    ...         return Pair(
    ...             Network(D, takes=ImageInput((1, 8, 8)), layers=("1",)),
    ...             Network(G, takes=GeneratorSpec(z_dim=8, image_shape=(1, 8, 8))),
    ...         )
    >>> Shallow().pair().discriminator.layers
    ('1',)
    """

    name: ClassVar[str]

    @abstractmethod
    def pair(self) -> Pair:
        """Build both, by plain torch, with whatever weights torch gives them.

        The discriminator maps images (n, channels, height, width) to logits (n, 1), or to (n, 1 +
        n_classes) where an auxiliary classifier stands behind the first; the generator z (n, z_dim)
        to images. Those of a conditional pair take one-hot labels (n, n_classes), too; the
        discriminator does without them where features are read. What an option changes and no
        weight shows is `Network.beyond_weights`. Modules may name what identities call them as
        ``structure``, and draw in training from `Dropout` alone.
        """


FAMILIES = Folder(
    "dcgan_eval.models.families", "FAMILY", "network", subclasses_of(NetworkFamily), "families"
)


def load_family(name: object, options: Mapping[str, Any] = {}) -> NetworkFamily:
    """The family of a name with these options.

    Parameters
    ----------
    name
        A file in ``models/families/``.
    options
        Values of the family's fields; what is not given is as usual.

    Examples
    --------
    >>> load_family("dcgan28", {"width": 8}).pair().discriminator.layers
    ('layer1', 'layer2')
    """
    family = FAMILIES.load(name)
    with located("network"):
        return build(family, options, at="options")


def random_encoder(
    name: str, options: Mapping[str, Any], seed: int, initialisation: Initialisation = "normal"
) -> Encoder:
    """A family's discriminator with random weights.

    Parameters
    ----------
    name
        A file in ``models/families/``.
    options
        Values of the family's fields.
    seed
        Which weights; seed k is the same wherever it is asked for.
    initialisation
        How they are drawn; see `dcgan_eval.models.initialise`.

    Examples
    --------
    >>> random_encoder("dcgan8", {}, seed=0).layers["layer3"]
    LayerShape(channels=64, height=4, width=4)
    """
    family = load_family(name, options)
    network = family.pair().discriminator
    with located(f"network {name}"):
        initialise(network.module, family.name, "discriminator", seed, how=initialisation)
    return Encoder(
        network.module,
        network.layers,
        network.takes.shape,
        network.takes.preprocess,
        missing_statistics=any(isinstance(part, _BatchNorm) for part in network.module.modules()),
        beyond_weights=network.beyond_weights,
    )
