"""Encoders: named layers, read without being changed by what comes after them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from dcgan_eval.core import CheckpointError, DataError, SettingsError, build
from dcgan_eval.models import Encoder, LayerShape, Preprocess
from tests.make.images import noise
from tests.make.networks import randomise

SHAPE = (3, 8, 8)


def block(inplace: bool = False) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, 1, 1),
        nn.LeakyReLU(0.2, inplace),
        nn.Conv2d(4, 6, 3, 2, 1),
        nn.BatchNorm2d(6),
        nn.ReLU(inplace),
    )


def identity(maps: torch.Tensor) -> torch.Tensor:
    return maps


class Breaks(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("ran further than it should")


def test_layers_come_in_the_order_and_with_the_shapes_of_the_network() -> None:
    encoder = Encoder(block(), ["4", "0", "2"], SHAPE)
    assert list(encoder.layers.items()) == [
        ("0", LayerShape(4, 8, 8)),
        ("2", LayerShape(6, 4, 4)),
        ("4", LayerShape(6, 4, 4)),
    ]


@settings(deadline=None, max_examples=20)
@given(wanted=st.sets(st.sampled_from(["0", "1", "2", "3", "4"]), min_size=1), n=st.integers(1, 5))
def test_in_place_activations_cannot_change_features(wanted: set[str], n: int) -> None:
    plain = randomise(block(), "in place")
    inplace = block(inplace=True)
    inplace.load_state_dict(plain.state_dict())
    images = noise(n, 8, 8, 3)
    expected: dict[str, torch.Tensor] = {}
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        for name, module in plain.eval().named_children():
            x = module(x)
            expected[name] = x.clone()
    # A reduction that returns the map itself is the one that an in-place activation could spoil.
    found = Encoder(inplace, sorted(wanted), SHAPE).encode(images, sorted(wanted), identity)
    assert set(found) == wanted
    for name in wanted:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-5, atol=1e-5)


def test_the_pass_ends_behind_the_last_wanted_layer() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), Breaks())
    encoder = Encoder(network, ["0", "1"], SHAPE)
    assert encoder.encode(noise(2, 8, 8, 3), ["0"], identity)["0"].shape == (2, 4, 6, 6)
    assert set(encoder.encode(noise(2, 8, 8, 3), ["1", "0"], identity)) == {"0", "1"}


def test_a_network_whose_head_does_not_fit_the_images_is_used_up_to_there() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(7, 1))
    assert Encoder(network, ["0"], SHAPE).layers == {"0": LayerShape(4, 6, 6)}
    with pytest.raises(SettingsError, match="does not take images of 3×8×8"):
        Encoder(network, ["2"], SHAPE)


def test_hooks_are_removed_also_when_the_reduction_fails() -> None:
    encoder = Encoder(block(), ["0", "4"], SHAPE)

    def fails(maps: torch.Tensor) -> torch.Tensor:
        raise ArithmeticError("no")

    with pytest.raises(ArithmeticError):
        encoder.encode(noise(2, 8, 8, 3), ["0"], fails)
    encoder.encode(noise(2, 8, 8, 3), ["4"], identity)
    assert all(not module._forward_hooks for module in encoder.network.modules())


def test_the_users_network_stays_as_it_was_and_its_training_changes_nothing_here() -> None:
    network = randomise(block(), "mine").train()
    encoder = Encoder(network, ["4"], SHAPE)
    before = encoder.encode(noise(3, 8, 8, 3), ["4"], identity)["4"]
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())
    with torch.no_grad():
        network[0].weight.zero_()
    assert torch.equal(encoder.encode(noise(3, 8, 8, 3), ["4"], identity)["4"], before)


def test_no_map_is_kept() -> None:
    encoder = Encoder(block(), ["0"], SHAPE)
    found = encoder.encode(noise(4, 8, 8, 3), ["0"], lambda maps: maps[:, :1, :1, :1])
    assert found["0"].untyped_storage().nbytes() == 4 * 4


def test_dense_layers_are_maps_of_one_pixel() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 7))
    encoder = Encoder(network, ["1"], SHAPE)
    assert encoder.layers == {"1": LayerShape(7, 1, 1)}
    assert encoder.encode(noise(2, 8, 8, 3), ["1"], identity)["1"].shape == (2, 7, 1, 1)


def test_maps_of_files_and_tensors_give_what_arrays_give(tmp_path: Path) -> None:
    encoder = Encoder(randomise(block(), "input"), ["4"], SHAPE)
    images = noise(3, 8, 8, 3)
    expected = encoder.encode(images, ["4"], identity)["4"]
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    for given_ in (mapped, torch.from_numpy(images), np.asfortranarray(images)):
        assert torch.equal(encoder.encode(given_, ["4"], identity)["4"], expected)
    assert np.array_equal(mapped, images)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (noise(2, 8, 8, 3).astype(np.float32), "float32"),
        (noise(2, 8, 8, 3)[0], "expected uint8"),
        (noise(2, 8, 8, 1), "images are 8×8×1, the network takes 8×8×3"),
        (noise(2, 3, 8, 8), "images are 3×8×8"),
        (torch.zeros(2, 8, 8, 3), "float32"),
    ],
)
def test_other_images_are_refused(images: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        Encoder(block(), ["0"], SHAPE).encode(images, ["0"], identity)
    assert "\n" not in str(caught.value)


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu, self.idle = nn.Conv2d(3, 3, 3, 1, 1), nn.ReLU(), nn.ReLU()
        self.pair = nn.LSTM(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.pair(torch.zeros(1, 2))
        return self.relu(self.conv(self.relu(self.conv(x))))[:, :, None].reshape(-1, 3, 2, 4, 8)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (["rel"], "did you mean 'relu'"),
        (["relu"], "computed 2 times"),
        (["idle"], "never computed"),
        (["pair"], r"several outputs; name one of pair\[0\], pair\[1.0\], pair\[1.1\]"),
        (["pair[0]"], r"gives torch.float32 \(1, 2\) for 2 images"),
        (["."], r"gives torch.float32 \(2, 3, 2, 4, 8\) for 2 images"),
    ],
)
def test_layers_that_are_no_layers_are_refused(layers: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        Encoder(Shared(), layers, SHAPE)
    assert "\n" not in str(caught.value)


def test_a_layer_that_was_not_declared_is_refused() -> None:
    with pytest.raises(SettingsError, match="unknown layer '3'; known: 0, 4"):
        Encoder(block(), ["0", "4"], SHAPE).encode(noise(1, 8, 8, 3), ["3"], identity)


def test_weights_that_are_no_numbers_are_refused() -> None:
    network = block()
    with torch.no_grad():
        network[2].bias[1] = float("inf")
    with pytest.raises(CheckpointError, match=r"'2\.bias' contain NaN or infinity"):
        Encoder(network, ["0"], SHAPE)


def test_preprocessing_a_channel() -> None:
    preprocess = Preprocess(mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 2.0))
    images = noise(2, 4, 5, 3)
    expected = (images / 255 - np.array([0.1, 0.2, 0.3])) / np.array([0.5, 0.25, 2.0])
    got = preprocess(torch.from_numpy(images))
    assert got.is_contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(got.permute(0, 2, 3, 1).numpy(), expected, atol=1e-6)
    paper = Preprocess()(torch.from_numpy(images)).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(paper, images / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize(
    "values",
    [{"std": [0]}, {"std": []}, {"mean": [1e999]}, {"mean": [0.1, 0.2]}, {"std": [-1.0]}],
)
def test_preprocessing_that_cannot_be_is_refused(values: dict[str, list[float]]) -> None:
    with pytest.raises(SettingsError):
        build(Preprocess, values)


def test_preprocessing_for_other_channels_is_refused() -> None:
    two = Preprocess(mean=(0.5, 0.5), std=(0.5, 0.5))
    with pytest.raises(SettingsError, match="2 values a mean, the images have 3 channels"):
        Encoder(block(), ["0"], SHAPE, two)


class Changing(nn.Module):
    """A convolution, and what is done with its maps in evaluation mode, too."""

    def __init__(self, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.conv, self.change = nn.Conv2d(3, 4, 3), change

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.change(self.conv(x))


@pytest.mark.parametrize(
    "change",
    [
        nn.functional.dropout,
        lambda maps: maps - maps.mean(0, keepdim=True),
        # A discriminator's minibatch deviation.
        lambda maps: torch.cat([maps, maps.std(0).mean().expand(len(maps), 1, 6, 6)], 1),
    ],
)
def test_what_gives_other_numbers_of_the_same_image_is_refused(change: Any) -> None:
    with pytest.raises(SettingsError, match=r"layer '\.' does not give the same numbers of the"):
        Encoder(Changing(change), ["conv", "."], SHAPE)
    assert list(Encoder(Changing(change), ["conv"], SHAPE).layers) == ["conv"]


def test_batch_norm_without_statistics_looks_at_its_batch() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False))
    assert list(Encoder(network, ["1"], SHAPE).layers) == ["1"]
    drawing = nn.Sequential(Changing(nn.functional.dropout), *network[1:])
    with pytest.raises(SettingsError, match="draws at random in evaluation mode"):
        Encoder(drawing, ["1"], SHAPE)


class Holds(nn.Module):
    """State that is no tensor."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x

    def get_extra_state(self) -> dict[str, int]:
        return {"steps": 3}


def test_state_that_is_no_tensor_does_not_matter() -> None:
    network = nn.Sequential(Holds(), nn.Conv2d(3, 4, 3))
    assert Encoder(network, ["1"], SHAPE).layers == {"1": LayerShape(4, 6, 6)}


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3)).to("meta"), "'0.weight' is on the device meta"),
        (lambda: nn.Sequential(nn.LazyConv2d(4, 3)), "'0.weight' of a lazy part is not made yet"),
        (
            lambda: nn.Sequential(torch.ao.nn.quantized.dynamic.Linear(3, 4)),
            "'0' is quantised: its weights are packed; give floats",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Lazy modules:UserWarning")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_weights_that_cannot_be_read_are_refused(network: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        Encoder(network(), ["0"], SHAPE)
    assert "\n" not in str(caught.value)
