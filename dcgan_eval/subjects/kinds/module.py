"""Any `torch.nn.Module` of the user's: ``module: package.module:function`` and layer names."""

from __future__ import annotations

from typing import Any, Literal

from dcgan_eval.core import identity
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import Preprocess, encoder_from_code
from dcgan_eval.subjects.settings import EncoderSettings, Place


class ModuleSettings(EncoderSettings):
    """Settings of ``kind: module``.

    Attributes
    ----------
    module
        ``package.module:function``, looked for from the working folder, then beside the pipeline;
        the function returns a `torch.nn.Module`.
    arguments
        Keyword arguments of the function.
    input
        Channels, height, width.
    layers
        Names of submodules, as in ``named_modules()``.
    preprocess
        ``mean`` and ``std`` in units of pixels in [0, 1].
    layout
        Whether the layers' maps are ``channels_first`` (n, channels, height, width) or
        ``channels_last`` (n, height, width, channels, as Swin's).
    """

    module: str = identity(pattern=r"^[\w.]+:[\w.]+$")
    arguments: dict[str, Any] = identity({})
    input: tuple[int, int, int] = identity()
    layers: tuple[str, ...] = identity()
    preprocess: Preprocess = identity(Preprocess())
    layout: Literal["channels_first", "channels_last"] = identity("channels_first")

    def representation(self, part: int, place: Place) -> EncoderRepresentation:
        """One representation, if the user's code is allowed to run."""
        encoder = encoder_from_code(
            self.module,
            layers=self.layers,
            input_shape=self.input,
            preprocess=self.preprocess,
            arguments=self.arguments,
            allow_code=place.allow_code,
            beside=place.beside,
            layout=self.layout,
        )
        return EncoderRepresentation(
            encoder,
            kind=self.kind,
            name=self.name or self.module,
            pooling=self.pooling(),
            batch_norm=self.batch_norm,
        )


SUBJECT = ModuleSettings
