"""A trained network in a file; a folder or a pattern of files is many, by training step or seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dcgan_eval.core import execution, identity
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import load_encoder
from dcgan_eval.subjects.locate import find_checkpoints, told_apart
from dcgan_eval.subjects.settings import EncoderSettings, Place, SubjectSettings


class Checkpoint(EncoderSettings):
    """Settings of ``kind: checkpoint``.

    Attributes
    ----------
    path
        A file, a folder of checkpoints, or a pattern such as ``run/step_*.safetensors`` (steps)
        or ``runs/*/final.safetensors`` (trainings, which are seeds of one method where their cards
        name several); looked for from the working folder, then beside the pipeline, then in the
        checkpoint roots. Not identity: the hash of the weights is.
    geometry
        What a state dict does not say (``input``, ``strides``, ``paddings``, ``slope``), where no
        known layout fits unambiguously.
    **keys
        Those of `EncoderSettings`: ``layers``, ``grid``, ``pool``, ``gem_p``, ``gem_eps``,
        ``tokens``, ``prefix_tokens``, ``batch_norm``, ``small_maps``, ``ablate``, ``name``.

    Examples
    --------
    >>> from dcgan_eval import Checkpoint, evaluate
    >>> subject = Checkpoint("zoo/digits_dcgan8.safetensors", small_maps="keep")
    >>> few = {"train_size": 100, "grid": [0.01], "progress": False}
    >>> evaluate(subject, train="digits", test="digits", protocol="full_labels", **few)
    <Results: 1 record in ...>
    """

    kind: str = identity("checkpoint")
    path: str = execution()
    geometry: dict[str, Any] | None = identity(None)

    def __init__(self, path: str | Path, **keys: Any) -> None:
        """Take the path by its place; see the attributes."""
        SubjectSettings.__init__(self, path=str(path), **keys)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def parts(self, place: Place) -> int:
        """One a file."""
        return len(find_checkpoints(self.path, place))

    def representation(self, part: int, place: Place) -> EncoderRepresentation:
        """The network of one file."""
        paths = find_checkpoints(self.path, place)
        told = told_apart(paths, part, self.name)
        return EncoderRepresentation(
            load_encoder(paths[part], layers=self.layers, geometry=self.geometry),
            kind=self.kind,
            name=told.name,
            layers=self.layers,
            pooling=self.pooling(),
            batch_norm=self.batch_norm,
            method=told.method,
            seed=told.seed,
            step=told.step,
        )


SUBJECT = Checkpoint
