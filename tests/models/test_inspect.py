"""What inspect says of a checkpoint."""

from __future__ import annotations

from pathlib import Path

from dcgan_eval.models import inspect_checkpoint, random_encoder, save_checkpoint
from tests.make.networks import saved, svhn_generator_arrays, write_authors


def test_inspect_says_what_a_file_holds(tmp_path: Path) -> None:
    weights = random_encoder("dcgan8", {}, 0).network.state_dict()
    content = {"netD": {f"module.{name}": t for name, t in weights.items()}, "epoch": 3}
    lines = inspect_checkpoint(saved(tmp_path / "a.pt", content)).lines(grid=2)
    assert lines[1:] == [
        "format: torch_state",
        "architecture: dcgan8 discriminator",
        "images: 8×8, 1 channel(s)",
        "parameters: 56,864 (float32)",
        "nested under: netD",
        "prefixes stripped: module.",
        "batch-norm statistics: stored",
        "input: (x/255 − [0.5]) / [0.5]",
        "assumed: layout dcgan8",
        "assumed: preprocess x/127.5 − 1",
        "layer layer1: 32 × 8 × 8, 128 columns at 2×2",
        "layer layer2: 64 × 8 × 8, 256 columns at 2×2",
        "layer layer3: 64 × 4 × 4, 256 columns at 2×2",
        "columns: 640",
        f"weights: {random_encoder('dcgan8', {}, 0).weights_hash}",
    ]


def test_inspect_says_how_a_training_went(tmp_path: Path) -> None:
    weights = random_encoder("dcgan8", {}, 0).network.state_dict()
    told = {"loss_D": 0.5, "distinct": 0.1, "failed": ["collapsed: samples are one"]}
    for watched, expected in (
        (told, ["training: distinct 0.1, loss_D 0.5", "training collapsed: samples are one"]),
        ({**told, "failed": []}, ["training: distinct 0.1, loss_D 0.5"]),
        ("a stranger's words", []),
    ):
        card = {"family": "dcgan8", "role": "discriminator", "watched": watched}
        save_checkpoint(tmp_path / "d.safetensors", weights, card)
        lines = inspect_checkpoint(tmp_path / "d.safetensors").lines()
        assert [line for line in lines if line.startswith("training")] == expected


def test_inspect_says_what_a_generator_takes(tmp_path: Path) -> None:
    path = write_authors(tmp_path / "g.jl", svhn_generator_arrays())
    lines = inspect_checkpoint(path).lines()
    assert "batch-norm statistics: the batch's" in lines
    assert "z: 100 normal numbers, label: none" in lines
    assert not any(line.startswith("layer") for line in lines)
