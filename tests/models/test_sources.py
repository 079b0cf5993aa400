"""The pairs of other sources: their shapes, their numbers of weights, and what is theirs alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dcgan_eval.core import SettingsError, rng_for
from dcgan_eval.models import Generator, initialise, load_family, random_encoder
from dcgan_eval.models.families._tensorflow import same_conv, same_padding, same_transposed
from tests.make.networks import randomise

pytestmark = pytest.mark.slow

# Options, weights of D and of G, counted by hand: a convolution of k×k from a to b maps has
# k·k·a·b + b, a dense layer a·b + b, a batch norm 2 a channel.
WEIGHTS: dict[str, tuple[dict[str, Any], int, int]] = {
    "keras_mnist": (
        {},
        (25 * 64 + 64) + (25 * 64 * 128 + 128) + (3200 * 1024 + 1024) + (1024 + 1),
        (100 * 1024 + 1024)
        + (1024 * 6272 + 6272)
        + 2 * 6272
        + (25 * 128 * 64 + 64)
        + (25 * 64 + 1),
    ),
    "gans_in_action": (
        {},
        (9 * 32 + 32) + (9 * 32 * 64 + 64) + 128 + (9 * 64 * 128 + 128) + 256 + (2048 + 1),
        (100 * 12544 + 12544)
        + (9 * 256 * 128 + 128 + 256)
        + (9 * 128 * 64 + 64 + 128)
        + (9 * 64 + 1),
    ),
    "tf_dcgan": (
        {},
        (9 * 128 + 128) + (9 * 128 * 256 + 256 + 512) + (9 * 256 * 512 + 512 + 1024) + (8192 + 1),
        (100 * 8192 + 8192 + 1024)
        + (16 * 512 * 256 + 256 + 512)
        + (9 * 256 * 128 + 128 + 256)
        + (9 * 128 + 1),
    ),
    "conditional_tf": (
        {},
        (25 * 11 * 128 + 128) + (25 * 128 * 256 + 256 + 512) + (49 * 256 + 1),
        (49 * 110 * 256 + 256 + 512) + (25 * 256 * 128 + 128 + 256) + (25 * 128 + 1),
    ),
    "residual": (
        {"width": 4},
        (9 * 3 * 4 + 4)
        + 2 * (9 * 4 * 4 + 4)
        + (9 * 4 * 8 + 8)
        + 2 * (9 * 8 * 8 + 8)
        + (9 * 8 * 16 + 16)
        + 2 * (9 * 16 * 16 + 16)
        + (256 + 1),
        (100 * 256 + 256)
        + 2 * (9 * 16 * 16 + 16)
        + (9 * 16 * 8 + 8)
        + 2 * (9 * 8 * 8 + 8)
        + (9 * 8 * 4 + 4)
        + 2 * (9 * 4 * 4 + 4)
        + (9 * 4 * 4 + 4)
        + (9 * 4 * 3 + 3),
    ),
}


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_numbers_of_weights_are_those_of_the_shapes(name: str) -> None:
    options, of_d, of_g = WEIGHTS[name]
    pair = load_family(name, options).pair()
    assert count(pair.discriminator.module) == of_d
    assert count(pair.generator.module) == of_g


def sides(network: nn.Module, *inputs: torch.Tensor) -> list[tuple[int, ...]]:
    """Channels and sides of what each child gives."""
    found: list[tuple[int, ...]] = []
    for child in network.children():
        child.register_forward_hook(lambda _, __, maps: found.append(tuple(maps.shape[1:])))
    network(*inputs)
    return found


GENERATORS: dict[str, tuple[dict[str, Any], list[tuple[int, ...]]]] = {
    "keras_mnist": ({}, [(1024,), (128, 7, 7), (64, 14, 14), (1, 28, 28)]),
    "gans_in_action": ({}, [(256, 7, 7), (128, 14, 14), (64, 14, 14), (1, 28, 28)]),
    "tf_dcgan": ({}, [(512, 4, 4), (256, 7, 7), (128, 14, 14), (1, 28, 28)]),
    "tf_dcgan 32": (
        {"side": 32, "channels": 3},
        [(512, 4, 4), (256, 8, 8), (128, 16, 16), (3, 32, 32)],
    ),
    "conditional_tf": ({}, [(256, 7, 7), (128, 14, 14), (1, 28, 28)]),
    "residual": (
        {"side": 64, "width": 4},
        [(32, 4, 4), (16, 8, 8), (8, 16, 16), (4, 32, 32), (4, 64, 64), (3, 64, 64)],
    ),
}


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_generators_grow_as_their_sources_say(name: str) -> None:
    options, wanted = GENERATORS[name]
    pair = load_family(name.split()[0], options).pair()
    network, spec = pair.generator.module, pair.generator.takes
    labels = [torch.eye(10)[:2]] if spec.n_classes else []
    assert sides(network, torch.zeros(2, spec.z_dim), *labels) == wanted


def test_other_sides_of_discriminators() -> None:
    colour = random_encoder("tf_dcgan", {"side": 32, "channels": 3}, 0)
    assert [(one.channels, one.height) for one in colour.layers.values()] == [
        (128, 16),
        (256, 8),
        (512, 4),
    ]
    large = random_encoder("residual", {"side": 64, "width": 4, "norm": "layer"}, 0)
    assert [(one.channels, one.height) for one in large.layers.values()] == [
        (4, 32),
        (8, 16),
        (16, 8),
        (32, 4),
    ]


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "padding"),
    # By hand: ⌈side / stride⌉ outputs, (outputs − 1) · stride + kernel − side added, odd behind.
    [
        (28, 3, 2, (0, 1)),
        (14, 3, 2, (0, 1)),
        (7, 3, 2, (1, 1)),
        (28, 5, 2, (1, 2)),
        (9, 3, 1, (1, 1)),
    ],
)
def test_same_padding_is_tensorflows(
    side: int, kernel: int, stride: int, padding: tuple[int, int]
) -> None:
    assert same_padding(side, kernel, stride) == padding
    before, _ = padding
    outputs = -(-side // stride)
    row = rng_for("row", side, kernel).normal(size=side)
    weights = rng_for("kernel", side, kernel).normal(size=kernel)
    # Output i is the sum over k of weight k × pixel (i · stride + k − before), where there is one.
    matrix = np.zeros((outputs, side))
    for i in range(outputs):
        for k in range(kernel):
            if 0 <= i * stride + k - before < side:
                matrix[i, i * stride + k - before] = weights[k]
    kernels = torch.from_numpy(np.outer(weights, weights)[None, None])
    conv = nn.Sequential(*same_conv(1, 1, kernel, stride, side).values()).double()
    transposed = nn.Sequential(*same_transposed(1, 1, kernel, stride, outputs).values()).double()
    for parts in (conv, transposed):
        for name, parameter in parts.named_parameters():
            parameter.data = kernels if name.endswith("weight") else torch.zeros(1).double()
    image = torch.from_numpy(np.outer(row, row)[None, None])
    found = conv(image)[0, 0].detach().numpy()
    np.testing.assert_allclose(found, np.outer(matrix @ row, matrix @ row), atol=1e-12)
    if side % stride == 0:  # the transposed one is the gradient of this very convolution
        small = rng_for("small", outputs).normal(size=outputs)
        back = transposed(torch.from_numpy(np.outer(small, small)[None, None]))[0, 0]
        wanted = np.outer(small @ matrix, small @ matrix)
        np.testing.assert_allclose(back.detach().numpy(), wanted, atol=1e-12)


@pytest.mark.parametrize("norm", ["none", "layer"])
def test_a_residual_stage_as_one_formula(norm: str) -> None:
    family = load_family("residual", {"width": 3, "alpha": 0.25, "norm": norm})
    stage = randomise(family.pair().discriminator.module, "residual").eval().get_submodule("layer1")
    x = torch.rand(2, 3, 32, 32)
    weights = stage.state_dict()

    def conv(h: torch.Tensor, name: str) -> torch.Tensor:
        return nn.functional.conv2d(h, weights[f"{name}.weight"], weights[f"{name}.bias"], 1, 1)

    h = begun = conv(x, "conv")
    for number in (1, 2):
        if norm == "layer":
            centred = h - h.mean((1, 2, 3), keepdim=True)
            h = centred / (centred.square().mean((1, 2, 3), keepdim=True) + 1e-5).sqrt()
            scale, shift = (weights[f"block.f.norm{number}.{one}"] for one in ("weight", "bias"))
            h = h * scale[:, None, None] + shift[:, None, None]
        h = conv(torch.where(h > 0, h, 0.2 * h), f"block.f.conv{number}")
    wanted = (begun + 0.25 * h).reshape(2, 3, 16, 2, 16, 2).mean((3, 5))
    torch.testing.assert_close(stage(x), wanted, rtol=1e-4, atol=1e-5)


def test_what_no_weight_shows_is_beyond_them() -> None:
    alphas = [random_encoder("residual", {"width": 2, "alpha": a}, 0) for a in (0.1, 0.2)]
    assert alphas[0].weights_hash == alphas[1].weights_hash
    assert [one.beyond_weights for one in alphas] == [{"alpha": 0.1}, {"alpha": 0.2}]


def test_the_label_is_joined_once_or_is_what_d_says() -> None:
    x, y = torch.rand(3, 1, 28, 28), torch.eye(10)[:3]
    told = randomise(load_family("conditional_tf", {"width": 2}).pair().discriminator.module, "t")
    assert told(x, y).shape == (3, 1)
    torch.testing.assert_close(told(x), told(x, torch.zeros(3, 10)))
    assert (told(x, y) - told(x)).abs().max() > 1e-4
    options = {"width": 2, "auxiliary": True}
    says = randomise(load_family("conditional_tf", options).pair().discriminator.module, "s")
    assert says(x, y).shape == (3, 11)
    torch.testing.assert_close(says(x, y), says(x))


def dropping(**options: Any) -> Generator:
    pair = load_family("tf_dcgan", {"width": 2, **options}).pair()
    initialise(pair.generator.module, "tf_dcgan", "generator", 0, how="glorot_uniform")
    return Generator(pair.generator.module, pair.generator.takes)


def test_dropout_is_kept_in_samples_only_where_the_pair_says_so() -> None:
    plain, kept = dropping(), dropping(sampling_dropout=True)
    assert plain.weights_hash == kept.weights_hash
    assert "dropout" not in plain.spec.identity_values()
    assert kept.spec.identity_values()["dropout"] is True
    z = plain.latent(6, rng_for("test"))
    whole = plain.sample_float(z)
    np.testing.assert_allclose(whole[:3], plain.sample_float(z[:3]), atol=1e-6)
    dropped = kept.sample_float(z)
    assert np.abs(dropped - whole).max() > 1e-3
    # The same batch is the same again, whatever was drawn between; another batch drops others.
    kept.sample_float(z[::-1].copy())
    np.testing.assert_array_equal(kept.sample_float(z), dropped)
    assert np.abs(kept.sample_float(z[:3]) - dropped[:3]).max() > 1e-3


def test_dropout_of_a_network_that_has_none_is_refused() -> None:
    pair = load_family("dcgan8").pair()
    spec = pair.generator.takes.model_copy(update={"dropout": True})
    with pytest.raises(SettingsError, match=r"the network has no dcgan_eval\.models\.Dropout"):
        Generator(pair.generator.module, spec)
