"""The pair that takes back the guidelines: each option undoes what it names, nothing else."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from dcgan_eval.models import load_family
from dcgan_eval.models.network import Pair

SIZES = [(28, 1), (32, 3)]


def pair(side: int = 28, channels: int = 1, **options: object) -> Pair:
    return load_family(
        "guidelines", {"side": side, "channels": channels, "width": 4, **options}
    ).pair()


def kinds(network: nn.Module) -> list[str]:
    """Names of the classes of what computes, in order."""
    return [type(part).__name__ for part in network.modules() if not list(part.children())]


@pytest.mark.parametrize(("side", "channels"), SIZES)
def test_as_it_is_it_follows_the_paper(side: int, channels: int) -> None:
    made = pair(side, channels)
    stages = 2 if side == 28 else 3
    D, G = kinds(made.discriminator.module), kinds(made.generator.module)
    block = ["Conv2d", "BatchNorm2d", "LeakyReLU"]
    assert ["Conv2d", "LeakyReLU", *block * (stages - 1), "Flatten", "Linear"] == D
    block = ["ConvTranspose2d", "BatchNorm2d", "ReLU"]
    start = ["Linear", "BatchNorm1d", "ReLU", "Unflatten"]
    assert [*start, *block * (stages - 1), "ConvTranspose2d", "Tanh"] == G
    for network in (made.discriminator.module, made.generator.module):
        weighted = [m for m in network.modules() if hasattr(m, "bias") and hasattr(m, "weight")]
        assert all((m.bias is None) != isinstance(m, _BatchNorm) for m in weighted)


@pytest.mark.parametrize(("side", "channels"), SIZES)
@pytest.mark.parametrize(
    "options",
    [
        {"resample": "pooling"},
        {"norm": "everywhere"},
        {"norm": "nowhere"},
        {"top": "dense"},
        {"top": "average"},
        {"activation": "tanh"},
    ],
)
def test_images_and_maps_keep_their_sides(
    side: int, channels: int, options: dict[str, str]
) -> None:
    made = pair(side, channels, **options)
    images = made.generator.module(torch.randn(5, 100))
    assert images.shape == (5, channels, side, side) and images.abs().max() <= 1
    assert made.discriminator.module(images).shape == (5, 1)
    seen: list[tuple[int, int]] = []
    for name in made.discriminator.layers:
        layer = made.discriminator.module.get_submodule(name)
        layer.register_forward_hook(lambda m, x, out: seen.append((out.shape[1], out.shape[2])))
    made.discriminator.module(images)
    assert seen == ([(4, 14), (8, 7)] if side == 28 else [(4, 16), (8, 8), (16, 4)])


def test_pooling_is_in_place_of_strides() -> None:
    made = pair(resample="pooling")
    D, G = kinds(made.discriminator.module), kinds(made.generator.module)
    assert D.count("MaxPool2d") == 2 and G.count("Upsample") == 2
    assert "ConvTranspose2d" not in G
    both = [*made.discriminator.module.modules(), *made.generator.module.modules()]
    assert all(part.stride == (1, 1) for part in both if isinstance(part, nn.Conv2d))


@pytest.mark.parametrize(
    ("norm", "of_d", "of_g"), [("paper", 1, 2), ("everywhere", 2, 3), ("nowhere", 0, 0)]
)
def test_batch_norm_stands_where_it_is_said_to(norm: str, of_d: int, of_g: int) -> None:
    made = pair(norm=norm)
    for network, n in ((made.discriminator.module, of_d), (made.generator.module, of_g)):
        assert sum(isinstance(part, _BatchNorm) for part in network.modules()) == n
        weighted = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        assert all((m.bias is not None) == (n == 0) for m in weighted)
    assert made.generator.takes.batch_statistics == (norm != "nowhere")


def test_tops() -> None:
    assert kinds(pair(top="average").discriminator.module)[-3:] == [
        "AdaptiveAvgPool2d",
        "Flatten",
        "Linear",
    ]
    dense = pair(top="dense")
    for network in (dense.discriminator.module, dense.generator.module):
        assert network.get_submodule("dense.linear").weight.shape[0] == 512
        assert isinstance(network.get_submodule("dense.norm"), nn.BatchNorm1d)


def test_tanh_is_in_place_of_every_rectifier() -> None:
    made = pair(activation="tanh")
    for network in (made.discriminator.module, made.generator.module):
        assert not {"ReLU", "LeakyReLU"} & set(kinds(network)) and "Tanh" in kinds(network)
