"""A class-conditional generator in a file, as a source of labelled samples."""

from __future__ import annotations

from typing import Any

from dcgan_eval.core import Subject, execution, identity
from dcgan_eval.models import load_generator
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.subjects.locate import find_checkpoints
from dcgan_eval.subjects.settings import Place, SubjectSettings


class GeneratorKindSettings(SubjectSettings):
    """Settings of ``kind: generator``.

    Attributes
    ----------
    path
        As in ``kind: checkpoint``.
    geometry
        What a state dict does not say: ``image``, ``slope``, ``output``, ``z``, ``label``.
    """

    kind: str = identity("generator")
    path: str = execution()
    geometry: dict[str, Any] | None = identity(None)

    def parts(self, place: Place) -> int:
        """One a file."""
        return len(find_checkpoints(self.path, place))

    def make(self, part: int, place: Place) -> list[Subject]:
        """The source of one file."""
        paths = find_checkpoints(self.path, place)
        path = paths[part]
        name = self.name or path.stem
        return [
            GeneratorSource(
                load_generator(path, geometry=self.geometry),
                kind=self.kind,
                name=f"{name}, {path.stem}" if len(paths) > 1 else name,
                beyond_weights={"geometry": self.geometry},
            )
        ]


SUBJECT = GeneratorKindSettings
