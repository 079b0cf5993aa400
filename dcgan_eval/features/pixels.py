"""Raw pixels, x/127.5 − 1, flattened: the floor that every representation has to leave."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.features.extraction import ImageRepresentation
from dcgan_eval.features.matrix import Spans
from dcgan_eval.features.representation import Extractor, State


class PixelRepresentation(ImageRepresentation):
    """Raw pixels as features, one layer called ``pixels``."""

    kind = "pixels"

    def __init__(self, name: str = "raw pixels") -> None:
        self.name = name

    def identity_values(self) -> dict[str, Any]:
        """Only the scaling, which is fixed."""
        return {"scale": "x/127.5-1"}

    def spans(self, image_shape: tuple[int, int, int]) -> Spans:
        """One column a pixel and channel."""
        height, width, channels = image_shape
        return {"pixels": (0, height * width * channels)}

    @override
    def extractor(self, state: State, device: str) -> Extractor:
        return _PixelExtractor()


class _PixelExtractor(Extractor):
    """See the module."""

    # A pixel is a byte and a float32; blocks of a megabyte or so always fit.
    block_bytes = 1 << 22

    def __call__(self, images: NDArray[np.uint8], out: NDArray[np.floating]) -> None:
        """Write channel, y, x in this order."""
        out[:] = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
        out /= 127.5
        out -= 1.0
