"""Networks of timm's by name, against timm itself; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from dcgan_eval.core import CheckpointError, LayoutWarning, SettingsError, Silent, Work
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.pipeline import Options, pipeline_from, run_pipeline
from dcgan_eval.pipeline.remade import job_again
from dcgan_eval.subjects import Place, read_subjects
from tests.make.images import random_images

timm = pytest.importorskip("timm", reason="needs timm: pip install 'dcgan-eval[timm]'")

TINY = {"img_size": 32, "patch_size": 8, "depth": 3, "embed_dim": 24, "num_heads": 2}
VIT = {
    "kind": "timm",
    "model": "vit_tiny_patch16_224",
    "options": TINY,
    "layers": ["norm"],
    "tokens": "cls",
}
SWIN_OPTIONS = {
    "img_size": 64,
    "window_size": 2,
    "depths": [1, 1, 1, 1],
    "embed_dim": 12,
    "num_heads": [1, 2, 2, 2],
}
SWIN = {
    "kind": "timm",
    "model": "swin_tiny_patch4_window7_224",
    "options": SWIN_OPTIONS,
    "layers": ["layers[:2]"],
    "pool": "avg",
    "grid": 2,
}


def made(entry: dict[str, Any], part: int = 0, **place: Any) -> EncoderRepresentation:
    (settings,) = read_subjects([entry], {})
    (subject,) = settings.make(part, Place(**place))
    assert isinstance(subject, EncoderRepresentation)
    return subject


def features(subject: EncoderRepresentation, images: Any, cache: Path) -> Any:
    return subject.features(images, images, Work(cache))[:]


def as_input(images: Any, network: Any) -> torch.Tensor:
    config = network.pretrained_cfg
    mean, std = (torch.tensor(config[key])[:, None, None] for key in ("mean", "std"))
    x = torch.from_numpy(images.images(0, len(images))).permute(0, 3, 1, 2) / 255
    return (x - mean) / std


POOLED = {
    "cls": lambda out, first: out[:, 0],
    "mean": lambda out, first: out[:, first:].mean(1),
    "cls+mean": lambda out, first: torch.cat([out[:, 0], out[:, first:].mean(1)], 1),
}


@pytest.mark.parametrize("tokens", POOLED)
@pytest.mark.parametrize("model", ["vit_tiny_patch16_224", "vit_small_patch14_reg4_dinov2"])
def test_tokens_are_those_of_forward_features_pooled_by_hand(
    model: str, tokens: str, tmp_path: Path
) -> None:
    torch.manual_seed(3)
    network = timm.create_model(model, **TINY).eval()
    save_file(network.state_dict(), tmp_path / "w.safetensors")
    entry = {**VIT, "model": model, "tokens": tokens}
    subject = made({**entry, "pretrained": str(tmp_path / "w.safetensors")})
    images = random_images(4, (32, 32, 3))
    with torch.no_grad():
        out = network.forward_features(as_input(images, network))
    first = network.num_prefix_tokens
    assert first == (5 if "reg4" in model else 1)
    expected = POOLED[tokens](out, first)
    got = features(subject, images, tmp_path / "cache")
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    assert subject.identity_values()["prefix_tokens"] == first


def test_the_last_blocks_are_those_of_forward_intermediates(tmp_path: Path) -> None:
    torch.manual_seed(3)
    network = timm.create_model(VIT["model"], **TINY).eval()
    save_file(network.state_dict(), tmp_path / "w.safetensors")
    images = random_images(4, (32, 32, 3))
    entry = {**VIT, "layers": ["blocks[-2:]"], "tokens": "mean"}
    subject = made({**entry, "pretrained": str(tmp_path / "w.safetensors")})
    with torch.no_grad():
        blocks = network.forward_intermediates(
            as_input(images, network), indices=2, intermediates_only=True, output_fmt="NLC"
        )
    got = features(subject, images, tmp_path / "cache")
    expected = torch.cat([out.mean(1) for out in blocks], 1)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_swin_equals_the_permuted_reference(tmp_path: Path) -> None:
    subject = made(SWIN)
    images = random_images(3, (64, 64, 3))
    network = subject.encoder.network
    with torch.no_grad():
        maps = network.patch_embed(as_input(images, network))
        expected = []
        for stage in network.layers[:2]:
            maps = stage(maps)
            first = maps.permute(0, 3, 1, 2)
            expected.append(F.adaptive_avg_pool2d(first, 2).flatten(1))
    got = features(subject, images, tmp_path)
    np.testing.assert_allclose(got, torch.cat(expected, 1), rtol=1e-4, atol=1e-4)
    assert subject.identity_values()["layout"] == "channels_last"


def test_random_weights_are_those_of_a_named_seed() -> None:
    seeds = [made({**VIT, "seeds": 2}, part) for part in (0, 1, 1)]
    assert seeds[0].weights != seeds[1].weights == seeds[2].weights
    assert seeds[1].name == "random vit_tiny_patch16_224, seed 1" and seeds[1].seed == 1


def test_what_the_model_was_trained_with_is_its_preprocessing() -> None:
    values = made(VIT).identity_values()
    assert values["input"] == [3, 32, 32]
    assert values["preprocess"] == {"mean": [0.5] * 3, "std": [0.5] * 3, "resize": "bicubic"}
    plain = made({"kind": "timm", "model": "resnet18", "layers": ["layer1"]}).identity_values()
    assert plain["input"] == [3, 224, 224]
    assert plain["preprocess"]["mean"] == [0.485, 0.456, 0.406]


def test_timms_own_weights_are_read_from_the_hubs_cache_and_not_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    file = tmp_path / "model.safetensors"
    torch.manual_seed(3)
    save_file(timm.create_model(VIT["model"], **TINY).state_dict(), file)
    asked: list[tuple[str, str]] = []

    def cached(repository: str, name: str) -> str | None:
        asked.append((repository, name))
        return str(file) if len(asked) > 2 else None

    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", cached)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *names: str(file))
    entry = {**VIT, "pretrained": True}
    with pytest.raises(SettingsError, match=r"not on this machine.*; add --allow-download"):
        made(entry)
    downloaded = made(entry, allow_download=True)
    found = made(entry)
    assert asked == 3 * [("timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k", "model.safetensors")]
    given = made({**VIT, "pretrained": str(file)})
    assert downloaded.weights == found.weights == given.weights != made(VIT).weights
    assert found.identity_values() == given.identity_values()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"model": "vit_tiny_patch16_22"}, "no such model; did you mean vit_tiny_patch16_224"),
        ({"model": "hf-hub:someone/else"}, "no such model; "),
        ({"options": {"dept": 3}}, r"cannot be made: .* unexpected keyword argument 'dept'"),
        ({"options": {"checkpoint_path": "x"}}, "'checkpoint_path' is not to be given in options"),
        ({"pretrained": "absent.pth"}, "absent.pth: no checkpoint there"),
        ({"pretrained": True, "seeds": 2}, "seeds has no effect on weights that are given"),
        ({"tokens": None}, "a layer gives 17 tokens; set tokens"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(keys: Any, message: str) -> None:
    with pytest.raises((SettingsError, CheckpointError), match=message) as caught:
        made({**VIT, **keys})
    assert "\n" not in str(caught.value)


def test_a_record_is_made_again_of_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    entry = {**VIT, "model": "vit_small_patch14_reg4_dinov2", "tokens": "mean"}
    values = {
        "name": "timm",
        "data": {"name": "digits", "channels": "rgb"},
        "representations": [entry],
        "protocol": {"kind": "full_labels", "train_size": 60, "grid": [0.01]},
        "results": "r",
    }
    options = Options(Path("cache"))
    (record,) = run_pipeline(pipeline_from(values), options)
    _, job = job_again(record, options, Silent())
    assert job.id == record.id
    assert record.outcome.representation.identity["prefix_tokens"] == 5


def test_a_network_without_a_class_token_has_none() -> None:
    entry = {"kind": "timm", "model": "mixer_s32_224", "layers": ["blocks[-1:]"]}
    assert made({**entry, "tokens": "mean"}).identity_values()["prefix_tokens"] == 0
    with pytest.raises(SettingsError, match="tokens: cls with prefix_tokens: 0; use tokens: mean"):
        made({**entry, "tokens": "cls"})


def test_a_class_token_that_comes_later_is_missed() -> None:
    entry = {"kind": "timm", "model": "cait_xxs24_224", "layers": ["blocks[-1:]"]}
    options = {"depth": 1, "embed_dim": 24, "num_heads": 2, "img_size": 32, "patch_size": 8}
    with pytest.warns(LayoutWarning, match="16 tokens for images of 32×32: 0 seem to stand"):
        made({**entry, "options": options, "tokens": "cls", "input": [3, 32, 32]})


def test_parts_before_and_within_swin_are_each_read_in_their_own_layout() -> None:
    """Its first convolution gives channels first, its blocks give them last."""
    layers = ["patch_embed.proj", "layers.0"]
    subject = made({**SWIN, "layers": layers})
    sides = [(one.channels, one.height, one.width) for one in subject.encoder.layers.values()]
    assert sides == [(12, 16, 16), (12, 16, 16)]
