from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from dcgan_eval.core import DataError
from dcgan_eval.data import Resize
from dcgan_eval.data.pictures import read_picture
from tests.make.images import encoded, noise

RGB, GREY = noise(1, 7, 9, 3)[0], noise(1, 7, 9)[0]


@pytest.mark.parametrize("options", [{"kind": "PNG"}, {"kind": "WEBP", "lossless": True}])
def test_lossless_images_come_back(options: dict[str, object]) -> None:
    assert np.array_equal(read_picture(encoded(RGB, **options), "as_is", None), RGB)


def turned(orientation: int, kind: str, **options: object) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(RGB, kind, exif=exif, **options)


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("JPEG", {}), ("WEBP", {})])
def test_an_image_is_turned_as_its_exif_says(
    orientation: int, kind: str, options: dict[str, object]
) -> None:
    data = turned(orientation, kind, **options)
    want = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    got = read_picture(data, "as_is", None)
    assert got.shape == ((9, 7, 3) if orientation in (5, 6, 7, 8) else (7, 9, 3))
    assert np.array_equal(got, want)


def test_a_palette_is_turned_too() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    want = Image.open(io.BytesIO(_as("P"))).convert("RGB").transpose(Image.Transpose.ROTATE_270)
    assert np.array_equal(read_picture(_as("P", exif=exif), "as_is", None), np.asarray(want))


def test_an_orientation_that_cannot_be_read_turns_nothing() -> None:
    data = encoded(RGB, "PNG", exif=b"Exif\0\0nothing of the kind")
    assert np.array_equal(read_picture(data, "as_is", None), RGB)


def test_grey_has_one_channel() -> None:
    assert np.array_equal(read_picture(encoded(GREY), "as_is", None), GREY[:, :, None])


def test_jpeg_is_pillows(tmp_path: Path) -> None:
    data = encoded(RGB, "JPEG")
    (tmp_path / "a.jpg").write_bytes(data)
    want = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(read_picture(tmp_path / "a.jpg", "as_is", None), want)


@pytest.mark.parametrize("picture", [encoded(RGB), RGB])
def test_channels_are_converted_when_asked(picture: bytes | np.ndarray) -> None:
    grey = read_picture(picture, "grey", None)
    luma = RGB @ np.array([0.299, 0.587, 0.114])
    assert grey.shape == (7, 9, 1) and abs(grey[:, :, 0] - luma).max() <= 1
    assert np.array_equal(read_picture(GREY, "rgb", None), np.repeat(GREY[:, :, None], 3, axis=2))


def _as(mode: str, **extra: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(RGB).convert(mode).save(stream, "PNG", **extra)
    return stream.getvalue()


def test_palettes_and_bits_are_unfolded() -> None:
    want = np.asarray(Image.open(io.BytesIO(_as("P"))).convert("RGB"))
    assert np.array_equal(read_picture(_as("P"), "as_is", None), want)
    assert set(np.unique(read_picture(_as("1"), "as_is", None))) <= {0, 255}


def test_full_opacity_is_dropped_and_transparency_refused() -> None:
    assert np.array_equal(read_picture(_as("RGBA"), "as_is", None), RGB)
    see_through = np.concatenate([RGB, np.full((7, 9, 1), 255, np.uint8)], axis=2)
    see_through[3, 4, 3] = 254
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    stream = io.BytesIO()
    palette.save(stream, "PNG", transparency=0)
    one_colour = encoded(np.zeros((4, 4, 3), np.uint8), transparency=(0, 0, 0))
    for picture in (encoded(see_through), stream.getvalue(), one_colour):
        with pytest.raises(DataError, match="transparent in places"):
            read_picture(picture, "rgb", None)


def _png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG written by hand, so that it can claim anything."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        size, check = struct.pack(">I", len(data)), struct.pack(">I", zlib.crc32(kind + data))
        return size + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_sixteen_bits_are_refused() -> None:
    for colour, channels in ((0, 1), (2, 3)):
        picture = _png(2, 1, 16, colour, b"\0" + bytes(2 * 2 * channels))
        with pytest.raises(DataError, match="16 bits a channel"):
            read_picture(picture, "as_is", None)


@pytest.mark.parametrize(
    ("side", "message"),
    [(200, "bytes cannot hold"), (5000, "cannot hold"), (6000, "at most"), (60_000, "damaged")],
)
def test_a_png_that_claims_to_be_huge_is_not_decoded(side: int, message: str) -> None:
    bomb = _png(side, side, 8, 2, b"")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with pytest.raises(DataError, match=message):
            read_picture(bomb, "as_is", None)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_a_png_of_one_colour_is_decoded(mode: str) -> None:
    """Nothing is smaller for its size."""
    data = io.BytesIO()
    Image.new(mode, (4000, 3000)).save(data, "PNG", optimize=True)
    assert not read_picture(data.getvalue(), "as_is", None).any()


def test_cmyk_animations_and_other_formats_are_refused() -> None:
    stream = io.BytesIO()
    Image.fromarray(RGB).convert("CMYK").save(stream, "JPEG")
    with pytest.raises(DataError, match="pixels of kind CMYK"):
        read_picture(stream.getvalue(), "as_is", None)
    frames = [Image.fromarray(image) for image in noise(2, 5, 5, 3)]
    stream = io.BytesIO()
    frames[0].save(stream, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    with pytest.raises(DataError, match="animation"):
        read_picture(stream.getvalue(), "as_is", None)
    with pytest.raises(DataError, match="not a PNG, JPEG or WebP"):
        read_picture(encoded(RGB, "BMP"), "as_is", None)


@pytest.mark.parametrize("shape", [(4, 4, 2), (4, 4, 4), (4,)])
def test_arrays_of_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="height × width"):
        read_picture(np.zeros(shape, np.uint8), "as_is", None)


def test_sizes_are_converted_as_pillow_does() -> None:
    image = Image.fromarray(RGB)
    stretched = np.asarray(image.resize((4, 4), Image.Resampling.BILINEAR))
    got = read_picture(RGB, "as_is", Resize(side=4, how="stretch"))
    assert np.array_equal(got, stretched)
    cropped = np.asarray(image.crop((1, 0, 8, 7)))
    assert np.array_equal(read_picture(RGB, "as_is", Resize(side=7, how="center_crop")), cropped)


def test_an_image_of_the_right_size_is_not_touched() -> None:
    square = noise(1, 6, 6, 3)[0]
    for how in ("stretch", "center_crop"):
        assert np.array_equal(read_picture(square, "as_is", Resize(side=6, how=how)), square)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([encoded(RGB), encoded(RGB, "JPEG"), encoded(RGB, "WEBP", lossless=True)]),
    st.data(),
)
def test_damaged_bytes_give_an_image_or_one_line(good: bytes, data: st.DataObject) -> None:
    bad = bytearray(good[: data.draw(st.integers(0, len(good)))])
    for place in data.draw(st.lists(st.integers(0, len(good) - 1), max_size=4)):
        if place < len(bad):
            bad[place] = data.draw(st.integers(0, 255))
    try:
        image = read_picture(bytes(bad), "as_is", None)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert image.dtype == np.uint8 and image.ndim == 3
