"""Any `torch.nn.Module` of the user's: ``module: package.module:function`` and layer names."""

from __future__ import annotations

from typing import Any

from dcgan_eval.core import identity
from dcgan_eval.features.encoding import EncoderRepresentation
from dcgan_eval.features.kinds import EncoderSettings, RepresentationKind
from dcgan_eval.features.representation import Place, Representation
from dcgan_eval.models import Preprocess, encoder_from_code


class ModuleSettings(EncoderSettings):
    """Settings of ``kind: module``.

    Attributes
    ----------
    module
        ``package.module:function``; the function returns a `torch.nn.Module`.
    arguments
        Keyword arguments of the function.
    input
        Channels, height, width.
    layers
        Names of submodules, as in ``named_modules()``.
    preprocess
        ``mean`` and ``std`` in units of pixels in [0, 1].
    """

    module: str = identity(pattern=r"^[\w.]+:[\w.]+$")
    arguments: dict[str, Any] = identity({})
    input: tuple[int, int, int] = identity()
    layers: tuple[str, ...] = identity()
    preprocess: Preprocess = identity(Preprocess())


class _Module(RepresentationKind):
    """``kind: module``."""

    settings = ModuleSettings

    def make(self, settings: ModuleSettings, place: Place) -> list[Representation]:
        """One representation, if the user's code is allowed to run."""
        encoder = encoder_from_code(
            settings.module,
            layers=settings.layers,
            input_shape=settings.input,
            preprocess=settings.preprocess,
            arguments=settings.arguments,
            allow_code=place.allow_code,
        )
        return [
            EncoderRepresentation(
                encoder,
                kind=settings.kind,
                name=settings.name or settings.module,
                layers=settings.layers,
                grid=settings.grid,
                batch_norm=settings.batch_norm,
                small_maps=settings.small_maps,
            )
        ]


KIND = _Module()
