"""Codes of images: bits of a layer against loops, equal pixels, blocks."""

from __future__ import annotations

import numpy as np

from dcgan_eval.core import Silent
from dcgan_eval.studies.hashing import (
    BITS,
    CodeBits,
    crops,
    differing_bits,
    images_codes,
    pixel_codes,
)
from tests.make.images import random_images

RNG = np.random.default_rng(0)


def test_a_bit_says_whether_a_unit_is_active() -> None:
    images = RNG.integers(0, 256, (3, 32, 32, 1), np.uint8)
    weight = RNG.normal(size=(BITS, 1024)).astype(np.float32)
    bias = RNG.normal(size=BITS).astype(np.float32)
    for threshold in (0.0, 5.0):
        codes = CodeBits(weight, bias, threshold)(images)
        assert codes.shape == (3, BITS // 8)
        for image, code in zip(images, codes, strict=True):
            for unit in range(BITS):
                x = image.ravel() / 127.5 - 1
                active = max(0.0, float(weight[unit] @ x + bias[unit])) > threshold
                assert (code[unit // 8] >> (7 - unit % 8)) & 1 == active


def test_crops_are_the_middle_in_32_by_32() -> None:
    images = RNG.integers(0, 256, (2, 40, 64, 3), np.uint8)
    ours = crops(images)
    assert ours.shape == (2, 32, 32, 3)
    images[:, :, :10] = 0
    images[:, :, -10:] = 255
    assert np.array_equal(crops(images), ours)
    small = ours.copy()
    assert crops(small) is small
    assert crops(np.full((1, 8, 8, 1), 77, np.uint8)).tolist() == [[[[77]] * 32] * 32]


def test_equal_pixels_have_one_code_and_others_another() -> None:
    images = RNG.integers(0, 256, (40, 32, 32, 3), np.uint8)
    images[7] = images[3]
    codes = pixel_codes(images)
    assert np.array_equal(codes[7], codes[3]) and len(np.unique(codes, axis=0)) == 39
    images[7, 0, 0, 0] += 1
    assert not np.array_equal(pixel_codes(images)[7], codes[3])


def test_codes_of_a_set_come_in_its_order() -> None:
    images = random_images(2100, seed=3)
    codes = images_codes(images, pixel_codes, Silent())
    for row in (0, 1023, 1024, 2099):
        assert np.array_equal(codes[row : row + 1], pixel_codes(crops(images.images(row, row + 1))))


def test_differing_bits_are_counted() -> None:
    a, b = RNG.integers(0, 256, (2, 5, BITS // 8), np.uint8)
    expected = [(np.unpackbits(x) != np.unpackbits(y)).sum() for x, y in zip(a, b, strict=True)]
    assert differing_bits(a, b).tolist() == expected
