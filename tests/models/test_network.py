"""A network gets its weights, all or none, and is an encoder or a generator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from dcgan_eval.core import CheckpointError
from dcgan_eval.models import (
    Encoder,
    Generator,
    GeneratorSpec,
    ImageInput,
    LayerShape,
    Network,
    Preprocess,
    initialise,
    load_encoder,
    load_family,
)
from dcgan_eval.models.network import with_weights
from tests.make.networks import randomise, saved


def judge() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 1)
    )


def discriminator(device: str = "meta") -> Network[ImageInput]:
    with torch.device(device):
        module = judge()
    return Network(
        module,
        takes=ImageInput((1, 8, 8), Preprocess(mean=(0.1,), std=(0.2,))),
        layers=("2",),
        names={"main.last.weight": "4.weight", "main.last.bias": "4.bias"},
        assumed={"slope": 0.0},
        beyond_weights={"geometry": {"slope": 0.0}},
    )


def weights() -> dict[str, torch.Tensor]:
    tensors = dict(randomise(judge(), "network").state_dict())
    for what in ("weight", "bias"):
        tensors[f"main.last.{what}"] = tensors.pop(f"4.{what}")
    return tensors


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_a_discriminator_with_its_weights_is_an_encoder(device: str) -> None:
    encoder = with_weights(discriminator(device), weights())
    assert isinstance(encoder, Encoder)
    assert encoder.layers == {"2": LayerShape(4, 4, 4)}
    assert encoder.preprocess == Preprocess(mean=(0.1,), std=(0.2,))
    assert (encoder.assumed, encoder.beyond_weights) == (
        {"slope": 0.0},
        {"geometry": {"slope": 0.0}},
    )
    assert not encoder.missing_statistics
    plain = randomise(judge(), "network").eval()
    x = torch.rand(2, 1, 8, 8)
    assert torch.equal(encoder.network(x), plain(x))


def test_statistics_that_no_file_has_are_neutral_and_said() -> None:
    tensors = {name: tensor for name, tensor in weights().items() if "running" not in name}
    encoder = with_weights(discriminator(), tensors)
    assert encoder.missing_statistics
    norm = encoder.network.get_submodule("1")
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None and norm.running_var is not None
    assert not norm.running_mean.any() and bool((norm.running_var == 1).all())


def test_a_generator_is_tried_out() -> None:
    spec = GeneratorSpec(z_dim=3, image_shape=(1, 2, 2))
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Unflatten(1, (1, 2, 2)))
    network = Network(module, takes=spec)
    assert isinstance(with_weights(network, module.state_dict()), Generator)
    other = replace(network, takes=spec.model_copy(update={"image_shape": (1, 3, 3)}))
    with pytest.raises(CheckpointError, match=r"does not draw images of \(1, 3, 3\)"):
        with_weights(other, module.state_dict())


def test_a_familys_own_preprocessing_is_that_of_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = load_family("dcgan8")
    pair = family.pair()
    initialise(pair.discriminator.module, "test")
    path = saved(tmp_path / "d.pth", pair.discriminator.module.state_dict())
    assert load_encoder(path).assumed == {"layout": "dcgan8", "preprocess": "x/127.5 − 1"}
    own = Preprocess(mean=(0.0,), std=(1.0,))
    takes = replace(pair.discriminator.takes, preprocess=own)
    changed = replace(pair, discriminator=replace(pair.discriminator, takes=takes))
    monkeypatch.setattr(type(family), "pair", lambda self: changed)
    encoder = load_encoder(path)
    assert (encoder.preprocess, encoder.assumed) == (own, {"layout": "dcgan8"})
