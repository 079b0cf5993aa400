"""The training images as they are, as a source of labelled samples."""

from __future__ import annotations

from dcgan_eval.core import Subject
from dcgan_eval.samples import RealSource
from dcgan_eval.subjects.settings import Place, SubjectSettings


class RealSettings(SubjectSettings):
    """Settings of ``kind: real``: none but the base's."""

    def make(self, part: int, place: Place) -> list[Subject]:
        """One source."""
        return [RealSource(self.name or "real data")]


SUBJECT = RealSettings
