"""The families: shapes as in the tables of the paper and its code, weights drawn as there."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from dcgan_eval.core import SettingsError
from dcgan_eval.models import (
    FAMILIES,
    Generator,
    LayerShape,
    initialise,
    load_family,
    random_encoder,
)
from tests.make.networks import randomise

pytestmark = pytest.mark.slow

TABLES = {
    "imagenet32": [(128, 32), (128, 16), (256, 16), (256, 8), (512, 8), (512, 4)],
    "svhn32": [(64, 16), (128, 8), (256, 4)],
    "dcgan64": [(128, 32), (256, 16), (512, 8), (1024, 4)],
    "examples": [(64, 32), (128, 16), (256, 8), (512, 4)],
    "dcgan8": [(32, 8), (64, 8), (64, 4)],
    "dcgan28": [(32, 14), (64, 7)],
    "mnist_conditional": [(64, 14), (128, 7)],
    "mnist_mlp": [(512, 1), (256, 1)],
    "keras_mnist": [(64, 14), (128, 5)],
    "gans_in_action": [(32, 14), (64, 7), (128, 4)],
    "tf_dcgan": [(128, 14), (256, 7), (512, 4)],
    "conditional_tf": [(128, 14), (256, 7)],
    "residual": [(64, 16), (128, 8), (256, 4)],
    "guidelines": [(32, 14), (64, 7)],
}

# Of seed 1: what somebody published of "random weights" is found again.
WEIGHTS = {
    "imagenet32": "106d25a0084ea3aaf89d9dc4e8f72bee66c05353e2a35b844d1f8d7943a8536e",
    "svhn32": "01735620dab6e954e5b1046743aa178bb96acadd7cfb95a700f0f54958974fda",
    "dcgan64": "aee7752f8a4d6949f1c0f4b166ec276bb9146dde38493506ba5bdf7fdda1a1ec",
    "examples": "2cebfc2b82aae938adfebc074cb98839a75d9165ac251580ed1f2f619a8feb1f",
    "dcgan8": "1cb0807f80046cf7b7b3ddf8a8863de27f6f0df0c8cf54662bbdda5a0cf41042",
    "dcgan28": "ee2c18630ab425be3404cc6fad15316b39ccedb932071e5f7d4bfe58a8433d34",
    "mnist_conditional": "bf3ced2bc73ff27ad4a3ec180db06796ae2d12b16941132b3cbedcc200b5804c",
    "mnist_mlp": "50b7831b20f2e57b98992663e04ebd39ae548a7bdd9a204d0fd989563f72befb",
    "keras_mnist": "95a2e1486f47759887c6c10817858dc05c9fbcb0fabe749687b270529792a6a5",
    "gans_in_action": "d83ef9316583f4eed22a4000ce8aeaf8e2ec9a4d5f886b181fc12211be69225e",
    "tf_dcgan": "e0e1826d1e4e2274bf1941f7636ba44343996557ba520ce4160278e674dbf7b5",
    "conditional_tf": "03e93755148aaf8a11596e83a76be68eaf564044c36ff4b7ce635071377cfb29",
    "residual": "6be8cd62f6b368cdd55176eeb93484c2e90a9c58b47a09b47f0fe42472c52550",
    "guidelines": "a8a632e971e48c4f3e9f8380348ab02146ffde362e704a911a9c314959f78132",
}


def test_every_family_has_a_table_here() -> None:
    assert sorted(TABLES) == sorted(WEIGHTS) == FAMILIES.names()


@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_random_weights_are_those_of_the_familys_literal_name(name: str) -> None:
    """The name stands in the class: a file that is renamed keeps its weights."""
    assert FAMILIES.load(name).name == name
    assert random_encoder(name, {}, 1).weights_hash == WEIGHTS[name]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_layers_and_pairs_fit(name: str) -> None:
    encoder = random_encoder(name, {}, 0)
    assert encoder.layers == {
        f"layer{number}": LayerShape(channels, side, side)
        for number, (channels, side) in enumerate(TABLES[name], start=1)
    }
    pair = load_family(name).pair()
    initialise(pair.generator.module, name, "generator", 0)
    drawn = Generator(pair.generator.module, pair.generator.takes)
    labels = np.arange(3) if drawn.spec.n_classes else None
    z = drawn.latent(3, np.random.default_rng(0))
    channels, height, width = encoder.input_shape
    assert drawn.sample(z, labels).shape == (3, height, width, channels)
    inputs = [torch.zeros(3, channels, height, width)]
    if labels is not None:
        inputs.append(torch.eye(10)[:3])
    assert pair.discriminator.module(*inputs).shape == (3, 1)


@pytest.mark.parametrize(("name", "columns"), [("imagenet32", 28_672), ("svhn32", 7_168)])
def test_columns_of_the_paper(name: str, columns: int) -> None:
    layers = random_encoder(name, {}, 0).layers.values()
    assert sum(layer.channels * 16 for layer in layers) == columns


def test_the_papers_generators_have_the_shapes_of_the_authors_arrays() -> None:
    shapes = {
        name: [
            tuple(module.weight.shape)
            for module in load_family(name).pair().generator.module.modules()
            if isinstance(module, nn.ConvTranspose2d)
        ]
        for name in ("imagenet32", "svhn32")
    }
    assert shapes["svhn32"] == [(256, 128, 5, 5), (128, 64, 5, 5), (64, 3, 5, 5)]
    channels = [512, 512, 256, 256, 128, 128, 3]
    assert shapes["imagenet32"] == [(a, b, 3, 3) for a, b in pairwise(channels)]


@pytest.mark.parametrize("name", ["imagenet32", "svhn32", "dcgan64", "mnist_conditional"])
def test_batch_norm_is_the_authors(name: str) -> None:
    pair = load_family(name).pair()
    for network in (pair.discriminator.module, pair.generator.module):
        norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
        assert norms
        assert {norm.eps for norm in norms} == {1e-8}
        assert {norm.affine for norm in norms} == {name != "mnist_conditional"}
    blocks = dict(pair.discriminator.module.named_modules())
    assert "layer1.norm" not in blocks
    assert "layer2.norm" in blocks
    no_bias = [m for m in blocks.values() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert all(module.bias is None for module in no_bias)


def test_weights_are_drawn_as_in_the_paper() -> None:
    network = load_family("svhn32").pair().discriminator.module
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(7.0)
    initialise(network, "test")
    kernels = network.get_parameter("layer3.conv.weight").detach()
    scales = network.get_parameter("layer3.norm.weight").detach()
    assert float(kernels.mean()) == pytest.approx(0, abs=2e-4)
    assert float(kernels.std()) == pytest.approx(0.02, rel=0.01)
    assert float(scales.mean()) == pytest.approx(1, abs=0.005)
    assert float(scales.std()) == pytest.approx(0.02, rel=0.2)
    assert not network.get_parameter("layer3.norm.bias").any()


def test_seeds_are_initialisations_of_their_own() -> None:
    hashes = [random_encoder("dcgan8", {}, seed).weights_hash for seed in (0, 1, 2, 1)]
    assert len(set(hashes)) == 3
    assert hashes[1] == hashes[3]


def test_networks_without_batch_norm_miss_no_statistics() -> None:
    assert random_encoder("svhn32", {}, 0).missing_statistics
    assert not random_encoder("mnist_mlp", {}, 0).missing_statistics


def test_options_change_the_network_and_unknown_ones_are_refused() -> None:
    assert random_encoder("dcgan28", {"width": 5}, 0).layers["layer2"].channels == 10
    wide = random_encoder("examples", {"side": 32, "ndf": 3, "channels": 1}, 0)
    assert wide.input_shape == (1, 32, 32)
    assert [shape.channels for shape in wide.layers.values()] == [3, 6, 12]
    with pytest.raises(SettingsError, match="did you mean 'width'"):
        random_encoder("dcgan28", {"widht": 5}, 0)
    with pytest.raises(SettingsError, match="the side is 8, 16"):
        random_encoder("examples", {"side": 48}, 0)


def test_labels_are_joined_behind_the_maps_of_every_layer() -> None:
    """The conditional discriminator, written down as one formula."""
    family = load_family("mnist_conditional", {"width": 3, "dense": 8})
    judge = randomise(family.pair().discriminator.module, "conditional").eval()
    x, y = torch.rand(4, 1, 28, 28), torch.eye(10)[[1, 5, 5, 9]]
    got = judge(x, y)
    weights = judge.state_dict()

    def with_maps(h: torch.Tensor) -> torch.Tensor:
        side = h.shape[2]
        return torch.cat([h, y.repeat_interleave(side * side, 1).reshape(4, 10, side, side)], 1)

    def normalised(h: torch.Tensor, name: str) -> torch.Tensor:
        mean, var = weights[f"{name}.norm.running_mean"], weights[f"{name}.norm.running_var"]
        shape = (1, -1, *[1] * (h.ndim - 2))
        return (h - mean.reshape(shape)) / (var.reshape(shape) + 1e-8).sqrt()

    def leaky(h: torch.Tensor) -> torch.Tensor:
        return torch.where(h > 0, h, 0.2 * h)

    conv = nn.functional.conv2d
    h = leaky(conv(with_maps(x), weights["layer1.conv.weight"], stride=2, padding=2))
    h = conv(with_maps(h), weights["layer2.conv.weight"], stride=2, padding=2)
    h = torch.cat([leaky(normalised(h, "layer2")).flatten(1), y], 1)
    h = leaky(normalised(h @ weights["layer3.linear.weight"].T, "layer3"))
    expected = torch.cat([h, y], 1) @ weights["head.weight"].T
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(judge(x), judge(x, torch.zeros(4, 10)))
    assert (judge(x) - got).abs().max() > 1e-3


def test_the_dense_pair_does_not_see_where_a_pixel_is() -> None:
    """Permuting pixels and the columns of the first layer alike changes nothing."""
    family = load_family("mnist_mlp", {"side": 5, "hidden": [7, 6], "n_classes": 3})
    judge = randomise(family.pair().discriminator.module, "dense").eval()
    x, y = torch.rand(4, 1, 5, 5), torch.eye(3)[[0, 1, 2, 1]]
    before = judge(x, y)
    order = torch.from_numpy(np.random.default_rng(0).permutation(25))
    weight = judge.get_parameter("layer1.linear.weight")
    with torch.no_grad():
        weight[:, :25] = weight[:, :25][:, order].clone()
    shuffled = x.flatten(1)[:, order].reshape(4, 1, 5, 5)
    torch.testing.assert_close(judge(shuffled, y), before, rtol=1e-5, atol=1e-5)
