"""`Architecture`: a network that is still to be trained with labels, whatever its weights are."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import nn

from dcgan_eval.core import DataError, SettingsError, Subject
from dcgan_eval.data import ImageSet
from dcgan_eval.models import Encoder, Preprocess, copied, initialise, load_family


class Architecture(Subject):
    """A discriminator that a classifier is made of: see `Untrained` and `Pretrained`.

    Attributes
    ----------
    preprocess
        How uint8 pixels become its input.
    lacks_statistics
        Whether it has weights, but batch norms without statistics of their own.
    """

    preprocess: Preprocess = Preprocess()
    lacks_statistics: bool = False

    @abstractmethod
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height, width of an image."""

    @abstractmethod
    def begin(
        self, n_classes: int, dropout: nn.Module, *coordinates: str | int
    ) -> tuple[nn.Module, list[nn.Module]]:
        """Make the network that training begins with.

        Parameters
        ----------
        n_classes
            Outputs of the dense layer that stands in the place of the last one.
        dropout
            Put before it.
        *coordinates
            Name of the weights that are drawn (see `dcgan_eval.core.seed_for`).

        Returns
        -------
        network
            Of its own: whoever trains it changes nothing here.
        frozen
            Its parts that are not trained.

        Raises
        ------
        SettingsError
            The network does not end in a dense layer.
        """

    def check(self, images: ImageSet) -> None:
        """Refuse images of another shape than the network's."""
        channels, height, width = self.input_shape()
        if images.image_shape != (height, width, channels):
            raise DataError(
                f"{self.name}: images are {images.image_shape}, the network takes "
                f"({height}, {width}, {channels}); set data.resize or data.channels"
            )

    def _replace_head(self, network: nn.Module, n_classes: int, dropout: nn.Module) -> str:
        """Put dropout and a dense layer in the place of the last layer; the name of that place."""
        at: str
        at, last = list(network.named_modules())[-1]
        if not isinstance(last, nn.Linear):
            raise SettingsError(
                f"{self.name}: the network ends in {type(last).__name__}, a classifier needs a "
                "dense layer there; choose another network"
            )
        parent, _, child = at.rpartition(".")
        head = nn.Sequential(dropout, nn.Linear(last.in_features, n_classes))
        setattr(network.get_submodule(parent), child, head)
        return at


class Untrained(Architecture):
    """The discriminator of a family, from random weights.

    Parameters
    ----------
    network, options
        The family and its settings.
    name
        What tables call it.
    """

    kind = "architecture"

    def __init__(
        self, network: str, options: Mapping[str, Any] | None = None, name: str | None = None
    ) -> None:
        self.network, self.options = network, dict(options or {})
        self.name = name or f"supervised {network}"
        self._family = load_family(network, self.options)

    def identity_values(self) -> dict[str, Any]:
        """The family and its options."""
        return {"network": self.network, "options": self.options}

    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height, width of an image."""
        return self._family.pair().discriminator.takes.shape

    def begin(
        self, n_classes: int, dropout: nn.Module, *coordinates: str | int
    ) -> tuple[nn.Module, list[nn.Module]]:
        """Draw all weights; see `Architecture.begin`."""
        network = self._family.pair().discriminator.module
        self._replace_head(network, n_classes, dropout)
        initialise(network, *coordinates)
        return network, []


class Pretrained(Architecture):
    """A trained discriminator that is to be fine-tuned; its last layer is made anew.

    Parameters
    ----------
    encoder
        The network with its preprocessing.
    name, method, seed, step
        See `dcgan_eval.core.Subject`.
    trainable_layers
        How many of the encoder's layers are trained beside the new one, from the last; with None
        the whole network is. What stands before the first of them keeps weights and batch-norm
        statistics.

    Raises
    ------
    SettingsError
        More layers than there are.

    Examples
    --------
    >>> from dcgan_eval import load_encoder
    >>> encoder = load_encoder("zoo/digits_dcgan8.safetensors")
    >>> network, frozen = Pretrained(encoder, "last layer", 1).begin(10, nn.Identity(), "mine")
    >>> network.head[1]
    Linear(in_features=1024, out_features=10, bias=True)
    >>> [name for name, part in network.named_children() if part in frozen]
    ['layer1', 'layer2']
    """

    kind = "finetuned"

    def __init__(
        self,
        encoder: Encoder,
        name: str,
        trainable_layers: int | None = None,
        *,
        method: str | None = None,
        seed: int | None = None,
        step: int | None = None,
    ) -> None:
        if trainable_layers is not None and trainable_layers > len(encoder.layers):
            raise SettingsError(
                f"{name}: trainable_layers is {trainable_layers}, the network has "
                f"{', '.join(encoder.layers)}; give at most {len(encoder.layers)}, or leave it out "
                "to train all of it"
            )
        self.encoder, self.trainable_layers = encoder, trainable_layers
        self.name, self.method, self.seed, self.step = name, method, seed, step
        self.weights, self.assumed = encoder.weights_hash, encoder.assumed
        self.preprocess = encoder.preprocess
        self.lacks_statistics = encoder.missing_statistics

    def identity_values(self) -> dict[str, Any]:
        """Weights, preprocessing, and what is trained."""
        return {
            "weights": self.weights,
            "network": self.encoder.structure,
            "trainable_layers": self.trainable_layers,
            "preprocess": self.preprocess.identity_values(),
            "input": list(self.encoder.input_shape),
            **self.encoder.beyond_weights,
        }

    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height, width of an image."""
        return self.encoder.input_shape

    def begin(
        self, n_classes: int, dropout: nn.Module, *coordinates: str | int
    ) -> tuple[nn.Module, list[nn.Module]]:
        """Draw the weights of the new layer alone; see `Architecture.begin`."""
        network = copied(self.encoder.network).requires_grad_(True)
        head = self._replace_head(network, n_classes, dropout)
        initialise(network.get_submodule(head), *coordinates)
        if self.trainable_layers is None:
            return network, []
        first = [*self.encoder.layers, head][-1 - self.trainable_layers]
        return network, _before(network, first)


def _before(network: nn.Module, first: str) -> list[nn.Module]:
    """Parts registered before a part, without those that it lies in."""
    names = dict(network.named_modules())
    earlier = list(names)[: list(names).index(first)]
    return [names[name] for name in earlier if name and not first.startswith(f"{name}.")]
