"""A trained network in a file; a folder or a pattern of files is many, by training step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dcgan_eval.core import execution, identity
from dcgan_eval.features.encoding import EncoderRepresentation
from dcgan_eval.features.kinds import EncoderSettings, RepresentationKind
from dcgan_eval.features.locate import find_checkpoints, training_step
from dcgan_eval.features.representation import Place, Representation
from dcgan_eval.models import load_encoder


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


class _Checkpoint(RepresentationKind):
    """``kind: checkpoint``."""

    settings = CheckpointKindSettings

    def make(self, settings: CheckpointKindSettings, place: Place) -> list[Representation]:
        """One representation a file."""
        paths = find_checkpoints(settings.path, place)
        return [self._one(settings, path, len(paths) > 1) for path in paths]

    def _one(self, settings: CheckpointKindSettings, path: Path, several: bool) -> Representation:
        """The representation of one file."""
        name = settings.name or path.stem
        step = training_step(path) if several else None
        encoder = load_encoder(path, layers=settings.layers, geometry=settings.geometry)
        return EncoderRepresentation(
            encoder,
            kind=settings.kind,
            name=f"{name}, {path.stem}" if several else name,
            layers=settings.layers,
            grid=settings.grid,
            batch_norm=settings.batch_norm,
            small_maps=settings.small_maps,
            method=name if several else None,
            step=step,
        )


KIND = _Checkpoint()
