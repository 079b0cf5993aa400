"""A network with random weights: what the architecture alone gives."""

from __future__ import annotations

from typing import Any

from dcgan_eval.core import execution, identity
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import random_encoder
from dcgan_eval.subjects.settings import EncoderSettings, Place


class NetworkSettings(EncoderSettings):
    """Settings of ``kind: network``.

    Attributes
    ----------
    network
        Family of the network, a file in ``models/families/``.
    options
        Settings of the family, such as ``width``.
    seeds
        How many independent initialisations; seed k is the same whatever this number is.
    """

    network: str = identity()
    options: dict[str, Any] = identity({})
    seeds: int = execution(1, ge=1, le=1000)

    def parts(self, place: Place) -> int:
        """One a seed."""
        return self.seeds

    def representation(self, part: int, place: Place) -> EncoderRepresentation:
        """The network of one seed."""
        name = self.name or f"random {self.network}"
        return EncoderRepresentation(
            random_encoder(self.network, self.options, part),
            kind=self.kind,
            name=name if self.seeds == 1 else f"{name}, seed {part}",
            layers=self.layers,
            grid=self.grid,
            batch_norm=self.batch_norm,
            small_maps=self.small_maps,
            method=name,
            seed=part,
        )


SUBJECT = NetworkSettings
