"""Receptive fields against what moves a place of a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dcgan_eval.models import Encoder, gradients, random_encoder, receptive_field

CHAIN = nn.Sequential(
    nn.ZeroPad2d((0, 1, 2, 0)),
    nn.Conv2d(1, 2, (3, 5), padding="same"),
    nn.ReLU(),
    nn.AvgPool2d(3, 2, padding=1),
    nn.Conv2d(2, 2, 2, dilation=2, stride=(2, 1)),
    nn.MaxPool2d((1, 2)),
    nn.LeakyReLU(0.1),
)
NETWORKS: dict[str, tuple[Any, str]] = {
    "chain": (lambda: Encoder(CHAIN, ["4", "6"], (1, 21, 22)), "6"),
    "svhn32": (lambda: random_encoder("svhn32", {}, 0), "layer3"),
    "tf_dcgan": (lambda: random_encoder("tf_dcgan", {"width": 2}, 0), "layer3"),
    "keras_mnist": (lambda: random_encoder("keras_mnist", {}, 0), "layer2"),
    "examples": (lambda: random_encoder("examples", {"ndf": 4}, 0), "layer3"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_place_sees_its_window_and_nothing_else(name: str) -> None:
    make, layer = NETWORKS[name]
    encoder = make()
    for parameter in encoder.network.parameters():
        parameter.data.abs_().add_(1e-3)  # nothing cancels
    channels, height, width = encoder.input_shape
    field = receptive_field(encoder, layer)
    assert field is not None
    shape, most = encoder.layers[layer], 64 if name == "keras_mnist" else 6
    images = np.random.default_rng(0).integers(100, 156, (most, height, width, channels), np.uint8)
    for row, column in {(0, 0), (shape.height // 2, shape.width // 2), (shape.height - 1, 0)}:

        def place(maps: torch.Tensor, row: int = row, column: int = column) -> torch.Tensor:
            return maps[:, :, row, column].sum(1, keepdim=True)

        moved = gradients(encoder, images, layer, place, guided=False)[0].abs().sum((0, 3)) > 0
        for axis, at in enumerate((row, column)):
            first, last = field[axis].window(at)
            seen = torch.nonzero(moved.any(1 - axis)).flatten()
            assert seen[0] >= max(first, 0) and seen[-1] < min(last, moved.shape[axis])
            # A pool passes the gradient of its largest input alone.
            slack = 1 if name in ("chain", "keras_mnist") else 0
            assert seen[0] <= max(first, 0) + slack
            assert seen[-1] + 1 >= min(last, moved.shape[axis]) - slack


@pytest.mark.parametrize(("family", "options"), [("residual", {}), ("mnist_conditional", {})])
def test_where_branches_meet_it_is_not_known(family: str, options: dict[str, Any]) -> None:
    encoder = random_encoder(family, options, 0)
    assert receptive_field(encoder, next(iter(encoder.layers))) is None


def test_what_sees_all_places_is_not_known() -> None:
    for behind in (nn.GroupNorm(1, 3), nn.AdaptiveAvgPool2d(2), nn.Softmax2d()):
        layers = nn.Sequential(nn.Conv2d(1, 3, 3), behind)
        assert receptive_field(Encoder(layers, ["0", "1"], (1, 6, 6)), "1") is None

    class Shifted(nn.Conv2d):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x).flip(2)

    assert receptive_field(Encoder(Shifted(1, 2, 3), ["."], (1, 6, 6)), ".") is None
