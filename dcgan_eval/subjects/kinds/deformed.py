"""Training images, deformed at random, as a source of labelled samples: the hand-made rival."""

from __future__ import annotations

from typing_extensions import override

from dcgan_eval.core import Subject, identity
from dcgan_eval.samples import Deformation, DeformedSource
from dcgan_eval.subjects.settings import Place, SubjectSettings


class DeformedSettings(SubjectSettings):
    """Settings of ``kind: deformed``.

    Attributes
    ----------
    elastic, smoothness, thickness, shift
        See `dcgan_eval.samples.Deformation`.
    """

    elastic: float = identity(0.5, ge=0)
    smoothness: float = identity(4.0, gt=0)
    thickness: float = identity(0.5, ge=0)
    shift: int = identity(0, ge=0)

    @override
    def make(self, part: int, place: Place) -> list[Subject]:
        by = Deformation(self.elastic, self.smoothness, self.thickness, self.shift)
        return [DeformedSource(by, self.name or "deformed data")]


SUBJECT = DeformedSettings
