"""Pictures inside the page: pixels as PNG data addresses."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.records import Record

ImageFinder = Callable[[Record, NDArray[np.integer]], "NDArray[np.uint8] | None"]
"""Test images of a record by their rows (n, height, width, channels); None: not at hand."""


def png_address(image: NDArray[np.uint8]) -> str:
    """One image (height, width, channels or height, width) as a ``data:`` address."""
    from PIL import Image

    pixels = np.asarray(image, dtype=np.uint8)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
