"""What is done to an image that stays the same image: duplicates that are planted."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan_eval.data import read_picture

Pixels = NDArray[np.uint8]


def _compressed(images: Pixels, quality: int) -> Pixels:
    """Stored as JPEG and read again; grey as grey, colour at half resolution (4:2:0)."""
    found = []
    for image in images:
        stream = io.BytesIO()
        Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image).save(
            stream, "JPEG", quality=quality
        )
        found.append(read_picture(stream.getvalue(), "as_is", None))
    return np.stack(found)


def _brightened(images: Pixels, factor: float) -> Pixels:
    """Pixels times a factor, rounded, at most 255."""
    return np.asarray(np.clip(np.rint(images * np.float32(factor)), 0, 255), np.uint8)


def _cropped(images: Pixels, part: int) -> Pixels:
    """Without one `part`-th of the sides at each edge, at least a pixel, and scaled back."""
    height, width = images.shape[1:3]
    top, left = max(1, height // part), max(1, width // part)
    inner = images[:, top : height - top, left : width - left]
    scaled = [
        Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image).resize(
            (width, height), Image.Resampling.BILINEAR
        )
        for image in inner
    ]
    return np.stack([np.asarray(image) for image in scaled]).reshape(images.shape)


def _flipped(images: Pixels) -> Pixels:
    """Left is right."""
    return np.ascontiguousarray(images[:, :, ::-1])


# A flip is another image to most purposes; it stands here for what a code says of it.
DISTORTIONS: Mapping[str, Callable[[Pixels], Pixels]] = {
    "jpeg 90": partial(_compressed, quality=90),
    "jpeg 75": partial(_compressed, quality=75),
    "jpeg 50": partial(_compressed, quality=50),
    "brighter": partial(_brightened, factor=1.1),
    "darker": partial(_brightened, factor=0.9),
    "cropped": partial(_cropped, part=32),
    "flipped": _flipped,
}
"""By name: images (n, height, width, channels), of one size, to as many of the same size."""
