"""A trained network in a file; a folder or a pattern of files is many, by training step."""

from __future__ import annotations

from typing import Any

from dcgan_eval.core import execution, identity
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import load_encoder
from dcgan_eval.subjects.locate import find_checkpoints, training_step
from dcgan_eval.subjects.settings import EncoderSettings, Place


class CheckpointKindSettings(EncoderSettings):
    """Settings of ``kind: checkpoint``.

    Attributes
    ----------
    path
        A file, a folder of checkpoints, or a pattern such as ``run/step_*.safetensors``; looked
        for from the working folder, then in the checkpoint roots. Not identity: the hash of the
        weights is.
    geometry
        What a state dict does not say (``input``, ``strides``, ``paddings``, ``slope``), where no
        known layout fits unambiguously.
    """

    path: str = execution()
    geometry: dict[str, Any] | None = identity(None)

    def parts(self, place: Place) -> int:
        """One a file."""
        return len(find_checkpoints(self.path, place))

    def representation(self, part: int, place: Place) -> EncoderRepresentation:
        """The network of one file."""
        paths = find_checkpoints(self.path, place)
        path, several = paths[part], len(paths) > 1
        name = self.name or path.stem
        return EncoderRepresentation(
            load_encoder(path, layers=self.layers, geometry=self.geometry),
            kind=self.kind,
            name=f"{name}, {path.stem}" if several else name,
            layers=self.layers,
            grid=self.grid,
            batch_norm=self.batch_norm,
            small_maps=self.small_maps,
            method=name if several else None,
            step=training_step(path) if several else None,
        )


SUBJECT = CheckpointKindSettings
