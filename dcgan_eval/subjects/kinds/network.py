"""A network with random weights: what the architecture alone gives."""

from __future__ import annotations

from typing import Any

from dcgan_eval.core import execution, identity
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import Initialisation, random_encoder
from dcgan_eval.subjects.settings import EncoderSettings, Place, SubjectSettings


class RandomNetwork(EncoderSettings):
    """Settings of ``kind: network``.

    Attributes
    ----------
    network
        Family of the network, a file in ``models/families/``.
    options
        Settings of the family, such as ``width``.
    initialisation
        How weights are drawn, as in a recipe: ``normal``, ``truncated_normal``,
        ``glorot_uniform``.
    seeds
        How many independent initialisations; seed k is the same whatever this number is.
    **keys
        Those of `EncoderSettings`: ``layers``, ``grid``, ``pool``, ``gem_p``, ``gem_eps``,
        ``tokens``, ``prefix_tokens``, ``batch_norm``, ``small_maps``, ``ablate``, ``name``.

    Examples
    --------
    >>> from dcgan_eval import RandomNetwork, evaluate
    >>> subject = RandomNetwork("dcgan8", seeds=2, batch_norm="dataset", small_maps="keep")
    >>> few = {"train_size": 100, "grid": [0.01], "progress": False}
    >>> results = evaluate(subject, train="digits", test="digits", protocol="full_labels", **few)
    >>> [one.record.outcome.representation.seed for one in results]
    [0, 1]
    """

    kind: str = identity("network")
    network: str = identity()
    options: dict[str, Any] = identity({})
    initialisation: Initialisation = identity("normal", later=True)
    seeds: int = execution(1, ge=1, le=1000)

    def __init__(self, network: str, **keys: Any) -> None:
        """Take the network by its place; see the attributes."""
        SubjectSettings.__init__(self, network=network, **keys)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def parts(self, place: Place) -> int:
        """One a seed."""
        return self.seeds

    def representation(self, part: int, place: Place) -> EncoderRepresentation:
        """The network of one seed."""
        name = self.name or f"random {self.network}"
        return EncoderRepresentation(
            random_encoder(self.network, self.options, part, self.initialisation),
            kind=self.kind,
            name=name if self.seeds == 1 else f"{name}, seed {part}",
            layers=self.layers,
            pooling=self.pooling(),
            batch_norm=self.batch_norm,
            method=name,
            seed=part,
        )


SUBJECT = RandomNetwork
