"""Pictures inside the page: pixels as PNG data addresses."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

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


def sample_grid(samples: NDArray[Any], columns: int = 10, most: int = 100) -> NDArray[np.uint8]:
    """Samples (n, height, width, channels) side by side with a pixel between, `columns` a line."""
    shown = np.asarray(samples[:most], dtype=np.uint8)
    n, height, width, channels = shown.shape
    lines = -(-n // columns)
    grid = np.full((lines * (height + 1), columns * (width + 1), channels), 255, dtype=np.uint8)
    for place, sample in enumerate(shown):
        y, x = divmod(place, columns)
        grid[y * (height + 1) :, x * (width + 1) :][:height, :width] = sample
    return grid[:-1, :-1]


def is_samples(array: NDArray[Any]) -> bool:
    """Whether an exhibit is a set of images."""
    return (
        array.dtype == np.uint8 and array.ndim == 4 and array.shape[3] in (1, 3) and len(array) > 0
    )
