"""`Architecture`: a network that is still to be trained with labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from dcgan_eval.core import DataError, Subject
from dcgan_eval.data import ImageSet
from dcgan_eval.models import load_family


class Architecture(Subject):
    """The discriminator of a family, without weights.

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

    def build(self) -> nn.Module:
        """The network, its weights not drawn yet."""
        return self._family.pair().discriminator.module

    def check(self, images: ImageSet) -> None:
        """Refuse images of another shape than the network's."""
        channels, height, width = self._family.pair().discriminator.takes.shape
        if images.image_shape != (height, width, channels):
            raise DataError(
                f"{self.name}: images are {images.image_shape}, {self.network} takes "
                f"({height}, {width}, {channels}); set data.resize or data.channels"
            )
