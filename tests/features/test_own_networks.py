"""Networks of a user's own: in-place activations change nothing, code runs only when allowed."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import SwinTransformer

from dcgan_eval.core import CodeRefusedError, LayoutWarning, SettingsError
from dcgan_eval.features import extract_features
from dcgan_eval.models import Encoder
from dcgan_eval.subjects import Place, read_subjects
from examples.own_networks import random_resnet, small_inplace
from tests.make.images import random_images


@pytest.mark.parametrize("layers", [["0", "2", "4"], ["1", "3", "5"], ["0", "1", "4", "5"]])
def test_in_place_activations_give_the_features_of_an_out_of_place_copy(
    layers: list[str], tmp_path: Path
) -> None:
    images = random_images(150)
    found = [
        extract_features(Encoder(small_inplace(inplace), layers, (1, 8, 8)), images)[:]
        for inplace in (True, False)
    ]
    assert np.array_equal(found[0], found[1])
    # The convolution's map was read before the activation overwrote it: it has values that no
    # ReLU leaves behind.
    assert found[0].min() < 0


@pytest.mark.slow
def test_torchvisions_resnet_is_an_encoder_by_layer_names() -> None:
    encoder = Encoder(random_resnet(), ["layer1", "layer2", "layer3", "layer4"], (3, 32, 32))
    images = random_images(6, (32, 32, 3))
    matrix = extract_features(encoder, images, batch_norm="dataset")
    assert matrix.shape == (6, (64 + 128 + 256 + 512) * 16)
    assert list(matrix.spans) == ["layer1", "layer2", "layer3", "layer4"]


def small_swin() -> SwinTransformer:
    torch.manual_seed(0)
    return SwinTransformer([4, 4], 24, [1, 1], [2, 2], [4, 4], stochastic_depth_prob=0.0)


class First(nn.Module):
    """A part of a network with channels last, and its maps with channels first."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part, self.first = part, nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.first(self.part(x).permute(0, 3, 1, 2).contiguous())
        return out


@pytest.mark.parametrize("layer", ["1", "3"])
def test_maps_with_channels_last_give_the_features_of_the_permuted_ones(layer: str) -> None:
    images = random_images(6, (32, 32, 3))
    swin = small_swin().features
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder = Encoder(swin, [layer], (3, 32, 32), layout="channels_last")
        reference = Encoder(First(swin[: int(layer) + 1]), ["first"], (3, 32, 32))
    assert encoder.layers[layer] == reference.layers["first"]
    got, want = extract_features(encoder, images), extract_features(reference, images)
    np.testing.assert_array_equal(got[:], want[:])
    assert got.shape == (6, {"1": 24, "3": 48}[layer] * 16)


@pytest.mark.slow
def test_maps_that_look_channels_last_are_warned_of() -> None:
    message = (
        r"layer '1' \(and 1 more\) gives n×8×8×24 for images of 3×32×32: it looks channels_last "
        r"and is read channels_first; set layout: channels_last if it is"
    )
    with pytest.warns(LayoutWarning, match=message):
        Encoder(small_swin().features, ["1", "3"], (3, 32, 32))
    with pytest.warns(LayoutWarning, match="looks channels_first and is read channels_last"):
        Encoder(random_resnet(), ["layer2"], (3, 32, 32), layout="channels_last")


def test_a_pipeline_reads_the_layout_and_the_usual_one_is_not_in_identities() -> None:
    made = []
    for layout in ({}, {"layout": "channels_first"}, {"layout": "channels_last"}):
        entries = [{**entry("examples.own_networks:small_inplace")[0], **layout}]
        (settings,) = read_subjects(entries, {})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LayoutWarning)
            (subject,) = settings.make(0, Place(allow_code=True))
        made.append(subject.identity_values())
    assert made[0] == made[1] and "layout" not in made[0]
    assert made[2] == {**made[0], "layout": "channels_last"}


def entry(module: str) -> list[dict[str, object]]:
    return [{"kind": "module", "module": module, "input": [1, 8, 8], "layers": ["1", "3"]}]


def test_code_is_refused_unless_it_is_allowed() -> None:
    (settings,) = read_subjects(entry("examples.own_networks:small_inplace"), {})
    with pytest.raises(CodeRefusedError, match="--allow-code"):
        settings.make(0, Place())
    assert len(settings.make(0, Place(allow_code=True))) == 1


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("examples.absent:f", "cannot be imported"),
        ("examples.own_networks:absent", "cannot be imported"),
        ("pathlib:Path", "expected a torch.nn.Module"),
    ],
)
def test_code_that_gives_no_network(module: str, message: str) -> None:
    (settings,) = read_subjects(entry(module), {})
    with pytest.raises(SettingsError, match=message):
        settings.make(0, Place(allow_code=True))
