"""A class-conditional generator in a file, as a source of labelled samples."""

from __future__ import annotations

from typing import Any

from dcgan_eval.core import execution, identity
from dcgan_eval.features.kinds import RepresentationKind
from dcgan_eval.features.locate import find_checkpoints
from dcgan_eval.features.representation import Place, Representation, RepresentationSettings
from dcgan_eval.features.samples import GeneratorSource
from dcgan_eval.models import load_generator


class GeneratorKindSettings(RepresentationSettings):
    """Settings of ``kind: generator``.

    Attributes
    ----------
    path
        As in ``kind: checkpoint``.
    geometry
        What a state dict does not say: ``image``, ``slope``, ``output``, ``z``, ``label``.
    """

    path: str = execution()
    geometry: dict[str, Any] | None = identity(None)


class _Generator(RepresentationKind):
    """``kind: generator``."""

    settings = GeneratorKindSettings

    def make(self, settings: GeneratorKindSettings, place: Place) -> list[Representation]:
        """One source a file."""
        paths = find_checkpoints(settings.path, place)
        made: list[Representation] = []
        for path in paths:
            name = settings.name or path.stem
            made.append(
                GeneratorSource(
                    load_generator(path, geometry=settings.geometry),
                    kind=settings.kind,
                    name=f"{name}, {path.stem}" if len(paths) > 1 else name,
                    beyond_weights={"geometry": settings.geometry},
                )
            )
        return made


KIND = _Generator()
