"""Raw pixels: the floor that every representation has to leave."""

from __future__ import annotations

from typing_extensions import override

from dcgan_eval.core import Subject, identity
from dcgan_eval.features import PixelRepresentation
from dcgan_eval.subjects.settings import Place, SubjectSettings


class Pixels(SubjectSettings):
    """Settings of ``kind: pixels``.

    Examples
    --------
    >>> from dcgan_eval import Pixels, evaluate
    >>> few = {"train_size": 100, "grid": [0.01], "progress": False}
    >>> results = evaluate(Pixels(), train="digits", test="digits", protocol="full_labels", **few)
    >>> results[0].record.outcome.representation.columns
    64
    """

    kind: str = identity("pixels")

    @override
    def make(self, part: int, place: Place) -> list[Subject]:
        return [PixelRepresentation(self.name or "raw pixels")]


SUBJECT = Pixels
