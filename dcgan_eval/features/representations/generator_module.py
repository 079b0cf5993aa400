"""A generator of the user's code as a source of labelled samples."""

from __future__ import annotations

from typing import Any

from dcgan_eval.core import identity
from dcgan_eval.features.kinds import RepresentationKind
from dcgan_eval.features.representation import Place, Representation, RepresentationSettings
from dcgan_eval.features.samples import GeneratorSource
from dcgan_eval.models import GeneratorSpec, generator_from_code


class GeneratorModuleSettings(RepresentationSettings):
    """Settings of ``kind: generator_module``.

    Attributes
    ----------
    module
        ``package.module:function``; the function returns a `torch.nn.Module`, called with z and
        the labels as ``spec.label`` says.
    arguments
        Keyword arguments of the function.
    spec
        What the network takes and gives: ``image_shape`` (channels, height, width), ``z_dim``,
        ``z``, ``n_classes``, ``label``, ``output_range``, ``batch_statistics``.
    """

    module: str = identity(pattern=r"^[\w.]+:[\w.]+$")
    arguments: dict[str, Any] = identity({})
    spec: GeneratorSpec = identity()


class _GeneratorModule(RepresentationKind):
    """``kind: generator_module``."""

    settings = GeneratorModuleSettings

    def make(self, settings: GeneratorModuleSettings, place: Place) -> list[Representation]:
        """One source, if the user's code is allowed to run."""
        drawn, beyond_weights = generator_from_code(
            settings.module,
            spec=settings.spec,
            arguments=settings.arguments,
            allow_code=place.allow_code,
        )
        return [
            GeneratorSource(
                drawn,
                kind=settings.kind,
                name=settings.name or settings.module,
                beyond_weights=beyond_weights,
            )
        ]


KIND = _GeneratorModule()
