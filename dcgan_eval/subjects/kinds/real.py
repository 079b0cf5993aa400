"""The training images as they are, as a source of labelled samples."""

from __future__ import annotations

from typing_extensions import override

from dcgan_eval.core import Subject
from dcgan_eval.samples import RealSource
from dcgan_eval.subjects.settings import Place, SubjectSettings


class RealSettings(SubjectSettings):
    """Settings of ``kind: real``: none but the base's."""

    @override
    def make(self, part: int, place: Place) -> list[Subject]:
        return [RealSource(self.name or "real data")]


SUBJECT = RealSettings
