"""A class-conditional generator in a file, as a source of labelled samples."""

from __future__ import annotations

from typing import Any

from pydantic import SerializeAsAny, field_validator

from dcgan_eval.core import SettingsError, Subject, execution, identity, located
from dcgan_eval.features import Representation
from dcgan_eval.models import load_generator
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.subjects.locate import find_checkpoints, told_apart
from dcgan_eval.subjects.settings import EncoderSettings, Place, SubjectSettings, read_subject


class GeneratorKindSettings(SubjectSettings):
    """Settings of ``kind: generator``.

    Attributes
    ----------
    path
        As in ``kind: checkpoint``.
    geometry
        What a state dict does not say: ``image``, ``slope``, ``output``, ``z``, ``label``.
    encoder
        For studies: in whose features samples are measured, such as the discriminator of the pair;
        a path, or keys with ``kind`` as in ``representations:``.
    """

    kind: str = identity("generator")
    path: str = execution()
    geometry: dict[str, Any] | None = identity(None)
    encoder: SerializeAsAny[EncoderSettings] | None = identity(None, later=True)

    @field_validator("encoder", mode="before")
    @classmethod
    def _as_settings(cls, given: object) -> object:
        """A path is a checkpoint's; keys are those of any kind with a network."""
        if given is None or isinstance(given, SubjectSettings):
            return given
        keys = {"kind": "checkpoint", "path": given} if isinstance(given, str) else given
        read = read_subject(keys, at="encoder")
        if not isinstance(read, EncoderSettings):
            raise SettingsError(
                f"encoder: kind: {read.kind} has no network; leave encoder out to measure pixels"
            )
        if read.ablate:
            raise SettingsError("encoder.ablate has no effect here; remove it")
        return read

    def parts(self, place: Place) -> int:
        """One a file."""
        return len(find_checkpoints(self.path, place))

    def make(self, part: int, place: Place) -> list[Subject]:
        """The source of one file."""
        paths = find_checkpoints(self.path, place)
        return [
            GeneratorSource(
                load_generator(paths[part], geometry=self.geometry),
                kind=self.kind,
                name=told_apart(paths, part, self.name).name,
                beyond_weights={"geometry": self.geometry},
                encoder=self._encoder(place),
            )
        ]

    def _encoder(self, place: Place) -> Representation | None:
        """The encoder, where one is given."""
        if self.encoder is None:
            return None
        with located("encoder"):
            if self.encoder.parts(place) != 1:
                raise SettingsError("is several files or seeds; name one")
            return self.encoder.representation(0, place)


SUBJECT = GeneratorKindSettings
