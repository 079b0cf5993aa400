"""Raw pixels: the floor that every representation has to leave."""

from __future__ import annotations

from dcgan_eval.core import Subject
from dcgan_eval.features import PixelRepresentation
from dcgan_eval.subjects.settings import Place, SubjectSettings


class PixelSettings(SubjectSettings):
    """Settings of ``kind: pixels``."""

    def make(self, part: int, place: Place) -> list[Subject]:
        """One representation."""
        return [PixelRepresentation(self.name or "raw pixels")]


SUBJECT = PixelSettings
