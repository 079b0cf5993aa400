"""Whole or not at all; our own format and its card; what inspect says."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dcgan_eval.core import CheckpointError, SettingsError, rng_for
from dcgan_eval.models import (
    Generator,
    convert_checkpoint,
    initialise,
    inspect_checkpoint,
    load_encoder,
    load_family,
    load_generator,
    random_encoder,
    read_checkpoint,
    save_checkpoint,
)
from tests.make.images import noise
from tests.make.networks import (
    examples_discriminator,
    examples_generator,
    randomise,
    saved,
    state,
    svhn_discriminator_arrays,
    svhn_generator_arrays,
    write_authors,
)

CARD = {"family": "dcgan8", "role": "discriminator"}


def refused(path: Path, message: str) -> None:
    with pytest.raises(CheckpointError, match=message) as caught:
        load_encoder(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).count(str(path)) == 1


def tensors() -> dict[str, torch.Tensor]:
    return dict(random_encoder("dcgan8", {}, 0).network.state_dict())


def test_what_does_not_fit_is_listed_by_name(tmp_path: Path) -> None:
    broken = tensors()
    del broken["layer2.conv.weight"]
    broken["extra.weight"] = torch.ones(1)
    broken["layer1.conv.weight"] = torch.ones(7, 1, 3, 3)
    save_checkpoint(tmp_path / "a.safetensors", broken, CARD)
    refused(
        tmp_path / "a.safetensors",
        r"does not fit its network: missing layer2\.conv\.weight; unexpected extra\.weight; "
        r"shape of layer1\.conv\.weight \(7, 1, 3, 3\) in place of \(32, 1, 3, 3\); "
        "nothing was loaded",
    )


def test_long_lists_of_names_are_cut_short(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a.safetensors", {"w": torch.ones(1)}, CARD)
    refused(tmp_path / "a.safetensors", r"missing (\S+, ){3}\S+ and 4 more; unexpected w")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    bad = tensors()
    bad["layer3.norm.bias"] = torch.full_like(bad["layer3.norm.bias"], value)
    save_checkpoint(tmp_path / "a.safetensors", bad, CARD)
    refused(tmp_path / "a.safetensors", r"a\.safetensors: weights 'layer3\.norm\.bias' contain NaN")


def test_truncated_and_lying_files_are_one_line(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a.safetensors", tensors(), CARD)
    whole = (tmp_path / "a.safetensors").read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    lies = struct.pack("<Q", 1 << 62) + whole[8:]
    header = json.loads(whole[8 : 8 + length])
    header["layer1.conv.weight"]["data_offsets"][1] += 1 << 50
    text = json.dumps(header).encode()
    moved = struct.pack("<Q", len(text)) + text + whole[8 + length :]
    for content in (b"", whole[:5], whole[: length // 2], whole[:-1], lies, moved):
        (tmp_path / "b.safetensors").write_bytes(content)
        refused(tmp_path / "b.safetensors", "not a whole safetensors file")


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"family": "dcgan9"}, "did you mean 'dcgan8'"),
        ({"family": "dcgan8", "options": {"width": 2}}, "unknown key 'width'"),
        ({"family": "dcgan8", "preprocess": {"mean": "x"}}, r"card\.preprocess\.mean"),
        ({"geometry": [1]}, r"card\.geometry is no mapping"),
        ({"family": "dcgan8", "role": "generator"}, "is a generator"),
    ],
)
def test_cards_that_cannot_be_are_refused(
    tmp_path: Path, card: dict[str, Any], message: str
) -> None:
    save_checkpoint(tmp_path / "a.safetensors", tensors(), card)
    with pytest.raises((CheckpointError, SettingsError), match=message) as caught:
        load_encoder(tmp_path / "a.safetensors")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'a.safetensors'}: ")


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_cards_that_are_no_mapping_are_refused(tmp_path: Path, text: str) -> None:
    save_file(tensors(), tmp_path / "a.safetensors", {"dcgan_eval_card": text})
    refused(tmp_path / "a.safetensors", "its model card is no")


@pytest.mark.slow
def test_files_of_other_tools_need_no_card(tmp_path: Path) -> None:
    network = randomise(examples_discriminator(3), "d")
    wrapped = {f"module.{name}": tensor for name, tensor in state(network).items()}
    save_file(wrapped, tmp_path / "a.safetensors")
    saved(tmp_path / "a.pt", state(network))
    ours, theirs = (load_encoder(tmp_path / name) for name in ("a.safetensors", "a.pt"))
    assert ours.weights_hash == theirs.weights_hash
    assert inspect_checkpoint(tmp_path / "a.safetensors").loaded.stripped == ("module.",)


def discriminators(folder: Path) -> dict[str, tuple[Path, dict[str, Any] | None]]:
    shallow = {"input": [16, 16], "strides": [2, 2, 1], "paddings": [1, 1, 0], "slope": 0.3}
    shallow |= {"preprocess": {"mean": [0.2], "std": [0.7]}}
    own = tensors()
    save_checkpoint(folder / "own.safetensors", own, {**CARD, "preprocess": {"mean": [0.1]}})
    examples = state(randomise(examples_discriminator(2), "examples"))
    return {
        "authors": (write_authors(folder / "d.jl", svhn_discriminator_arrays()), None),
        "examples": (saved(folder / "e.pth", {"netD": examples}), None),
        "geometry": (
            saved(folder / "g.pth", state(randomise(examples_discriminator(2, 2), "shallow"))),
            shallow,
        ),
        "family": (saved(folder / "f.pt", own), None),
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["authors", "examples", "geometry", "family"])
def test_converted_discriminators_say_everything_themselves(tmp_path: Path, kind: str) -> None:
    path, geometry = discriminators(tmp_path)[kind]
    out, again = tmp_path / "out.safetensors", tmp_path / "again.safetensors"
    convert_checkpoint(path, out, {"name": "x", "licence": "MIT"}, geometry=geometry)
    before, after = load_encoder(path, geometry=geometry), load_encoder(out)
    assert after.weights_hash == before.weights_hash
    assert (after.layers, after.preprocess) == (before.layers, before.preprocess)
    assert after.missing_statistics == before.missing_statistics
    channels, height, width = before.input_shape
    images = noise(2, height, width, channels)
    for name in before.layers:
        maps = [e.encode(images, [name], torch.clone)[name] for e in (before, after)]
        assert torch.equal(*maps)
    card = read_checkpoint(out)[1].card
    assert card is not None
    assert (card["name"], card["licence"], card["role"]) == ("x", "MIT", "discriminator")
    convert_checkpoint(out, again, {})
    assert again.read_bytes() == out.read_bytes()


def test_converting_does_not_lose_the_preprocessing_of_a_card(tmp_path: Path) -> None:
    values = {"mean": [0.1], "std": [0.4]}
    save_checkpoint(tmp_path / "a.safetensors", tensors(), {**CARD, "preprocess": values})
    convert_checkpoint(tmp_path / "a.safetensors", tmp_path / "b.safetensors", {})
    assert load_encoder(tmp_path / "b.safetensors").preprocess.mean == (0.1,)


@pytest.mark.slow
def test_converted_generators_draw_the_same(tmp_path: Path) -> None:
    plain = saved(tmp_path / "g.pth", state(randomise(examples_generator(2), "g")))
    authors = write_authors(tmp_path / "g.jl", svhn_generator_arrays())
    for path in (plain, authors):
        out = tmp_path / f"{path.suffix[1:]}.safetensors"
        convert_checkpoint(path, out, {"name": "x"})
        before, after = load_generator(path), load_generator(out)
        assert after.spec == before.spec
        assert after.weights_hash == before.weights_hash
        z = before.latent(3, rng_for("test"))
        assert np.array_equal(before.sample_float(z), after.sample_float(z))


def test_a_specs_card_is_kept(tmp_path: Path) -> None:
    pair = load_family("dcgan8").pair()
    network = pair.generator.module
    initialise(network, "test")
    spec = pair.generator.takes.model_copy(update={"z": "uniform"})
    card = {"family": "dcgan8", "role": "generator", "spec": spec.identity_values()}
    save_checkpoint(tmp_path / "a.safetensors", network.state_dict(), card)
    convert_checkpoint(tmp_path / "a.safetensors", tmp_path / "b.safetensors", {})
    for name in ("a", "b"):
        assert load_generator(tmp_path / f"{name}.safetensors").spec == spec
    assert (
        Generator(network, spec).weights_hash
        == load_generator(tmp_path / "b.safetensors").weights_hash
    )


def test_half_is_half_the_size_and_only_rounded(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pt", tensors())
    convert_checkpoint(path, tmp_path / "b.safetensors", {}, half=True)
    assert (tmp_path / "b.safetensors").stat().st_size < 0.55 * path.stat().st_size
    assert inspect_checkpoint(tmp_path / "b.safetensors").dtypes() == ["float16"]
    whole = load_encoder(path).network.state_dict()
    for name, tensor in load_encoder(tmp_path / "b.safetensors").network.state_dict().items():
        assert tensor.dtype == whole[name].dtype
        torch.testing.assert_close(tensor, whole[name], rtol=1e-3, atol=1e-7)


def test_what_cannot_be_converted_leaves_nothing(tmp_path: Path) -> None:
    path, _ = discriminators(tmp_path)["authors"]
    path.with_name("d.jl_05.npy").unlink()
    out = tmp_path / "out"
    with pytest.raises(CheckpointError, match=r"missing: layer3.*fetch them first"):
        convert_checkpoint(path, out / "a.safetensors", {})
    with pytest.raises(CheckpointError, match=r"ends in \.safetensors"):
        convert_checkpoint(path, out / "a.pt", {})
    assert not out.exists()
