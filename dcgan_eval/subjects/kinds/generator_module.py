"""A generator of the user's code as a source of labelled samples."""

from __future__ import annotations

from typing import Any

from dcgan_eval.core import Subject, identity
from dcgan_eval.models import GeneratorSpec, generator_from_code
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.subjects.settings import Place, SubjectSettings


class GeneratorModuleSettings(SubjectSettings):
    """Settings of ``kind: generator_module``.

    Attributes
    ----------
    module
        As in ``kind: module``; the function returns a `torch.nn.Module`, called with z and the
        labels as ``spec.label`` says.
    arguments
        Keyword arguments of the function.
    spec
        What the network takes and gives: ``image_shape`` (channels, height, width), ``z_dim``,
        ``z``, ``n_classes``, ``label``, ``output_range``, ``batch_statistics``.
    """

    module: str = identity(pattern=r"^[\w.]+:[\w.]+$")
    arguments: dict[str, Any] = identity({})
    spec: GeneratorSpec = identity()

    def make(self, part: int, place: Place) -> list[Subject]:
        """One source, if the user's code is allowed to run."""
        drawn = generator_from_code(
            self.module,
            spec=self.spec,
            arguments=self.arguments,
            allow_code=place.allow_code,
            beside=place.beside,
        )
        return [GeneratorSource(drawn, kind=self.kind, name=self.name or self.module)]


SUBJECT = GeneratorModuleSettings
