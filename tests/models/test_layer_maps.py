"""In which layout a map seems to be."""

from __future__ import annotations

import pytest

from dcgan_eval.models.layer_maps import looks_otherwise


@pytest.mark.parametrize(
    ("shape", "image"),
    [
        ((96, 8, 8), (3, 32, 32)),
        ((8, 8, 8), (3, 32, 32)),
        ((1, 1, 1), (1, 28, 28)),
        ((512, 1, 1), (3, 32, 32)),
        ((16, 9, 17), (3, 33, 65)),
        ((16, 1, 1), (3, 8, 128)),
        ((3, 32, 32), (3, 32, 32)),
        ((64, 30, 30), (3, 32, 32)),
        ((64, 40, 2), (3, 128, 8)),
    ],
)
def test_maps_of_convolutions_look_channels_first(
    shape: tuple[int, int, int], image: tuple[int, int, int]
) -> None:
    assert not looks_otherwise(shape, "channels_first", image)


@pytest.mark.parametrize(
    ("shape", "image"),
    [
        ((8, 8, 96), (3, 32, 32)),
        ((1, 1, 768), (3, 32, 32)),
        ((7, 7, 768), (3, 224, 224)),
        ((9, 17, 24), (3, 33, 65)),
        ((16, 16, 3), (3, 32, 32)),
    ],
)
def test_maps_of_swin_look_channels_last(
    shape: tuple[int, int, int], image: tuple[int, int, int]
) -> None:
    assert looks_otherwise(shape, "channels_first", image)
    assert not looks_otherwise(shape, "channels_last", image)
    turned = (shape[2], shape[0], shape[1])
    assert looks_otherwise(turned, "channels_last", image)


def test_as_many_channels_as_columns_cannot_be_told() -> None:
    assert not looks_otherwise((8, 8, 8), "channels_first", (3, 32, 32))
    assert not looks_otherwise((8, 8, 8), "channels_last", (3, 32, 32))
