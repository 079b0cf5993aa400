"""From tensors to networks: what fits unambiguously, what is asked for, what is refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from dcgan_eval.core import CheckpointError, SettingsError, rng_for
from dcgan_eval.models import (
    GeneratorSpec,
    ImageInput,
    inspect_checkpoint,
    load_encoder,
    load_family,
    load_generator,
    random_encoder,
)
from tests.make.images import noise
from tests.make.networks import examples_discriminator, examples_generator, randomise, saved, state

QUICK = settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def clone(maps: torch.Tensor) -> torch.Tensor:
    return maps.clone()


def maps_of(network: nn.Sequential, images: np.ndarray) -> list[torch.Tensor]:
    """Outputs of the LeakyReLUs, by a plain loop."""
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1
    found = []
    with torch.no_grad():
        for module in network.eval():
            x = module(x)
            if isinstance(module, nn.LeakyReLU):
                found.append(x)
    return found


@pytest.mark.slow
@QUICK
@given(ndf=st.integers(1, 6), channels=st.sampled_from([1, 3]), bias=st.booleans())
def test_the_examples_discriminator_is_recognised(
    tmp_path: Path, ndf: int, channels: int, bias: bool
) -> None:
    network = examples_discriminator(ndf, channels=channels, bias=bias)
    randomise(network, ndf, channels)
    encoder = load_encoder(saved(tmp_path / "d.pth", state(network)))
    images = noise(2, 64, 64, channels)
    expected = maps_of(network, images)
    found = encoder.encode(images, list(encoder.layers), clone)
    assert list(found) == ["layer1", "layer2", "layer3", "layer4"]
    for maps, wanted in zip(found.values(), expected, strict=True):
        torch.testing.assert_close(maps, wanted, rtol=1e-4, atol=1e-4)
    assert not encoder.missing_statistics


@pytest.mark.slow
@QUICK
@given(ngf=st.integers(1, 5), channels=st.sampled_from([1, 3]), bias=st.booleans())
def test_the_examples_generator_is_recognised(
    tmp_path: Path, ngf: int, channels: int, bias: bool
) -> None:
    network = randomise(examples_generator(ngf, 10, channels, bias), ngf, channels)
    drawn = load_generator(saved(tmp_path / "g.pth", state(network)))
    z = drawn.latent(3, rng_for("test"))
    with torch.no_grad():
        images = torch.tanh(network.eval()(torch.from_numpy(z)[:, :, None, None]))
    expected = (images.permute(0, 2, 3, 1).numpy() + 1) / 2
    np.testing.assert_allclose(drawn.sample_float(z), expected, atol=1e-4)
    assert (drawn.spec.z, drawn.spec.batch_statistics) == ("normal", False)


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_other_depths_are_asked_about_and_then_work(tmp_path: Path, depth: int) -> None:
    network = randomise(examples_discriminator(3, depth), depth)
    path = saved(tmp_path / "d.pth", state(network))
    with pytest.raises(CheckpointError, match=r"input, strides, paddings; give geometry: \{input"):
        load_encoder(path)
    side = 4 * 2**depth
    geometry = {
        "input": [side, side],
        "strides": [*[2] * depth, 1],
        "paddings": [*[1] * depth, 0],
        "slope": 0.1,
        "preprocess": {"mean": [0.1], "std": [0.3]},
    }
    encoder = load_encoder(path, geometry=geometry)
    assert [shape.height for shape in encoder.layers.values()] == [
        side // 2 ** (number + 1) for number in range(depth)
    ]
    assert encoder.preprocess.mean == (0.1,)
    images = noise(2, side, side, 3)
    with torch.no_grad():
        x = (torch.from_numpy(images).permute(0, 3, 1, 2) / 255 - 0.1) / 0.3
        expected = nn.functional.leaky_relu(network[0](x), 0.1)
    found = encoder.encode(images, ["layer1"], clone)["layer1"]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_generators_of_other_depths_are_asked_about_and_then_work(tmp_path: Path) -> None:
    network = randomise(examples_generator(3, 7, 1, depth=2), "g")
    path = saved(tmp_path / "g.pth", state(network))
    with pytest.raises(CheckpointError, match="image, strides, paddings, slope, output, z; give"):
        load_generator(path)
    geometry: dict[str, Any] = {
        "image": [16, 16],
        "strides": [1, 2, 2],
        "paddings": [0, 1, 1],
        "slope": 0,
        "output": "sigmoid",
        "z": "uniform",
    }
    drawn = load_generator(path, geometry=geometry)
    z = drawn.latent(4, rng_for("test"))
    assert np.abs(z).max() <= 1
    with torch.no_grad():
        images = torch.sigmoid(network.eval()(torch.from_numpy(z)[:, :, None, None]))
    expected = images.permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(drawn.sample_float(z), expected, atol=1e-5)
    with pytest.raises(CheckpointError, match=r"does not draw images of \(1, 20, 20\)"):
        load_generator(path, geometry={**geometry, "image": [20, 20]})


@pytest.mark.slow
def test_statistics_that_are_not_stored_are_missing(tmp_path: Path) -> None:
    network = randomise(examples_discriminator(2), "d")
    tensors = {k: t for k, t in state(network).items() if "running" not in k and "num" not in k}
    path = saved(tmp_path / "d.pth", tensors)
    with pytest.raises(CheckpointError, match="does not say its norm; give geometry"):
        load_encoder(path)
    assert load_encoder(path, geometry={"norm": "batch"}).missing_statistics
    report = inspect_checkpoint(path, {"norm": "batch"})
    assert "batch-norm statistics: missing (set batch_norm: dataset or batch)" in report.lines()
    drawn = state(randomise(examples_generator(2), "g"))
    tensors = {k: t for k, t in drawn.items() if "running" not in k and "num" not in k}
    path = saved(tmp_path / "g.pth", tensors)
    assert load_generator(path, geometry={"norm": "batch"}).spec.batch_statistics
    assert not load_generator(path, geometry={"norm": "instance"}).spec.batch_statistics
    with pytest.raises(CheckpointError, match="no stored batch-norm statistics"):
        load_generator(path, geometry={"norm": "batch", "batch_statistics": False})


def test_statistics_of_some_batch_norms_only_are_incomplete(tmp_path: Path) -> None:
    tensors = state(examples_discriminator(2))
    del tensors["main.6.running_mean"]
    with pytest.raises(CheckpointError, match=r"missing layer3\.norm\.running_mean"):
        load_encoder(saved(tmp_path / "d.pth", tensors))


def dense(*widths: int, norm: bool = False) -> nn.Sequential:
    modules: list[nn.Module] = []
    for number, (a, b) in enumerate(pairwise(widths)):
        modules.append(nn.Linear(a, b))
        if number < len(widths) - 2:
            modules += [*([nn.BatchNorm1d(b)] if norm else []), nn.LeakyReLU(0.3)]
    return nn.Sequential(*modules)


@pytest.mark.slow
@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("label_first", [True, False])
def test_one_hot_generators_of_dense_layers(tmp_path: Path, norm: bool, label_first: bool) -> None:
    network = randomise(dense(8, 12, 9, 75, norm=norm), "dense")
    path = saved(tmp_path / "g.pt", state(network, "net."))
    geometry: dict[str, Any] = {
        "image": [5, 5],
        "slope": 0.3,
        "output": "tanh",
        "z": "normal",
        "label": "one_hot",
    }
    with pytest.raises(CheckpointError, match=r"does not say its n_classes; give geometry: \{n_c"):
        load_generator(path, geometry=geometry)
    with pytest.raises(CheckpointError, match="leaves 0 for z"):
        load_generator(path, geometry={**geometry, "n_classes": 8})
    geometry |= {"n_classes": 3, "label_first": label_first}
    drawn = load_generator(path, geometry=geometry)
    assert (drawn.spec.z_dim, drawn.spec.image_shape) == (5, (3, 5, 5))
    z, labels = drawn.latent(4, rng_for("test")), np.array([0, 1, 2, 1])
    sides = [np.eye(3, dtype=np.float32)[labels], z]
    joined = np.concatenate(sides if label_first else sides[::-1], axis=1)
    with torch.no_grad():
        images = torch.tanh(network.eval()(torch.from_numpy(joined))).reshape(4, 3, 5, 5)
    expected = (images.permute(0, 2, 3, 1).numpy() + 1) / 2
    np.testing.assert_allclose(drawn.sample_float(z, labels), expected, atol=1e-5)


def test_dense_discriminators_are_flattened_images(tmp_path: Path) -> None:
    network = randomise(dense(18, 6, 4, 1), "dense")
    path = saved(tmp_path / "d.pt", state(network, ""))
    encoder = load_encoder(path, geometry={"input": [3, 3], "slope": 0.3})
    assert encoder.input_shape == (2, 3, 3)
    images = noise(4, 3, 3, 2)
    x = torch.from_numpy(images).permute(0, 3, 1, 2).flatten(1) / 127.5 - 1
    with torch.no_grad():
        expected = network[:4](x)
    found = encoder.encode(images, ["layer2"], clone)["layer2"]
    torch.testing.assert_close(found.flatten(1), expected, rtol=1e-5, atol=1e-5)
    with pytest.raises(CheckpointError, match="no whole number of such images' channels"):
        load_encoder(path, geometry={"input": [4, 4], "slope": 0.3})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("geometry", "error", "message"),
    [
        ({"imput": [64, 64]}, SettingsError, "did you mean 'input'"),
        ({"slope": "0.2"}, SettingsError, "geometry.slope"),
        ({"slope": -1}, SettingsError, "geometry.slope"),
        ({"strides": [2, 2, 2, 2, -1]}, CheckpointError, "0 or more"),
        ({"paddings": [1, 1]}, CheckpointError, "the checkpoint has 5 convolutions"),
        ({"paddings": [1, 1, 1, 1, 1 << 70]}, SettingsError, "geometry.paddings.4"),
        ({"input": [-1, 8]}, SettingsError, "geometry.input.0"),
        ({"input": [8, 8]}, SettingsError, "does not take images of 3×8×8"),
        ({"options": {"width": 3}}, CheckpointError, "options would have no effect"),
        ({"family": "svhn"}, SettingsError, "did you mean 'svhn32'"),
        ({"family": "dcgan8", "slope": 0.1}, CheckpointError, "slope would have no effect"),
    ],
)
def test_geometry_that_cannot_be_is_refused(
    tmp_path: Path, geometry: dict[str, Any], error: type[Exception], message: str
) -> None:
    path = saved(tmp_path / "d.pth", state(examples_discriminator(2)))
    with pytest.raises(error, match=message) as caught:
        load_encoder(path, geometry=geometry)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["svhn32", "imagenet32", "dcgan8", "dcgan28", "mnist_conditional", "tf_dcgan", "keras_mnist"],
)
def test_our_families_are_recognised_by_names_and_shapes(tmp_path: Path, name: str) -> None:
    encoder = random_encoder(name, {}, 1)
    path = saved(tmp_path / "d.pth", {"netD": encoder.network.state_dict()})
    loaded = load_encoder(path)
    assert loaded.weights_hash == encoder.weights_hash
    assert loaded.layers == encoder.layers
    assert inspect_checkpoint(path).network.architecture == f"{name} discriminator"


def test_generators_of_our_families_are_recognised(tmp_path: Path) -> None:
    network = load_family("dcgan8").pair().generator
    path = saved(tmp_path / "g.pth", network.module.state_dict())
    assert inspect_checkpoint(path).network.takes == network.takes
    with pytest.raises(CheckpointError, match="is a generator; give a discriminator"):
        load_encoder(path)


@pytest.mark.slow
def test_a_family_of_another_width_is_named_in_the_geometry(tmp_path: Path) -> None:
    encoder = random_encoder("dcgan28", {"width": 5}, 1)
    path = saved(tmp_path / "d.pth", encoder.network.state_dict())
    with pytest.raises(CheckpointError, match="no known layout has the weights head"):
        load_encoder(path)
    geometry = {"family": "dcgan28", "options": {"width": 5}}
    assert load_encoder(path, geometry=geometry).weights_hash == encoder.weights_hash
    with pytest.raises(CheckpointError, match="does not fit its network: shape of head"):
        load_encoder(path, geometry={"family": "dcgan28"})


@pytest.mark.slow
@pytest.mark.parametrize(
    "network",
    [
        nn.Sequential(nn.Conv2d(3, 4, 4), nn.LeakyReLU(), nn.BatchNorm2d(4), nn.Conv2d(4, 1, 4)),
        nn.Sequential(nn.Linear(6, 4), nn.Unflatten(1, (4, 1, 1)), nn.Conv2d(4, 1, 1)),
        nn.Sequential(nn.Conv2d(3, 4, 4), nn.Flatten(), nn.Linear(6, 1)),
        nn.Sequential(nn.Conv2d(3, 4, 4), nn.Conv2d(5, 1, 4)),
        nn.Sequential(nn.Conv3d(3, 4, 4), nn.Conv3d(4, 1, 4)),
        nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 1, 4)),
        nn.ModuleDict({"conv": nn.Conv2d(3, 4, 4), "head": nn.Linear(4, 1)}),
        nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 4)), nn.Conv2d(4, 1, 4)),
    ],
    ids=[
        "norm behind activation",
        "dense first",
        "no flattened maps",
        "unchained",
        "3d",
        "norm first",
        "named",
        "nested",
    ],
)
def test_other_networks_are_not_guessed(tmp_path: Path, network: nn.Module) -> None:
    path = saved(tmp_path / "d.pth", state(network, ""))
    geometry = {"strides": [1, 1], "paddings": [0, 0], "slope": 0.2}
    for read in (load_encoder, load_generator):
        for given_ in (None, geometry):
            with pytest.raises(CheckpointError, match="no known layout has the weights"):
                read(path, geometry=given_)


@pytest.mark.slow
def test_roles_are_not_mistaken(tmp_path: Path) -> None:
    d = saved(tmp_path / "d.pth", state(examples_discriminator(2)))
    g = saved(tmp_path / "g.pth", state(examples_generator(2)))
    with pytest.raises(CheckpointError, match="is a generator"):
        load_encoder(g)
    with pytest.raises(CheckpointError, match="is a discriminator"):
        load_generator(d)
    assert isinstance(inspect_checkpoint(d).network.takes, ImageInput)
    assert isinstance(inspect_checkpoint(g).network.takes, GeneratorSpec)
