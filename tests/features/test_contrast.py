"""Whether a network sees contrast, by where batch norm gets its statistics."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from dcgan_eval.core import CheckpointError
from dcgan_eval.features import contrast_changes
from dcgan_eval.models import Encoder, load_family, random_encoder
from tests.make.commands import call
from tests.make.networks import randomise

ZOO = Path(__file__).parents[2] / "zoo"


def encoder_of(network: nn.Module, layer: str = "0") -> Encoder:
    return Encoder(network, [layer], (1, 8, 8))


def changes(encoder: Encoder) -> dict[str, tuple[float, float]]:
    """Features and output by statistics."""
    return {one.statistics: (one.features, one.output) for one in contrast_changes(encoder)}


BATCH, JOINT = "each batch's statistics", "both halves in one batch (joint_batch)"


@pytest.mark.parametrize("name", ["dcgan8", "svhn32", "dcgan28"])
def test_the_papers_discriminator_is_blind_but_not_in_a_joint_batch(name: str) -> None:
    encoder = random_encoder(name, {}, 0)
    found = changes(encoder)
    assert max(found[BATCH]) < 1e-3 and min(found[JOINT]) > 0.1
    # Its statistics are neutral ones.
    assert list(found) == [BATCH, JOINT]


def test_a_discriminator_with_biases_is_not() -> None:
    network = load_family("dcgan8").pair().discriminator.module
    conv = network.get_submodule("layer1.conv")
    biased = nn.Conv2d(1, 32, 3, 1, 1)
    with torch.no_grad():
        biased.weight.copy_(conv.weight), biased.bias.uniform_(0.1, 0.5)
    network.get_submodule("layer1").conv = biased
    assert min(changes(Encoder(network, ["layer3"], (1, 8, 8)))[BATCH]) > 0.01


def test_stored_statistics_see_it() -> None:
    network = load_family("dcgan8").pair().discriminator.module
    encoder = Encoder(randomise(network, "contrast"), ["layer3"], (1, 8, 8))
    found = changes(encoder)
    assert max(found[BATCH]) < 1e-3 and min(found["stored statistics"]) > 0.05
    again = changes(encoder)
    assert found == again


def test_without_batch_norm_the_numbers_are_those_of_the_output() -> None:
    """A homogeneous network halves what it says; one that does not look at images says the same."""
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(108, 1))
    for part in (network[0], network[3]):
        nn.init.zeros_(part.bias)
    ((features, output),) = changes(encoder_of(network)).values()
    assert features == pytest.approx(0.5) and output == pytest.approx(0.5, abs=1e-6)
    unmoved = copy.deepcopy(network)
    nn.init.zeros_(unmoved[3].weight), nn.init.ones_(unmoved[3].bias)
    assert changes(encoder_of(unmoved))["no batch norm"][1] == 0


def test_inspect_says_it_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = ZOO / "digits_dcgan8.safetensors"
    plain = call(["inspect", path], capsys).out.splitlines()
    asked = call(["inspect", path, "--contrast"], capsys).out.splitlines()
    assert asked[: len(plain)] == plain
    said = asked[len(plain) :]
    assert [line.split(":")[0] for line in said] == [
        f"contrast halved, {words}" for words in (BATCH, JOINT, "stored statistics")
    ]
    assert ["does not see contrast" in line for line in said] == [True, False, False]


def test_what_has_no_output_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generator = call(["inspect", ZOO / "mnist_mlp.safetensors", "--contrast"], capsys)
    assert generator.code == 2 and "this is a generator" in generator.err
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(3, 1))
    with pytest.raises(CheckpointError, match="gives no output of images of its shape"):
        contrast_changes(encoder_of(network))
