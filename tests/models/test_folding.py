"""Folding batch norm changes nothing but rounding, and is left out where it would."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from dcgan_eval.models import Encoder, random_encoder
from dcgan_eval.models.folding import fold_batch_norms
from tests.make.images import noise
from tests.make.networks import randomise

SHAPE = (3, 8, 8)


def norms(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


def assert_equal_features(encoder: Encoder, other: Encoder) -> None:
    channels, height, width = encoder.input_shape
    images = noise(4, height, width, channels)
    expected = encoder.encode(images, list(encoder.layers), torch.clone)
    found = other.encode(images, list(encoder.layers), torch.clone)
    for name, maps in expected.items():
        scale = float(maps.abs().max())
        np.testing.assert_allclose(found[name] / scale, maps / scale, atol=5e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("svhn32", {}),
        ("imagenet32", {}),
        ("dcgan8", {}),
        ("examples", {"side": 16, "ndf": 8, "bias": True}),
        ("tf_dcgan", {"width": 4}),
    ],
)
def test_folded_features_are_the_features(name: str, options: dict[str, int]) -> None:
    encoder = random_encoder(name, options, 0)
    encoder = encoder.with_network(randomise(encoder.network, name))
    before = copy.deepcopy(encoder.network.state_dict())
    folded = encoder.folded()
    assert norms(encoder.network) > 0
    assert norms(folded.network) == 0
    assert any(getattr(module, "inplace", False) for module in folded.network.modules())
    assert_equal_features(encoder, folded)
    assert folded.weights_hash == encoder.weights_hash
    for key, tensor in encoder.network.state_dict().items():
        assert torch.equal(tensor, before[key])


def test_a_layer_that_is_read_is_not_folded_away() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    for read in ("0", "1"):
        encoder = Encoder(randomise(network, read), [read], SHAPE)
        folded = encoder.folded()
        assert norms(folded.network) == 1
        assert_equal_features(encoder, folded)


def test_a_batch_norm_without_statistics_stays() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False))
    assert norms(fold_batch_norms(network.eval(), [])) == 1


class SharedConv(nn.Module):
    """One convolution under two batch norms."""

    def __init__(self) -> None:
        super().__init__()
        conv = nn.Conv2d(3, 3, 3, 1, 1)
        self.a = nn.Sequential(conv, nn.BatchNorm2d(3), nn.ReLU())
        self.b = nn.Sequential(conv, nn.BatchNorm2d(3), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.b(self.a(x))


class Skip(nn.Module):
    """Uses the parts of a sequence in another way than the sequence does."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 3, 3, 1, 1), nn.BatchNorm2d(3), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.body[0](x)
        return self.body[2](self.body[1](h)) + h


class SharedActivation(nn.Module):
    """The activation behind a convolution also works on something that is needed later."""

    def __init__(self) -> None:
        super().__init__()
        self.act = nn.ReLU()
        self.body = nn.Sequential(nn.Conv2d(3, 3, 3, 1, 1), self.act)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(x) + self.body(x) + x


class TwiceConv(nn.Conv2d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) ** 2


@pytest.mark.parametrize("make", [SharedConv, Skip, SharedActivation])
def test_unusual_networks_keep_their_features(make: type[nn.Module]) -> None:
    encoder = Encoder(randomise(make(), make.__name__), [""], SHAPE)
    assert_equal_features(encoder, encoder.folded())


def test_subclasses_are_not_folded() -> None:
    network = nn.Sequential(TwiceConv(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    encoder = Encoder(randomise(network, "subclass"), ["2"], SHAPE)
    assert norms(encoder.folded().network) == 1
    assert_equal_features(encoder, encoder.folded())
