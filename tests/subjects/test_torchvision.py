"""Networks of torchvision's by name, against torchvision itself; nothing is downloaded."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torchvision.models import (
    ViT_B_16_Weights,
    densenet121,
    googlenet,
    squeezenet1_1,
    swin_t,
    vit_b_16,
)

from dcgan_eval.core import CheckpointError, SettingsError, Subject, Work
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.subjects import Place, read_subjects
from dcgan_eval.subjects.kinds.torchvision import _asked_by
from tests.make.images import random_images

pytestmark = pytest.mark.slow

NAME = "squeezenet1_1-b8a52dc0.pth"
SMALL = {"kind": "torchvision", "model": "squeezenet1_1", "layers": ["features.3"]}
ROW = {**SMALL, "input": [3, 32, 32]}
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*arguments: Any, **keys: Any) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(7)
    path = tmp_path_factory.mktemp("weights") / NAME
    torch.save(squeezenet1_1().state_dict(), path)
    return path


def made(entry: dict[str, Any], part: int = 0, **place: Any) -> EncoderRepresentation:
    (settings,) = read_subjects([entry], {})
    (subject,) = settings.make(part, Place(**place))
    assert isinstance(subject, EncoderRepresentation)
    return subject


def features(subject: EncoderRepresentation, images: Any, cache: Path) -> Any:
    return subject.features(images, images, Work(cache))[:]


def as_input(images: Any) -> torch.Tensor:
    x = torch.from_numpy(images.images(0, len(images))).permute(0, 3, 1, 2) / 255
    return (x - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def test_weights_in_a_file_give_what_torchvision_gives(weights: Path, tmp_path: Path) -> None:
    images = random_images(3, (32, 32, 3))
    subject = made({**ROW, "weights": str(weights)})
    assert subject.name == "squeezenet1_1" and subject.seed is None
    network = squeezenet1_1().eval()
    network.load_state_dict(torch.load(weights, weights_only=True))
    with torch.no_grad():
        expected = F.adaptive_max_pool2d(network.features[:4](as_input(images)), 4).flatten(1)
    got = features(subject, images, tmp_path)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_images_of_another_size_are_resized_as_a_whole(weights: Path, tmp_path: Path) -> None:
    images = random_images(3, (20, 24, 3))
    subject = made({**ROW, "weights": str(weights)})
    network = squeezenet1_1().eval()
    network.load_state_dict(torch.load(weights, weights_only=True))
    x = torch.from_numpy(images.images(0, 3)).permute(0, 3, 1, 2).float()
    x = F.interpolate(x, (32, 32), mode="bilinear", antialias=True) / 255
    x = (x - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]
    with torch.no_grad():
        expected = F.adaptive_max_pool2d(network.features[:4](x), 4).flatten(1)
    got = features(subject, images, tmp_path)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    assert made(SMALL).encoder.input_shape == (3, 224, 224)


def test_random_weights_are_those_of_a_named_seed() -> None:
    state = torch.random.get_rng_state()
    seeds = [made({**ROW, "seeds": 2}, part) for part in (0, 1, 1)]
    assert torch.equal(torch.random.get_rng_state(), state)
    assert seeds[0].weights != seeds[1].weights == seeds[2].weights
    assert [one.name for one in seeds[:2]] == [f"random squeezenet1_1, seed {k}" for k in (0, 1)]
    assert made(ROW).weights == seeds[0].weights


def test_torchvisions_own_weights_are_read_from_its_cache_and_not_downloaded(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {**ROW, "weights": "IMAGENET1K_V1"}
    with pytest.raises(SettingsError, match=r"IMAGENET1K_V1 are not on .*; add --allow-download"):
        made(entry)

    def fetch(url: str, path: str, digest: str, progress: bool) -> None:
        assert url.endswith(NAME) and digest == "b8a52dc0"
        Path(path).write_bytes(weights.read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr(torch.hub, "download_url_to_file", fetch)
        fetched = made(entry, allow_download=True)
    assert made(entry).weights == fetched.weights
    # The same weights, wherever they lie, are the same subject.
    assert fetched.identity_values() == made({**ROW, "weights": str(weights)}).identity_values()


def test_reading_weights_runs_no_code(tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"features.0.weight": Payload()}, tmp_path / "bad.pth")
    with pytest.raises(CheckpointError):
        made({**ROW, "weights": str(tmp_path / "bad.pth")})
    assert not (tmp_path / "ran").exists()


def test_weights_are_loaded_completely_or_not_at_all(weights: Path, tmp_path: Path) -> None:
    state = torch.load(weights, weights_only=True)
    del state["features.0.bias"]
    torch.save(state, tmp_path / "part.pth")
    with pytest.raises(CheckpointError, match=r"part.pth: .* missing features.0.bias"):
        made({**ROW, "weights": str(tmp_path / "part.pth")})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"model": "squeezenet11"}, "^torchvision squeezenet11: no such model; did you mean squee"),
        ({"weights": "IMAGENET"}, "no weights 'IMAGENET'; did you mean 'IMAGENET1K_V1'"),
        ({"weights": "absent.pth"}, "absent.pth: no checkpoint there"),
        ({"options": {"depth": 3}}, r"cannot be made: .* unexpected keyword argument 'depth'"),
        ({"options": {"weights": "DEFAULT"}}, "'weights' is not to be given in options"),
        ({"weights": "DEFAULT", "seeds": 2}, "seeds has no effect on weights that are given"),
        ({"layers": ["features.33"]}, "unknown layer 'features.33'; did you mean"),
        ({"preprocess": {"mean": [0.5, 0.5], "std": [1, 1]}}, "preprocess has 2 values a mean"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(keys: Any, message: str) -> None:
    with pytest.raises((SettingsError, CheckpointError), match=message) as caught:
        made({**ROW, **keys})
    assert "\n" not in str(caught.value)


def test_what_a_user_says_stands_before_what_the_library_says() -> None:
    own = {"mean": [0.5], "std": [0.5], "resize": "bicubic"}
    values = made({**ROW, "preprocess": own}).identity_values()
    assert values["preprocess"] == own
    usual = made(ROW).identity_values()["preprocess"]
    assert usual == {"mean": list(MEAN), "std": list(STD), "resize": "bilinear"}


def pooled_by_hand(maps: torch.Tensor) -> torch.Tensor:
    return F.adaptive_avg_pool2d(maps, 2).flatten(1)


def test_swin_equals_the_permuted_reference(tmp_path: Path) -> None:
    path = tmp_path / "swin.pth"
    torch.manual_seed(0)
    network = swin_t().eval()
    torch.save(network.state_dict(), path)
    images = random_images(2, (64, 64, 3))
    entry = {"kind": "torchvision", "model": "swin_t", "weights": str(path)}
    keys = {"layers": ["features.1", "features.3"], "input": [3, 64, 64], "pool": "avg", "grid": 2}
    subject = made({**entry, **keys})
    with torch.no_grad():
        expected = [
            pooled_by_hand(network.features[:end](as_input(images)).permute(0, 3, 1, 2))
            for end in (2, 4)
        ]
    got = features(subject, images, tmp_path / "cache")
    np.testing.assert_allclose(got, torch.cat(expected, 1), rtol=1e-4, atol=1e-4)


def test_a_vit_is_read_by_the_names_of_its_blocks() -> None:
    layers = ["encoder.layers[-2:]", "encoder.ln"]
    entry = {"kind": "torchvision", "model": "vit_b_16", "layers": layers, "tokens": "cls"}
    options = {"image_size": 32, "num_layers": 2, "hidden_dim": 24, "mlp_dim": 24, "num_heads": 2}
    with pytest.raises(SettingsError, match="cannot be made"):
        made({**entry, "options": options})  # torchvision fixes all but these
    assert vit_b_16(image_size=32).image_size == 32
    subject: Subject = made({**entry, "options": {"image_size": 32}, "input": [3, 32, 32]})
    names = ["encoder.layers.encoder_layer_10", "encoder.layers.encoder_layer_11", "encoder.ln"]
    assert subject.identity_values()["layers"] == names


@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
def test_own_weights_bring_the_scaling_that_they_were_trained_with(tmp_path: Path) -> None:
    images = random_images(2, (64, 64, 3))
    torch.manual_seed(0)
    state = googlenet(weights=None, init_weights=False).state_dict()
    file = Path(torch.hub.get_dir(), "checkpoints", "googlenet-1378be20.pth")
    file.parent.mkdir(parents=True)
    torch.save(state, file)
    entry = {"kind": "torchvision", "model": "googlenet", "layers": ["conv1"], "input": [3, 64, 64]}
    subject = made({**entry, "weights": "DEFAULT"})
    network = googlenet(weights="DEFAULT").eval()
    x = network._transform_input(as_input(images))
    with torch.no_grad():
        expected = F.adaptive_max_pool2d(network.conv1(x), 4).flatten(1)
    got = features(subject, images, tmp_path / "cache")
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    # The same weights without it are another network.
    plain = made({**entry, "weights": str(file)})
    assert plain.weights == subject.weights
    assert plain.identity_values() != subject.identity_values()


def test_own_weights_under_old_names_are_found() -> None:
    network = densenet121()
    state = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12]\.)", r"\1.\2", name): one
        for name, one in network.state_dict().items()
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in state
    file = Path(torch.hub.get_dir(), "checkpoints", "densenet121-a639ec97.pth")
    file.parent.mkdir(parents=True)
    torch.save(state, file)
    entry = {"kind": "torchvision", "model": "densenet121", "layers": ["features.denseblock1"]}
    subject = made({**entry, "weights": "IMAGENET1K_V1", "input": [3, 32, 32]})
    mean = network.features.norm0.weight
    assert torch.equal(subject.encoder.network.features.norm0.weight, mean)


def test_own_weights_of_larger_images_make_a_larger_transformer() -> None:
    weights = ViT_B_16_Weights.IMAGENET1K_SWAG_E2E_V1
    assert _asked_by(weights, "vit_b_16") == {"image_size": 384}
    assert _asked_by(ViT_B_16_Weights.DEFAULT, "vit_b_16") == {}


def test_swin_is_read_as_it_is_where_nothing_else_can_tell() -> None:
    """As many channels as columns."""
    subject = made(
        {"kind": "torchvision", "model": "swin_t", "layers": ["features.1"], "input": [3, 384, 384]}
    )
    assert subject.identity_values()["layout"] == "channels_last"
    assert subject.encoder.layers["features.1"].channels == 96
