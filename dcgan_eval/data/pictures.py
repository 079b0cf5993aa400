"""One image: from encoded bytes or an array to uint8 H×W×C, with 1 (grey) or 3 (RGB) channels."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from dcgan_eval.core import DataError, distrusted, read_regular
from dcgan_eval.data.settings import Resize
from dcgan_eval.data.sources import Picture, refuse_too_large

_FORMATS = ("PNG", "JPEG", "WEBP")
# Of the bytes of a file as well as of its pixels.
_MOST_BYTES = 1 << 28
_PNG = b"\x89PNG\r\n\x1a\n"
# Where a PNG says its bits and what its colours are, and how many channels that means.
_PNG_DEPTH_AT, _PNG_COLOURS_AT = 24, 25
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Deflate at its best stores 258 bytes in 2 bits.
_MOST_RATIO = 1032

# What EXIF's orientations (1 is upright) ask for, in the words of the standard's table: to mirror,
# to turn, or both. The same as PIL.ImageOps.exif_transpose, which would also write EXIF anew.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_picture(picture: Picture, channels: str, resize: Resize | None) -> NDArray[np.uint8]:
    """Decode one image and convert it.

    Parameters
    ----------
    picture
        Encoded bytes (PNG, JPEG, WebP), the path of such a file, or pixels.
    channels
        ``as_is``, ``grey`` or ``rgb``.
    resize
        Size to convert to, or None.

    Returns
    -------
    uint8 array, (height, width, channels)
        Upright: an encoded image is turned as its EXIF says.

    Raises
    ------
    DataError
        Not an image, a damaged or too large one, or a kind that has no exact uint8 grey or RGB
        form (transparency, 16 bits, CMYK, animation).
    """
    if isinstance(picture, np.ndarray):
        if channels == "as_is" and resize is None:
            return _checked_array(picture)
        return _converted(_from_array(picture), channels, resize)
    if isinstance(picture, Path):
        picture = _file_bytes(picture)
    with distrusted(DataError, "damaged, or not a PNG, JPEG or WebP image"):
        image = _decoded(picture)
    return _converted(image, channels, resize)


def _file_bytes(path: Path) -> bytes:
    """The bytes of an image file."""
    try:
        return read_regular(path, _MOST_BYTES)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}") from None


def _decoded(encoded: bytes) -> Image.Image:
    """Decode bytes to a Pillow image of mode L or RGB; size and kind are checked before."""
    if encoded[:8] == _PNG and encoded[_PNG_DEPTH_AT : _PNG_DEPTH_AT + 1] == b"\x10":
        # Pillow would drop the lower eight bits of 16-bit colours without a word.
        raise DataError("has 16 bits a channel; convert it to 8")
    with Image.open(io.BytesIO(encoded), formats=_FORMATS) as opened:
        image: Image.Image = opened
        width, height = image.size
        refuse_too_large(height, width)
        if encoded[:8] == _PNG:
            bits = encoded[_PNG_DEPTH_AT] * _PNG_CHANNELS.get(encoded[_PNG_COLOURS_AT], 1)
            if height * width * bits > 8 * _MOST_RATIO * len(encoded):
                raise DataError(
                    f"claims {width}×{height} pixels, which {len(encoded)} bytes cannot hold; the "
                    "file is damaged"
                )
        if getattr(image, "n_frames", 1) > 1:
            raise DataError("is an animation; expected one image")
        image.load()
        turn = _turn(image)
        if image.mode == "P":
            transparent = "transparency" in image.info
            image = image.convert("RGBA" if transparent else "RGB")
        elif image.mode in ("L", "RGB") and "transparency" in image.info:
            # One colour is declared transparent; what lies behind it is not known.
            image = image.convert("RGBA")
        if image.mode in ("RGBA", "LA", "PA"):
            if image.getchannel("A").getextrema() != (255, 255):
                raise DataError("is transparent in places; put it on a background first")
            image = image.convert("L" if image.mode == "LA" else "RGB")
        elif image.mode == "1":
            image = image.convert("L")
        if image.mode not in ("L", "RGB"):
            raise DataError(f"has pixels of kind {image.mode}; convert it to 8-bit grey or RGB")
        return image if turn is None else image.transpose(turn)


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What brings an image upright, if its EXIF asks for anything."""
    # EXIF that cannot be read asks for nothing: the pixels are whole without it.
    with suppress(Exception):
        return _UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return None


def _checked_array(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An array as H×W×C."""
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or pixels.dtype != np.uint8:
        raise DataError(
            f"has pixels of shape {pixels.shape} and type {pixels.dtype}; expected uint8,"
            " height × width × 1 (grey) or 3 (RGB)"
        )
    return pixels


def _from_array(pixels: NDArray[np.uint8]) -> Image.Image:
    """An array as a Pillow image."""
    pixels = _checked_array(pixels)
    if pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    return Image.fromarray(np.ascontiguousarray(pixels))


def _converted(image: Image.Image, channels: str, resize: Resize | None) -> NDArray[np.uint8]:
    """Channels first, then size; an image that has both already is not touched."""
    if channels != "as_is":
        mode = "L" if channels == "grey" else "RGB"
        image = image if image.mode == mode else image.convert(mode)
    if resize is not None and image.size != (resize.side, resize.side):
        image = _resized(image, resize)
    pixels = np.asarray(image, dtype=np.uint8)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _resized(image: Image.Image, resize: Resize) -> Image.Image:
    """Scale to a square, of the whole image or of its largest middle square."""
    side = resize.side
    box = None
    if resize.how == "center_crop":
        width, height = image.size
        short = min(width, height)
        left, top = (width - short) / 2, (height - short) / 2
        box = (left, top, left + short, top + short)
    return image.resize((side, side), Image.Resampling.BILINEAR, box=box)
