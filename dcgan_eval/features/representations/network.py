"""A network with random weights: what the architecture alone gives."""

from __future__ import annotations

from typing import Any

from dcgan_eval.core import execution, identity
from dcgan_eval.features.encoding import EncoderRepresentation
from dcgan_eval.features.kinds import EncoderSettings, RepresentationKind
from dcgan_eval.features.representation import Place, Representation
from dcgan_eval.models import random_encoder


class NetworkSettings(EncoderSettings):
    """Settings of ``kind: network``.

    Attributes
    ----------
    network
        Family of the network, a file in ``models/networks/``.
    options
        Settings of the family, such as ``width``.
    seeds
        How many independent initialisations; seed k is the same whatever this number is.
    """

    network: str = identity()
    options: dict[str, Any] = identity({})
    seeds: int = execution(1, ge=1, le=1000)


class _Network(RepresentationKind):
    """``kind: network``."""

    settings = NetworkSettings

    def make(self, settings: NetworkSettings, place: Place) -> list[Representation]:
        """One representation a seed."""
        name = settings.name or f"random {settings.network}"
        return [
            EncoderRepresentation(
                random_encoder(settings.network, settings.options, seed),
                kind=settings.kind,
                name=name if settings.seeds == 1 else f"{name}, seed {seed}",
                layers=settings.layers,
                grid=settings.grid,
                batch_norm=settings.batch_norm,
                small_maps=settings.small_maps,
                method=name,
                seed=seed,
            )
            for seed in range(settings.seeds)
        ]


KIND = _Network()
