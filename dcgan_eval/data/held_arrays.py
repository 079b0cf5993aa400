"""Arrays that people hold: pixels as bytes, labels as class numbers, and one line for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError
from dcgan_eval.data.sources import integer_labels

FloatMeaning = Literal["unit"]
"""What floats mean: ``unit``, pixels in [0, 1]."""


def as_array(images: object, pixels: FloatMeaning | None) -> NDArray[np.uint8]:
    """Images as a uint8 array, (n, height, width) or (n, height, width, channels).

    Raises
    ------
    DataError
        Another shape; floats where `pixels` does not say what they mean, or outside [0, 1].
    """
    found = as_plain(images)
    if found.ndim == 4 and found.shape[3] not in (1, 3) and found.shape[1] in (1, 3):
        if found is images:
            raise DataError(
                f"images are {found.shape}, channels before rows; give them as "
                "images.transpose(0, 2, 3, 1)"
            )
        found = found.transpose(0, 2, 3, 1)
    if found.ndim not in (3, 4) or (found.ndim == 4 and found.shape[3] not in (1, 3)):
        raise DataError(
            f"images are {found.shape}; expected N×H×W, or N×H×W×C with 1 (grey) or 3 (RGB) "
            "channels"
        )
    return _as_bytes(found, pixels)


def as_image(image: object, pixels: FloatMeaning | None) -> NDArray[np.uint8] | bytes:
    """One image as uint8 pixels, (height, width) or (height, width, channels), or encoded."""
    if isinstance(image, bytes):
        return image
    if isinstance(image, Mapping) and isinstance(image.get("bytes"), bytes):
        encoded: bytes = image["bytes"]
        return encoded
    mode = getattr(image, "mode", None)
    if isinstance(mode, str):  # Pillow's
        if mode in ("1", "P"):
            image = image.convert("L" if mode == "1" else "RGB")  # type: ignore[attr-defined]
        elif mode not in ("L", "RGB"):
            raise DataError(f"has pixels of kind {mode}; convert it to 8-bit grey or RGB")
        return np.asarray(image, np.uint8)
    found = as_plain(image)
    if found.ndim == 3 and found.shape[2] not in (1, 3) and found.shape[0] in (1, 3):
        found = found.transpose(1, 2, 0)
    return _as_bytes(found, pixels)


def _as_bytes(images: NDArray[Any], pixels: FloatMeaning | None) -> NDArray[np.uint8]:
    """Pixels 0 … 255, of floats in [0, 1] the nearest."""
    if images.dtype == np.uint8:
        return images
    if not np.issubdtype(images.dtype, np.floating):
        raise DataError(
            f"pixels are {images.dtype}; expected uint8, 0 … 255: give images.astype('uint8') if "
            "that is what they are"
        )
    if pixels is None:
        raise DataError(
            f"pixels are {images.dtype}; give uint8, 0 … 255, or pixels='unit' if they lie in "
            "[0, 1]"
        )
    low, high = float(images.min()), float(images.max())
    if not (low >= 0 and high <= 1):  # a NaN is neither
        raise DataError(
            f"pixels lie in [{low:.4g}, {high:.4g}]; pixels='unit' takes [0, 1]: undo what "
            "normalised them"
        )
    scaled: NDArray[np.uint8] = np.rint(images * images.dtype.type(255)).astype(np.uint8)
    return scaled


def numbered(labels: object) -> tuple[NDArray[np.int64], tuple[str, ...] | None]:
    """Labels as class numbers, and the texts that they were, sorted; None where they were numbers.

    Raises
    ------
    DataError
        Neither whole numbers nor texts, one an image.
    """
    found = as_plain(labels)
    if found.ndim == 1 and (
        found.dtype.kind == "U"
        or (found.dtype.kind == "O" and all(isinstance(one, str) for one in found))
    ):
        names, numbers = np.unique(found.astype(str), return_inverse=True)
        return numbers.astype(np.int64), tuple(map(str, names))
    return integer_labels(found), None


def labels_array(labels: object) -> NDArray[Any]:
    """Labels alone, as whole numbers or texts, as they are kept in a file."""
    numbers, names = numbered(labels)
    return numbers if names is None else np.array(names)[numbers]


def as_plain(held: object) -> NDArray[Any]:
    """An array or tensor as an array; the same object where it is one."""
    if hasattr(held, "detach"):
        held = held.detach().cpu().numpy()
    elif isinstance(held, list | tuple):
        held = [one.item() if hasattr(one, "item") else one for one in held]
    try:
        return np.asarray(held)
    except ValueError as error:
        raise DataError(f"is no array ({error}); expected one value an image") from None
