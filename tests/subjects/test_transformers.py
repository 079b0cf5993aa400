"""Networks of transformers, against themselves; nothing is downloaded and no code is read."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dcgan_eval.core import CheckpointError, SettingsError, Work
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.subjects import Place, read_subjects
from tests.make.images import random_images


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **keys: Any) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


transformers = pytest.importorskip(
    "transformers", reason="needs transformers: pip install 'dcgan-eval[transformers]'"
)

SMALL = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 2}
SMALL |= {"intermediate_size": 24, "image_size": 16, "patch_size": 4}
MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.3, 0.4]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vit")
    torch.manual_seed(0)
    transformers.ViTModel(transformers.ViTConfig(**SMALL)).save_pretrained(path)
    said = {"image_processor_type": "ViTImageProcessor", "image_mean": MEAN, "image_std": STD}
    said |= {"resample": 2, "size": {"height": 16, "width": 16}}
    (path / "preprocessor_config.json").write_text(json.dumps(said))
    return path


def made(model: Path | str, part: int = 0, **keys: Any) -> EncoderRepresentation:
    entry = {"kind": "transformers", "model": str(model), "layers": ["layernorm"], "tokens": "cls"}
    (settings,) = read_subjects([{**entry, **keys}], {})
    (subject,) = settings.make(part, Place())
    assert isinstance(subject, EncoderRepresentation)
    return subject


def test_what_the_model_gives_is_read_by_name(folder: Path, tmp_path: Path) -> None:
    images = random_images(4, (16, 16, 3))
    layers = [".[last_hidden_state]", "layers[-1:]"]
    subject = made(folder, layers=layers, tokens="cls+mean")
    network = transformers.ViTModel.from_pretrained(folder).eval()
    x = torch.from_numpy(images.images(0, 4)).permute(0, 3, 1, 2) / 255
    x = (x - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]
    with torch.no_grad():
        seen = network(x, output_hidden_states=True)
    expected = [
        torch.cat([out[:, 0], out[:, 1:].mean(1)], 1)
        for out in (seen.hidden_states[-1], seen.last_hidden_state)
    ]
    got = subject.features(images, images, Work(tmp_path))
    assert list(got.spans) == ["layers.1", ".[last_hidden_state]"]
    np.testing.assert_allclose(got[:], torch.cat(expected, 1), rtol=1e-4, atol=1e-4)
    said = subject.identity_values()["preprocess"]
    assert said == {"mean": MEAN, "std": STD, "resize": "bilinear"}


def test_random_weights_are_those_of_a_named_seed(folder: Path) -> None:
    seeds = [made(folder, part, pretrained=False, seeds=2) for part in (0, 1, 1)]
    assert seeds[0].weights != seeds[1].weights == seeds[2].weights != made(folder).weights


def test_tokens_before_the_patches_are_what_the_configuration_says(tmp_path: Path) -> None:
    small = {key: value for key, value in SMALL.items() if key != "intermediate_size"}
    config = transformers.Dinov2WithRegistersConfig(**small, num_register_tokens=4)
    config.save_pretrained(tmp_path)
    subject = made(
        tmp_path, pretrained=False, preprocess={"mean": [0.5], "std": [0.5]}, tokens="mean"
    )
    assert subject.identity_values()["prefix_tokens"] == 5


def test_the_images_side_of_a_model_of_images_and_texts(tmp_path: Path) -> None:
    side = {**SMALL, "projection_dim": 8}
    text = {"hidden_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.CLIPConfig(vision_config=side, text_config=text)
    config.save_pretrained(tmp_path)
    half = {"mean": [0.5], "std": [0.5]}
    subject = made(tmp_path, pretrained=False, preprocess=half, layers=["encoder.layers[-1:]"])
    assert subject.encoder.input_shape == (3, 16, 16)


def test_a_network_of_convolutions_takes_any_size(tmp_path: Path) -> None:
    shape = {"embedding_size": 8, "hidden_sizes": [8, 8], "depths": [1, 1], "layer_type": "basic"}
    transformers.ResNetConfig(**shape).save_pretrained(tmp_path)
    half: dict[str, Any] = {"pretrained": False, "preprocess": {"mean": [0.5], "std": [0.5]}}
    layers = ["encoder.stages.0"]
    with pytest.raises(SettingsError, match="has no image_size; give input"):
        made(tmp_path, **half, layers=layers, tokens=None)
    subject = made(tmp_path, **half, layers=layers, tokens=None, input=[3, 32, 32])
    assert subject.encoder.input_shape == (3, 32, 32)


def test_code_of_a_repository_is_not_run(folder: Path, tmp_path: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModel": "own.Net"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(SettingsError, match="cannot be made"):
        made(tmp_path)
    assert not (tmp_path / "ran").exists()
    with pytest.raises(SettingsError, match="'trust_remote_code' is not to be given in options"):
        made(folder, options={"trust_remote_code": True})


def test_a_pickle_is_not_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    network = transformers.ViTModel.from_pretrained(folder)
    torch.save(network.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(SettingsError, match="cannot be made") as caught:
        made(tmp_path)
    assert "\n" not in str(caught.value)


def test_weights_that_are_missing_are_named(folder: Path, tmp_path: Path) -> None:
    network = transformers.ViTModel(transformers.ViTConfig(**SMALL), add_pooling_layer=False)
    network.save_pretrained(tmp_path)
    half = {"mean": [0.5], "std": [0.5]}
    with pytest.raises(CheckpointError, match=r"lacks pooler\.dense.*add_pooling_layer: false"):
        made(tmp_path, preprocess=half)
    made(tmp_path, preprocess=half, options={"add_pooling_layer": False})
    with pytest.raises(SettingsError, match="how pixels become its input; give preprocess"):
        made(tmp_path, options={"add_pooling_layer": False})


def test_what_is_not_on_this_machine_is_one_line() -> None:
    with pytest.raises(SettingsError, match="nobody/nothing: its files are not") as caught:
        made("nobody/nothing")
    assert "\n" not in str(caught.value)
    assert "--allow-download" in str(caught.value)


def processor(path: Path, **said: Any) -> None:
    said = {"image_processor_type": "ViTImageProcessor", **said}
    (path / "preprocessor_config.json").write_text(json.dumps(said))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"do_normalize": False},
        {"do_rescale": False, "image_mean": [100, 110, 120], "image_std": [50, 60, 70]},
        {"rescale_factor": 1 / 127.5, "image_mean": [1, 1, 1], "image_std": [1, 1, 1]},
        {"image_mean": MEAN, "image_std": STD, "resample": 3},
    ],
)
def test_pixels_become_what_the_models_own_processor_makes_of_them(
    said: dict[str, Any], tmp_path: Path
) -> None:
    transformers.ViTConfig(**SMALL).save_pretrained(tmp_path)
    processor(tmp_path, size={"height": 16, "width": 16}, **said)
    preprocess = made(tmp_path, pretrained=False).encoder.preprocess
    images = random_images(3, (16, 16, 3)).images(0, 3)
    theirs = transformers.AutoImageProcessor.from_pretrained(tmp_path)
    expected = theirs(images=list(images), return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(preprocess(torch.from_numpy(images)), expected, rtol=1e-4, atol=1e-4)
    assert preprocess.resize == ("bicubic" if said.get("resample") == 3 else "bilinear")


def test_a_processor_that_does_more_is_refused(tmp_path: Path) -> None:
    transformers.ViTConfig(**SMALL).save_pretrained(tmp_path)
    flips = {"image_mean": [0, 0, 0], "image_std": [1, 1, 1], "do_flip_channel_order": True}
    processor(tmp_path, **flips, image_processor_type="MobileViTImageProcessor")
    with pytest.raises(SettingsError, match=r"MobileViTImageProcessor.* does more than resize"):
        made(tmp_path, pretrained=False)
    made(tmp_path, pretrained=False, preprocess={"mean": [0.0], "std": [1.0]})


def test_a_vision_transformer_without_a_class_token_has_none(tmp_path: Path) -> None:
    transformers.SiglipVisionConfig(**SMALL).save_pretrained(tmp_path)
    half: dict[str, Any] = {"pretrained": False, "preprocess": {"mean": [0.5], "std": [0.5]}}
    subject = made(tmp_path, **half, layers=["post_layernorm"], tokens="mean")
    assert subject.identity_values()["prefix_tokens"] == 0
    with pytest.raises(SettingsError, match="tokens: cls with prefix_tokens: 0"):
        made(tmp_path, **half, layers=["post_layernorm"])
    small = {**SMALL, "image_size": [16, 16]}
    transformers.DeiTConfig(**small).save_pretrained(tmp_path)
    assert made(tmp_path, **half, tokens="mean").identity_values()["prefix_tokens"] == 2


def test_an_autoencoder_that_masks_at_random_is_refused(tmp_path: Path) -> None:
    transformers.ViTMAEConfig(**SMALL).save_pretrained(tmp_path)
    half: dict[str, Any] = {"pretrained": False, "preprocess": {"mean": [0.5], "std": [0.5]}}
    with pytest.raises(SettingsError, match="draws at random in evaluation mode"):
        made(tmp_path, **half)
