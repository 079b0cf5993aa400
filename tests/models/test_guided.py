"""Gradients of layers: plain against differences, guided against NumPy's loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from dcgan_eval.models import Encoder, Preprocess, gradients, load_encoder, rectifiers
from tests.make.networks import randomise

Floats = NDArray[np.float64]
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 9, 8, 1), np.uint8)


def network(slope: float = 0.2) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.LeakyReLU(slope) if slope else nn.ReLU(inplace=True),
        nn.Conv2d(4, 5, 3, stride=2),
        nn.BatchNorm2d(5),
        nn.LeakyReLU(slope) if slope else nn.ReLU(inplace=True),
    )


def encoder(module: nn.Module, layer: str = "4") -> Encoder:
    return Encoder(randomise(module, "gradients"), [layer], (1, 9, 8))


def at(row: int, column: int):
    """All maps at one place."""
    return lambda maps: maps[:, :, row, column]


def conv(x: Floats, w: Floats, b: Floats, stride: int, padding: int) -> Floats:
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    side = w.shape[2]
    sides = [(size - side) // stride + 1 for size in x.shape[1:]]
    out = np.zeros((len(w), *sides))
    for o, i, j in np.ndindex(out.shape):
        seen = x[:, i * stride : i * stride + side, j * stride : j * stride + side]
        out[o, i, j] = (w[o] * seen).sum() + b[o]
    return out


def conv_back(r: Floats, w: Floats, shape: tuple[int, ...], stride: int, padding: int) -> Floats:
    back = np.zeros((shape[0], shape[1] + 2 * padding, shape[2] + 2 * padding))
    side = w.shape[2]
    for o, i, j in np.ndindex(r.shape):
        place = back[:, i * stride : i * stride + side, j * stride : j * stride + side]
        place += r[o, i, j] * w[o]
    return back[:, padding : shape[1] + padding, padding : shape[2] + padding]


def guided_by_loops(module: nn.Sequential, image: NDArray[np.uint8], place, slope: float):
    """Springenberg's rule, step by step back from a place of the last layer."""
    w = {name: one.double().numpy() for name, one in module.state_dict().items()}
    x = image.transpose(2, 0, 1) / 127.5 - 1
    first = conv(x, w["0.weight"], w["0.bias"], 1, 1)
    second = conv(np.where(first > 0, first, slope * first), w["2.weight"], w["2.bias"], 2, 0)
    scale = w["3.weight"] / np.sqrt(w["3.running_var"] + module[3].eps)
    shift = w["3.bias"] - scale * w["3.running_mean"]
    third = scale[:, None, None] * second + shift[:, None, None]
    r = np.zeros_like(third)
    r[place] = 1
    r = np.where(third > 0, np.maximum(r, 0), 0)
    r = conv_back(scale[:, None, None] * r, w["2.weight"], first.shape, 2, 0)
    r = np.where(first > 0, np.maximum(r, 0), 0)
    return conv_back(r, w["0.weight"], x.shape, 1, 1).transpose(1, 2, 0) / 127.5


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_the_guided_rule_is_that_of_loops(slope: float) -> None:
    module = network(slope)
    found = gradients(encoder(module), IMAGES, "4", at(1, 2), guided=True)
    silent = 0
    for number, image in enumerate(IMAGES):
        for channel in range(5):
            expected = guided_by_loops(module, image, (channel, 1, 2), slope)
            assert np.abs(found[channel, number].numpy() - expected).max() < 1e-6
            silent += not expected.any()
    assert 0 < silent < 15


def test_the_plain_gradient_is_that_of_differences() -> None:
    own = encoder(network())
    own.network.double()
    found = gradients(own, IMAGES, "4", at(1, 2), guided=False)
    pixels = torch.from_numpy(IMAGES).double()
    seen: list[torch.Tensor] = []

    def value(moved: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return own.network((moved / 127.5 - 1).permute(0, 3, 1, 2))[:, :, 1, 2]

    for y, x in ((0, 0), (4, 5), (6, 6)):
        moved = pixels.clone()
        moved[:, y, x] += 1e-3
        seen.append((value(moved) - value(pixels)) / 1e-3)
        assert torch.allclose(found[:, :, y, x, 0].T.double(), seen[-1], atol=1e-6)
    assert seen[1].abs().max() > 1e-4


def test_all_ways_to_rectify_are_guided_alike() -> None:
    """Modules, functions and methods, in place and not."""

    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = network(0.0)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = F.relu(self.body[0](x), inplace=True)
            return torch.relu_(self.body[3](self.body[2](x))).relu()

    module = Functional()
    own = Encoder(module, ["body.3"], (1, 9, 8))
    module.body.load_state_dict(randomise(network(0.0), "gradients").state_dict())
    whole, sequence = Encoder(module, ["."], (1, 9, 8)), encoder(network(0.0))
    assert rectifiers(whole, ".") == 3 and rectifiers(sequence, "4") == 2
    assert rectifiers(own, "body.3") == 1
    a = gradients(whole, IMAGES, ".", at(1, 2), guided=True)
    b = gradients(sequence, IMAGES, "4", at(1, 2), guided=True)
    assert torch.equal(a, b) and a.abs().max() > 0


def test_a_rectifier_that_the_rule_does_not_reach_is_none() -> None:
    class Careless(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = network(0.0)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.body[0](x)
            F.relu(x, inplace=True)
            return self.body[4](self.body[2](x))

    assert rectifiers(encoder(Careless(), "body.4"), "body.4") == 0
    tanh = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh())
    assert rectifiers(encoder(tanh, "1"), "1") == 0


def test_features_are_what_they_were_afterwards() -> None:
    own = load_encoder("zoo/digits_dcgan8.safetensors")
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 1), np.uint8)
    before = own.encode(images, ["layer3"], torch.clone)["layer3"]
    gradients(own, images, "layer3", at(0, 0), guided=True)
    assert torch.equal(own.encode(images, ["layer3"], torch.clone)["layer3"], before)


def test_images_of_another_size_have_gradients_of_their_own_size() -> None:
    own = Encoder(
        randomise(network(), "gradients"), ["4"], (1, 9, 8), Preprocess(resize="bilinear")
    )
    larger = IMAGES.repeat(2, axis=1).repeat(2, axis=2)
    found = gradients(own, larger, "4", at(1, 2), guided=False)
    assert found.shape == (5, 3, 18, 16, 1) and found.abs().max() > 0
