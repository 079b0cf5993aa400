"""Networks of a user's own: in-place activations change nothing, code runs only when allowed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.core import CodeRefusedError, SettingsError
from dcgan_eval.features import extract_features
from dcgan_eval.models import Encoder
from dcgan_eval.subjects import Place, read_subjects
from examples.own_networks import random_resnet, small_inplace
from tests.images import random_images


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


def test_torchvisions_resnet_is_an_encoder_by_layer_names() -> None:
    encoder = Encoder(random_resnet(), ["layer1", "layer2", "layer3", "layer4"], (3, 32, 32))
    images = random_images(6, (32, 32, 3))
    matrix = extract_features(encoder, images, batch_norm="dataset")
    assert matrix.shape == (6, (64 + 128 + 256 + 512) * 16)
    assert list(matrix.spans) == ["layer1", "layer2", "layer3", "layer4"]


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
