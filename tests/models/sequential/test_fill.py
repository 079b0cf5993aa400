"""Numbered state dicts whose numbers have gaps: what stands there is asked for, or said.

Each network is one that people have; what is read is held against the module itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dcgan_eval.core import CheckpointError, SettingsError, digest_json, rng_for
from dcgan_eval.models import (
    Encoder,
    convert_checkpoint,
    inspect_checkpoint,
    load_encoder,
    load_family,
    load_generator,
    random_encoder,
)
from dcgan_eval.pipeline import Options, pipeline_from, run_pipeline
from dcgan_eval.reporting import table
from tests.make.images import noise
from tests.make.networks import examples_discriminator, randomise, saved, state

Given = dict[str, Any]
CONV: Given = {"input": [28, 28], "strides": [2, 2, 1], "paddings": [1, 1, 0]}
POOLED: Given = {"input": [28, 28], "strides": [1, 1, 1], "paddings": [1, 1, 0]}


def leaky() -> nn.Module:
    return nn.LeakyReLU(0.2)


def with_norm(*norms: nn.Module) -> nn.Sequential:
    """The common case: a norm, or something else, behind the second convolution."""
    first = [nn.Conv2d(1, 16, 4, 2, 1), leaky(), nn.Conv2d(16, 32, 4, 2, 1)]
    return nn.Sequential(*first, *norms, leaky(), nn.Conv2d(32, 1, 7))


def pooling(*behind: nn.Module) -> nn.Sequential:
    first = [nn.Conv2d(1, 16, 3, 1, 1), nn.ReLU(), *behind]
    second = [nn.Conv2d(16, 32, 3, 1, 1), nn.ReLU(), *behind]
    return nn.Sequential(*first, *second, nn.Conv2d(32, 1, 7))


def prelu() -> nn.Sequential:
    first = [nn.Conv2d(1, 16, 4, 2, 1), nn.PReLU(16), nn.Conv2d(16, 32, 4, 2, 1)]
    return nn.Sequential(*first, nn.PReLU(), nn.Conv2d(32, 1, 7))


def dropout() -> nn.Sequential:
    first = [nn.Conv2d(1, 16, 4, 2, 1), leaky(), nn.Dropout2d(0.25)]
    second = [nn.Conv2d(16, 32, 4, 2, 1), leaky(), nn.Dropout2d(0.25)]
    return nn.Sequential(*first, *second, nn.Conv2d(32, 1, 7))


def what_convolutions_take(network: nn.Sequential, images: np.ndarray) -> list[torch.Tensor]:
    """The layers of a plain pass: what each convolution behind the first one takes, pooled."""
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1
    found = []
    with torch.no_grad():
        for number, module in enumerate(network.eval()):
            if number and isinstance(module, nn.Conv2d):
                found.append(pooled(x))
            x = module(x)
    return found


def pooled(maps: torch.Tensor) -> torch.Tensor:
    return nn.functional.adaptive_max_pool2d(maps, 4)


def assert_equal_features(encoder: Encoder, network: nn.Sequential, side: int = 28) -> None:
    """As features are computed: batch norms folded, activations in place, pooled to 4 × 4."""
    images = noise(3, side, side, 1)
    found = encoder.folded().encode(images, list(encoder.layers), pooled)
    expected = what_convolutions_take(network, images)
    assert len(found) == len(expected)
    for maps, wanted in zip(found.values(), expected, strict=True):
        assert (maps - wanted).norm() <= 1e-4 * wanted.norm()


def made(make: Callable[[], nn.Sequential], path: Path) -> nn.Sequential:
    network = make()
    randomise(network, "gaps")
    saved(path, state(network))
    return network


LEAKY, RELU, POOL = "leaky_relu", "relu", {"kind": "max_pool", "size": 2}
GAPS: dict[str, tuple[Callable[[], nn.Sequential], Given, str, Given]] = {
    "instance norm": (
        lambda: with_norm(nn.InstanceNorm2d(32)),
        CONV,
        'between: {"3": …, "4": …}',
        {"between": {"3": "instance_norm", "4": LEAKY}},
    ),
    "max pool": (
        lambda: pooling(nn.MaxPool2d(2)),
        POOLED,
        'between: {"1": …, "2": …, "4": …, "5": …}',
        {"between": {"1": RELU, "2": POOL, "4": RELU, "5": POOL}},
    ),
    "average pool": (
        lambda: pooling(nn.AvgPool2d(3, 2, 1)),
        POOLED,
        'between: {"1": …, "2": …, "4": …, "5": …}',
        {
            "between": {"1": RELU, "4": RELU}
            | {key: {"kind": "avg_pool", "size": 3, "stride": 2, "padding": 1} for key in "25"}
        },
    ),
    "prelu": (
        prelu,
        CONV,
        'between: {"1": prelu, "3": prelu}',
        {"between": {"1": "prelu", "3": "prelu"}},
    ),
    "dropout": (
        dropout,
        CONV,
        'between: {"1": …, "2": …, "4": …, "5": …}',
        {"between": {"1": LEAKY, "2": "dropout", "4": LEAKY, "5": "dropout"}},
    ),
    "group norm": (
        lambda: with_norm(nn.GroupNorm(4, 32)),
        CONV,
        "norm: batch, instance or group",
        {"norm": "group", "groups": 4},
    ),
    "affine instance norm": (
        lambda: with_norm(nn.InstanceNorm2d(32, affine=True)),
        CONV,
        "norm: batch, instance or group",
        {"norm": "instance"},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", GAPS)
def test_a_gap_is_asked_for_and_then_features_equal_the_module(tmp_path: Path, name: str) -> None:
    make, geometry, asked, answer = GAPS[name]
    network = made(make, tmp_path / "d.pth")
    with pytest.raises(CheckpointError) as caught:
        load_encoder(tmp_path / "d.pth", geometry=geometry)
    assert asked in str(caught.value) and "\n" not in str(caught.value)
    encoder = load_encoder(tmp_path / "d.pth", geometry={**geometry, **answer})
    assert_equal_features(encoder, network)
    identity = encoder.beyond_weights["geometry"]
    assert {key: identity[key] for key in answer if key != "between"} == {
        key: value for key, value in answer.items() if key != "between"
    }
    assert sorted(identity.get("between", {})) == sorted(answer.get("between", {}))


@pytest.mark.slow
def test_an_epsilon_that_nobody_gave_is_said(tmp_path: Path) -> None:
    network = made(lambda: with_norm(nn.BatchNorm2d(32, 0.8)), tmp_path / "d.pth")
    report = inspect_checkpoint(tmp_path / "d.pth", CONV)
    assert [line for line in report.lines() if line.startswith("assumed:")] == [
        "assumed: between {1: leaky_relu, 4: leaky_relu}",
        "assumed: ε 1e-5",
        "assumed: preprocess x/127.5 − 1",
        "assumed: slope 0.2",
    ]
    said = {**CONV, "eps": 0.8, "slope": 0.2, "preprocess": {"mean": [0.5], "std": [0.5]}}
    encoder = load_encoder(tmp_path / "d.pth", geometry=said)
    assert encoder.assumed == {}
    assert_equal_features(encoder, network)


def test_what_is_assumed_is_not_in_the_identity(tmp_path: Path) -> None:
    made(lambda: with_norm(nn.BatchNorm2d(32)), tmp_path / "d.pth")
    silent = load_encoder(tmp_path / "d.pth", geometry=CONV)
    said = load_encoder(tmp_path / "d.pth", geometry={**CONV, "eps": 1e-5, "slope": 0.2})
    assert silent.beyond_weights == said.beyond_weights == {"geometry": {**CONV, "slope": 0.2}}
    assert silent.assumed["eps"] == 1e-5 and "eps" not in said.assumed


@pytest.mark.slow
def test_known_layouts_are_assumed(tmp_path: Path) -> None:
    made(lambda: examples_discriminator(2), tmp_path / "d.pth")
    assumed = load_encoder(tmp_path / "d.pth").assumed
    assert (assumed["input"], assumed["strides"]) == ([64, 64], [2, 2, 2, 2, 1])
    assert (assumed["paddings"], assumed["slope"]) == ([1, 1, 1, 1, 0], 0.2)
    family = random_encoder("dcgan8", {}, 1)
    path = saved(tmp_path / "f.pth", family.network.state_dict())
    assert load_encoder(path).assumed == {"layout": "dcgan8", "preprocess": "x/127.5 − 1"}
    told = {"family": "dcgan8", "preprocess": {"mean": [0.5], "std": [0.5]}}
    assert load_encoder(path, geometry=told).assumed == {}
    drawn = saved(
        tmp_path / "g.pth", load_family("mnist_conditional").pair().generator.module.state_dict()
    )
    assert load_generator(drawn).assumed == {
        "layout": "mnist_conditional",
        "class numbering": "as in the data",
    }


@pytest.mark.slow
def test_the_order_of_z_and_label_is_said(tmp_path: Path) -> None:
    network = randomise(nn.Sequential(nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 25)), "g")
    path = saved(tmp_path / "g.pth", state(network))
    geometry: Given = {"image": [5, 5], "slope": 0.0, "output": "tanh", "z": "normal"}
    geometry |= {"label": "one_hot", "n_classes": 3}
    assumed = load_generator(path, geometry=geometry).assumed
    assert assumed == {"label_first": False, "class numbering": "as in the data"}
    lines = inspect_checkpoint(path, geometry).lines()
    assert "assumed: label_first false" in lines
    assert "assumed: class numbering as in the data" in lines
    said = load_generator(path, geometry={**geometry, "label_first": False}).assumed
    assert said == {"class numbering": "as in the data"}


def test_dense_layers_with_dropout_are_assumed(tmp_path: Path) -> None:
    parts: list[nn.Module] = [nn.Linear(6, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Dropout(0.4)]
    network = randomise(nn.Sequential(*parts, nn.Linear(9, 25)), "g")
    geometry: Given = {"image": [5, 5], "slope": 0.0, "output": "sigmoid", "z": "normal"}
    geometry |= {"label": "none"}
    drawn = load_generator(saved(tmp_path / "g.pth", state(network)), geometry=geometry)
    assert drawn.assumed == {"between": {"2": "leaky_relu", "3": "dropout"}, "eps": 1e-5}
    z = drawn.latent(4, rng_for("test"))
    with torch.no_grad():
        images = torch.sigmoid(network.eval()(torch.from_numpy(z))).reshape(4, 5, 5, 1)
    np.testing.assert_allclose(drawn.sample_float(z), images.numpy(), atol=1e-5)


def test_generators_have_gaps_too(tmp_path: Path) -> None:
    parts: list[nn.Module] = [nn.ConvTranspose2d(5, 8, 4), nn.GroupNorm(2, 8), nn.ELU()]
    parts += [nn.Dropout2d(0.5), nn.ConvTranspose2d(8, 1, 4, 2, 1)]
    network = randomise(nn.Sequential(*parts), "g")
    path = saved(tmp_path / "g.pth", state(network))
    geometry: Given = {"image": [8, 8], "strides": [1, 2], "paddings": [0, 1]}
    geometry |= {"output": "tanh", "z": "normal"}
    with pytest.raises(CheckpointError, match=r'norm: batch.*between: \{"2": …, "3": …\}'):
        load_generator(path, geometry=geometry)
    answer = {"norm": "group", "groups": 2, "between": {"2": "elu", "3": "dropout"}}
    drawn = load_generator(path, geometry={**geometry, **answer})
    z = drawn.latent(4, rng_for("test"))
    with torch.no_grad():
        images = torch.tanh(network.eval()(torch.from_numpy(z)[:, :, None, None]))
    expected = (images.permute(0, 2, 3, 1).numpy() + 1) / 2
    np.testing.assert_allclose(drawn.sample_float(z), expected, atol=1e-5)


@pytest.mark.slow
def test_what_forward_does_between_numbers_is_said_or_asked(tmp_path: Path) -> None:
    """A ModuleList has no numbers for what its forward() does."""
    layers = [nn.Conv2d(1, 4, 4, 2, 1), nn.Conv2d(4, 8, 4, 2, 1), nn.Conv2d(8, 1, 7)]
    listed = randomise(nn.ModuleList(layers), "list")
    path = saved(tmp_path / "d.pth", state(listed, "convs."))
    assumed = load_encoder(path, geometry=CONV).assumed
    assert assumed["between"] == {"0": "leaky_relu", "1": "leaky_relu"}
    given = {**CONV, "between": {"0": "relu", "1": "relu"}}
    encoder = load_encoder(path, geometry=given)
    plain = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])
    assert_equal_features(encoder, plain)
    some = nn.Sequential(layers[0], layers[1], nn.LeakyReLU(0.2), layers[2])
    path = saved(tmp_path / "some.pth", state(some))
    with pytest.raises(CheckpointError, match=r'between: \{"0": …\}'):
        load_encoder(path, geometry=CONV)
    encoder = load_encoder(path, geometry={**CONV, "between": {"0": "identity"}})
    assert_equal_features(encoder, some)


def test_what_stands_before_the_first_layer_is_asked_or_said(tmp_path: Path) -> None:
    parts = [nn.Upsample(scale_factor=2), nn.Conv2d(1, 4, 4, 2, 1), leaky(), nn.Conv2d(4, 1, 28)]
    path = saved(tmp_path / "d.pth", state(randomise(nn.Sequential(*parts), "d")))
    geometry = {"input": [28, 28], "strides": [2, 1], "paddings": [1, 0]}
    with pytest.raises(CheckpointError, match=r'between: \{"0": …\}'):
        load_encoder(path, geometry=geometry)
    dense = nn.Sequential(nn.Flatten(), nn.Linear(16, 4), leaky(), nn.Linear(4, 1))
    path = saved(tmp_path / "dense.pth", state(randomise(dense, "d")))
    assumed = load_encoder(path, geometry={"input": [4, 4], "slope": 0.2}).assumed
    assert assumed["between"] == {"0": "identity"}


@pytest.mark.slow
def test_a_head_that_does_not_cover_the_last_map_is_refused(tmp_path: Path) -> None:
    network = made(lambda: with_norm(nn.BatchNorm2d(32)), tmp_path / "d.pth")
    wrong = {**CONV, "input": [44, 44]}
    with pytest.raises(CheckpointError) as caught:
        load_encoder(tmp_path / "d.pth", geometry=wrong)
    assert "leaves 5×5 of a last map of 11×11 (kernel 7×7)" in str(caught.value)
    assert "head: [5, 5]" in str(caught.value) and "\n" not in str(caught.value)
    encoder = load_encoder(tmp_path / "d.pth", geometry={**wrong, "head": [5, 5]})
    assert_equal_features(encoder, network, 44)
    small = load_encoder(tmp_path / "d.pth", geometry={**CONV, "input": [16, 16]})
    assert small.assumed["head"] == "unused: its kernel of 7×7 is larger than the last map of 4×4"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"between": {"3": "relu"}}, CheckpointError, "3 is none of its places, 1, 4"),
        ({"between": {"1": "prelu"}}, CheckpointError, "1 is prelu, which has weights"),
        ({"between": {"1": "max_pool"}}, SettingsError, "size"),
        ({"between": {"1": "rleu"}}, SettingsError, "between"),
        ({"between": {"1": {"kind": "relu", "size": 2}}}, SettingsError, "size"),
        ({"between": {"one": "relu"}}, SettingsError, "integer"),
        ({"norm": "batch"}, CheckpointError, "norm would have no effect"),
        ({"groups": 4}, CheckpointError, "groups would have no effect"),
        ({"between": {"1": "relu", "4": "relu"}, "slope": 0.2}, CheckpointError, "slope would"),
        (
            {"between": {"1": {"kind": "group_norm", "groups": 5}}},
            CheckpointError,
            "5 groups of 16 channels",
        ),
    ],
)
def test_answers_that_cannot_be_are_refused(
    tmp_path: Path, given: Given, error: type[Exception], message: str
) -> None:
    made(lambda: with_norm(nn.BatchNorm2d(32)), tmp_path / "d.pth")
    with pytest.raises(error, match=message) as caught:
        load_encoder(tmp_path / "d.pth", geometry={**CONV, **given})
    assert "\n" not in str(caught.value)


def test_group_norm_needs_its_groups_and_maps_need_maps(tmp_path: Path) -> None:
    made(lambda: with_norm(nn.GroupNorm(4, 32)), tmp_path / "d.pth")
    with pytest.raises(CheckpointError, match=r"does not say its groups; give geometry: \{groups"):
        load_encoder(tmp_path / "d.pth", geometry={**CONV, "norm": "group"})
    dense = nn.Sequential(nn.Linear(16, 4), leaky(), nn.Linear(4, 1))
    path = saved(tmp_path / "dense.pth", state(randomise(dense, "d")))
    given = {"input": [4, 4], "between": {"1": POOL}}
    with pytest.raises(CheckpointError, match="max_pool goes with maps"):
        load_encoder(path, geometry=given)


def test_a_gap_of_any_size_is_one_short_line(tmp_path: Path) -> None:
    tensors = {"main.0.weight": torch.ones(2, 1, 3, 3), "main.999.weight": torch.ones(1, 2, 3, 3)}
    with pytest.raises(CheckpointError, match="and 12 and 986 more") as caught:
        load_encoder(saved(tmp_path / "d.pth", tensors))
    assert len(str(caught.value)) < 1000
    tensors["main.1000.weight"] = tensors.pop("main.999.weight")
    with pytest.raises(CheckpointError, match="no known layout"):
        load_encoder(saved(tmp_path / "d.pth", tensors))


@pytest.mark.slow
def test_cards_keep_what_was_assumed(tmp_path: Path) -> None:
    made(GAPS["max pool"][0], tmp_path / "d.pth")
    geometry = {**POOLED, **GAPS["max pool"][3]}
    before = load_encoder(tmp_path / "d.pth", geometry=geometry)
    assert before.assumed == {"preprocess": "x/127.5 − 1"}
    convert_checkpoint(tmp_path / "d.pth", tmp_path / "o.safetensors", {}, geometry=geometry)
    after = load_encoder(tmp_path / "o.safetensors")
    assert after.assumed == before.assumed
    assert after.beyond_weights == before.beyond_weights
    assert after.weights_hash == before.weights_hash
    said = {"preprocess": {"mean": [0.5], "std": [0.5]}}
    assert load_encoder(tmp_path / "o.safetensors", geometry=said).assumed == {}
    made(lambda: with_norm(nn.BatchNorm2d(32)), tmp_path / "n.pth")
    convert_checkpoint(tmp_path / "n.pth", tmp_path / "n.safetensors", {}, geometry=CONV)
    assumed = load_encoder(tmp_path / "n.safetensors").assumed
    assert (assumed["slope"], assumed["eps"]) == (0.2, 1e-5)


@pytest.mark.slow
def test_records_and_tables_say_what_was_assumed(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3, 1, 1), leaky(), nn.Conv2d(4, 1, 8))
    path = saved(tmp_path / "d.pth", state(randomise(network, "d")))
    row = {"kind": "checkpoint", "name": "mine", "path": str(path), "ablate": []}
    row |= {"geometry": {"input": [8, 8], "strides": [1, 1], "paddings": [1, 0]}}
    values: Given = {"name": "said", "data": {"name": "digits"}, "results": str(tmp_path / "r")}
    values |= {"representations": [row, {"kind": "pixels"}]}
    values |= {"protocol": {"kind": "full_labels", "grid": [0.01], "validation": 100}}
    values["protocol"]["train_size"] = 300
    first, second = run_pipeline(pipeline_from(values), Options(tmp_path / "cache"))
    assert second.outcome.representation.assumed == {}
    assert first.outcome.representation.assumed == {
        "between": {"1": "leaky_relu"},
        "slope": 0.2,
        "preprocess": "x/127.5 − 1",
    }
    said = "Assumed: between {1: leaky_relu}, preprocess x/127.5 − 1, slope 0.2."
    shown = table([tmp_path / "r"])
    assert shown.count(said) == 1
    stored = json.loads(next((tmp_path / "r").glob("mine.*.json")).read_text())
    del stored["outcome"]["representation"]["assumed"]
    stored["digests"] = {"outcome": digest_json(stored["outcome"])}
    # A record that was made before has no such field.
    older = saved_json(tmp_path / "older" / "mine.json", stored)
    assert "Assumed" not in table([older])


def saved_json(path: Path, values: object) -> Path:
    path.parent.mkdir()
    path.write_text(json.dumps(values))
    return path


def heads(*behind: nn.Module) -> nn.Sequential:
    first = [nn.Conv2d(1, 4, 4, 2, 1), leaky(), nn.Conv2d(4, 8, 4, 2, 1), nn.BatchNorm2d(8)]
    return nn.Sequential(*first, *behind)


HEADS: Given = {"input": [28, 28], "strides": [2, 2], "paddings": [1, 1]}


def test_convolutions_with_dense_layers_behind_them(tmp_path: Path) -> None:
    dense = [nn.Linear(8 * 49, 6), nn.BatchNorm1d(6), leaky(), nn.Dropout(0.4), nn.Linear(6, 1)]
    network = made(lambda: heads(leaky(), nn.Flatten(), *dense), tmp_path / "d.pth")
    encoder = load_encoder(tmp_path / "d.pth", geometry=HEADS)
    assert list(encoder.layers) == ["layer1", "layer2"]
    images = noise(3, 28, 28, 1)
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        expected, logits = network.eval()[:5](x), network(x)
        found = encoder.encode(images, ["layer2"], torch.clone)["layer2"]
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
        # What is built is the whole network, dense layers with their usual activations included.
        torch.testing.assert_close(encoder.network(x), logits, rtol=1e-4, atol=1e-4)
    assert encoder.assumed["between"] == {
        "1": "leaky_relu",
        "4": "leaky_relu",
        "5": "identity",
        "8": "leaky_relu",
        "9": "dropout",
    }
    lines = inspect_checkpoint(tmp_path / "d.pth", HEADS).lines()
    words = "discriminator of 2 convolutions and 2 dense in the layout of pytorch/examples"
    assert f"architecture: {words}" in lines
    with pytest.raises(CheckpointError, match=r"takes 392 numbers, the last map has 8×8×8"):
        load_encoder(tmp_path / "d.pth", geometry={**HEADS, "input": [32, 32]})
    with pytest.raises(CheckpointError, match="the checkpoint has 2 convolutions"):
        load_encoder(tmp_path / "d.pth", geometry={**HEADS, "strides": [2, 2, 1]})
    with pytest.raises(CheckpointError, match="head would have no effect"):
        load_encoder(tmp_path / "d.pth", geometry={**HEADS, "head": [1, 1]})


def test_what_stands_before_a_dense_head_is_asked_unless_it_is_usual(tmp_path: Path) -> None:
    network = [leaky(), nn.MaxPool2d(7), nn.Flatten(), nn.Linear(8, 1)]
    made(lambda: heads(*network), tmp_path / "d.pth")
    with pytest.raises(CheckpointError, match=r'between: \{"4": …, "5": …, "6": …\}'):
        load_encoder(tmp_path / "d.pth", geometry=HEADS)
    pool = {"kind": "max_pool", "size": 7}
    between = {"4": "leaky_relu", "5": pool, "6": "identity"}
    encoder = load_encoder(tmp_path / "d.pth", geometry={**HEADS, "between": between})
    assert encoder.layers["layer2"].height == 1
    made(lambda: heads(nn.Flatten(), nn.Linear(8 * 49, 1)), tmp_path / "bare.pth")
    with pytest.raises(CheckpointError, match=r'between: \{"4": …\}'):
        load_encoder(tmp_path / "bare.pth", geometry=HEADS)


def conditional(z_and_label: int) -> nn.Sequential:
    parts: list[nn.Module] = [nn.ConvTranspose2d(z_and_label, 8, 4, bias=False), nn.BatchNorm2d(8)]
    return nn.Sequential(*parts, nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1))


OF_MAPS: Given = {"image": [8, 8], "strides": [1, 2], "paddings": [0, 1], "slope": 0.0}
OF_MAPS |= {"output": "tanh", "z": "normal"}


@pytest.mark.parametrize("label_first", [True, False])
def test_a_label_is_joined_to_z_of_transposed_convolutions(
    tmp_path: Path, label_first: bool
) -> None:
    network = randomise(conditional(110), "g")
    path = saved(tmp_path / "g.pth", state(network))
    plain = load_generator(path, geometry=OF_MAPS)
    assert plain.spec.z_dim == 110 and plain.assumed["label"] == "none"
    with pytest.raises(CheckpointError, match="does not say its n_classes"):
        load_generator(path, geometry={**OF_MAPS, "label": "one_hot"})
    with pytest.raises(CheckpointError, match="takes 110 numbers, which leaves -10 for z"):
        load_generator(path, geometry={**OF_MAPS, "label": "one_hot", "n_classes": 120})
    given = {**OF_MAPS, "label": "one_hot", "n_classes": 10, "label_first": label_first}
    drawn = load_generator(path, geometry=given)
    assert (drawn.spec.z_dim, drawn.spec.n_classes) == (100, 10)
    z, labels = drawn.latent(4, rng_for("test")), np.array([0, 9, 2, 1])
    sides = [np.eye(10, dtype=np.float32)[labels], z]
    joined = np.concatenate(sides if label_first else sides[::-1], axis=1)
    with torch.no_grad():
        images = torch.tanh(network.eval()(torch.from_numpy(joined)[:, :, None, None]))
    expected = (images.permute(0, 2, 3, 1).numpy() + 1) / 2
    np.testing.assert_allclose(drawn.sample_float(z, labels), expected, atol=1e-5)


def test_an_embedded_label_of_transposed_convolutions(tmp_path: Path) -> None:
    network = randomise(nn.ModuleDict({"main": conditional(8)}), "g")
    embedding = torch.arange(9.0).reshape(3, 3) / 9
    tensors = {**network.state_dict(), "label_emb.weight": embedding}
    drawn = load_generator(saved(tmp_path / "g.pth", tensors), geometry=OF_MAPS)
    assert (drawn.spec.z_dim, drawn.spec.n_classes, drawn.spec.label) == (5, 3, "embedding")
    z, labels = drawn.latent(3, rng_for("test")), np.array([2, 0, 1])
    joined = np.concatenate([z, embedding.numpy()[labels]], axis=1)
    with torch.no_grad():
        images = torch.tanh(network["main"].eval()(torch.from_numpy(joined)[:, :, None, None]))
    expected = (images.permute(0, 2, 3, 1).numpy() + 1) / 2
    np.testing.assert_allclose(drawn.sample_float(z, labels), expected, atol=1e-5)


def test_the_order_of_a_label_that_there_is_not_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "g.pth", state(randomise(conditional(9), "g")))
    with pytest.raises(CheckpointError, match="label_first has no effect without label"):
        load_generator(path, geometry={**OF_MAPS, "label_first": True})
