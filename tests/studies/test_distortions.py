"""Planted duplicates: the same image to the eye, other pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from dcgan_eval.studies.distortions import DISTORTIONS


def photo(channels: int, height: int = 32, width: int = 40) -> np.ndarray:
    """Smooth colours with an edge, two images."""
    y, x = np.mgrid[:height, :width] / width
    images = [
        np.stack([x, y, (x > 0.4) * 0.8], -1)[..., :channels] * 200 + 20 + 9 * i for i in (0, 1)
    ]
    return np.array(images).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", list(DISTORTIONS))
def test_shape_and_kind_stay_and_pixels_do_not(name: str, channels: int) -> None:
    images = photo(channels)
    found = DISTORTIONS[name](images)
    assert found.shape == images.shape and found.dtype == np.uint8
    assert not np.array_equal(found, images)
    away = np.abs(found.astype(float) - images).mean()
    assert away > 20 if name == "flipped" else away < 25


def test_each_is_what_its_name_says() -> None:
    images = photo(3)
    assert np.array_equal(DISTORTIONS["flipped"](images)[:, :, 0], images[:, :, -1])
    assert DISTORTIONS["brighter"](
        np.array([[[[100], [250], [4]]]], np.uint8)
    ).ravel().tolist() == [
        110,
        255,
        4,
    ]
    assert DISTORTIONS["darker"](np.array([[[[100]]]], np.uint8)).ravel().tolist() == [90]
    stream = io.BytesIO()
    Image.fromarray(images[1]).save(stream, "JPEG", quality=50)
    assert np.array_equal(DISTORTIONS["jpeg 50"](images)[1], np.asarray(Image.open(stream)))
    inner = Image.fromarray(images[0, 1:-1, 1:-1])
    expected = np.asarray(inner.resize((40, 32), Image.Resampling.BILINEAR))
    assert np.array_equal(DISTORTIONS["cropped"](images)[0], expected)
    large = np.zeros((1, 96, 128, 1), np.uint8)
    large[:, 3:-3, 4:-4] = 9
    assert (DISTORTIONS["cropped"](large) == 9).all()
