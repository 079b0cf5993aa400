"""In which layout a map seems to be."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models.convnext import LayerNorm2d

from dcgan_eval.models import Encoder
from dcgan_eval.models.layer_maps import Layout, layout_of, looks_otherwise
from tests.make.images import noise
from tests.make.networks import randomise


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


class Turned(nn.Conv2d):
    """A convolution that gives channels last."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x).permute(0, 2, 3, 1)


class Same(nn.BatchNorm2d):
    """A class of its own that does what its parent does."""


@pytest.mark.parametrize(
    ("module", "known"),
    [
        (nn.Conv2d(3, 4, 1), "channels_first"),
        (Same(3), "channels_first"),
        (nn.AdaptiveAvgPool2d(2), "channels_first"),
        (nn.Linear(3, 4), "channels_last"),
        (nn.LayerNorm(3), "channels_last"),
        (
            nn.Sequential(nn.Conv2d(3, 4, 1), nn.Sequential(nn.ReLU(), nn.LayerNorm(4))),
            "channels_last",
        ),
        (LayerNorm2d(3), None),
        (Turned(3, 4, 1), None),
        (nn.LayerNorm((3, 4, 4)), None),
        (nn.ReLU(), None),
        (nn.Sequential(), None),
    ],
)
def test_what_torchs_own_parts_give_is_known(module: nn.Module, known: Layout | None) -> None:
    for usual in ("channels_first", "channels_last"):
        assert layout_of(module, usual) == (known or usual)


def test_known_parts_are_read_as_they_are_whatever_the_networks_layout() -> None:
    """As many channels as columns, where nothing else could tell."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 8, 1), nn.LayerNorm(8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.norm(self.conv(x).permute(0, 2, 3, 1))

    images = noise(3, 8, 8, 3)
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1
    for layout in ("channels_first", "channels_last"):
        network = randomise(Block(), "block").eval()
        encoder = Encoder(network, ["conv", "norm"], (3, 8, 8), layout=layout)
        found = encoder.encode(images, ["conv", "norm"], torch.clone)
        with torch.no_grad():
            torch.testing.assert_close(found["conv"], network.conv(x))
            torch.testing.assert_close(found["norm"], network(x).permute(0, 3, 1, 2))
