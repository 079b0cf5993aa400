"""A network that is still to be trained: for protocols that train, there is nothing to extract."""

from __future__ import annotations

from typing import Any

from dcgan_eval.core import DataError, SettingsError, identity
from dcgan_eval.features.kinds import RepresentationKind
from dcgan_eval.features.matrix import Spans
from dcgan_eval.features.representation import (
    Extractor,
    Place,
    Representation,
    RepresentationSettings,
    State,
)
from dcgan_eval.models import family_settings, load_family


class ArchitectureSettings(RepresentationSettings):
    """Settings of ``kind: architecture``.

    Attributes
    ----------
    network
        Family of the network, a file in ``models/networks/``.
    options
        Settings of the family, such as ``width``.
    """

    network: str = identity()
    options: dict[str, Any] = identity({})


class Architecture(Representation):
    """The discriminator of a family, without weights.

    Parameters
    ----------
    network, options
        The family and its settings.
    name
        What tables call it.
    """

    kind = "architecture"
    has_features = False

    def __init__(self, network: str, options: dict[str, Any], name: str) -> None:
        self.network, self.options, self.name = network, options, name
        family = load_family(network)
        self.input_shape = family.input_shape(family_settings(network, options))

    def identity_values(self) -> dict[str, Any]:
        """The family and its options."""
        return {"network": self.network, "options": self.options}

    def spans(self, image_shape: tuple[int, int, int]) -> Spans:
        """No columns; images of another shape than the network's are refused."""
        channels, height, width = self.input_shape
        if image_shape != (height, width, channels):
            raise DataError(
                f"{self.name}: images are {image_shape}, {self.network} takes "
                f"({height}, {width}, {channels}); set data.resize or data.channels"
            )
        return {}

    def extractor(self, state: State, device: str) -> Extractor:
        """Refuse: there are no weights."""
        raise SettingsError(f"{self.name}: is still to be trained, it has no features")


class _Architecture(RepresentationKind):
    """``kind: architecture``."""

    settings = ArchitectureSettings

    def make(self, settings: ArchitectureSettings, place: Place) -> list[Representation]:
        """One representation."""
        name = settings.name or f"supervised {settings.network}"
        return [Architecture(settings.network, settings.options, name)]


KIND = _Architecture()
