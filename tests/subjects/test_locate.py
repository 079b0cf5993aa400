"""Checkpoints of several steps and of several trainings, by one path."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcgan_eval.core import CheckpointError
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import save_checkpoint
from dcgan_eval.subjects import Place, find_checkpoints
from dcgan_eval.subjects.kinds.checkpoint import Checkpoint
from dcgan_eval.subjects.kinds.finetuned import Finetuned
from tests.make.networks import digits_state

CARD = {"family": "dcgan8", "options": {}, "role": "discriminator"}


def trained(path: Path, seed: int | None) -> None:
    """A checkpoint as a training with this seed leaves it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    recipe = {} if seed is None else {"recipe": {"seed": seed}}
    save_checkpoint(path, digits_state(), CARD | recipe)


def made(text: str, place: Place = Place()) -> list[EncoderRepresentation]:  # noqa: B008
    settings = Checkpoint(text, name="pooling", small_maps="keep")
    return [settings.representation(part, place) for part in range(settings.parts(place))]


def test_trainings_of_several_seeds_are_seeds_of_one_method(tmp_path: Path) -> None:
    for seed in (7, 2, 5):
        trained(tmp_path / "runs" / f"pooling_{seed}" / "d_0010.safetensors", seed)
    trained(tmp_path / "runs" / "tanh_0" / "d_0010.safetensors", 0)
    found = made("runs/pooling_*/d_*.safetensors", Place(checkpoint_roots=(tmp_path,)))
    assert [(one.name, one.method, one.seed, one.step) for one in found] == [
        (f"pooling, seed {seed}", "pooling", seed, 10) for seed in (2, 5, 7)
    ]


def test_steps_of_one_training_are_told_by_their_files(tmp_path: Path) -> None:
    for step in (2, 10):
        trained(tmp_path / f"d_{step}.safetensors", 3)
    found = made(str(tmp_path / "d_*.safetensors"))
    assert [(one.name, one.method, one.seed, one.step) for one in found] == [
        ("pooling, d_2", "pooling", None, 2),
        ("pooling, d_10", "pooling", None, 10),
    ]


def test_steps_of_several_trainings_are_told_by_both(tmp_path: Path) -> None:
    for seed in (0, 1):
        for step in (1, 2):
            trained(tmp_path / str(seed) / f"d_{step}.safetensors", seed)
    found = made(str(tmp_path / "*" / "d_*.safetensors"))
    assert [(one.name, one.seed, one.step) for one in found] == [
        ("pooling, seed 0, d_1", 0, 1),
        ("pooling, seed 1, d_1", 1, 1),
        ("pooling, seed 0, d_2", 0, 2),
        ("pooling, seed 1, d_2", 1, 2),
    ]


def test_one_file_and_files_without_a_seed_have_none(tmp_path: Path) -> None:
    trained(tmp_path / "d.safetensors", 3)
    (one,) = made(str(tmp_path / "d.safetensors"))
    assert (one.name, one.method, one.seed, one.step) == ("pooling", None, None, None)
    trained(tmp_path / "e.safetensors", None)
    assert [(one.name, one.seed) for one in made(str(tmp_path))] == [
        ("pooling, d", None),
        ("pooling, e", None),
    ]


def test_a_folder_named_like_a_pattern_is_that_folder(tmp_path: Path) -> None:
    trained(tmp_path / "run[1]" / "d.safetensors", 0)
    path = tmp_path / "run[1]" / "*.safetensors"
    assert find_checkpoints(str(path), Place()) == [tmp_path / "run[1]" / "d.safetensors"]


def test_a_damaged_file_among_several_is_named(tmp_path: Path) -> None:
    trained(tmp_path / "d.safetensors", 0)
    (tmp_path / "e.safetensors").write_bytes(b"no safetensors")
    with pytest.raises(CheckpointError, match=r"e\.safetensors: not a whole safetensors file"):
        made(str(tmp_path))


def test_fine_tuned_trainings_are_told_apart_in_the_same_way(tmp_path: Path) -> None:
    for seed in (4, 1):
        trained(tmp_path / str(seed) / "d_7.safetensors", seed)
    settings = Finetuned(
        kind="finetuned", path=str(tmp_path / "*" / "d_7.safetensors"), name="tuned"
    )
    found = [settings.make(part, Place())[0] for part in range(settings.parts(Place()))]
    assert [(one.name, one.method, one.seed, one.step) for one in found] == [
        ("tuned, seed 1", "tuned", 1, 7),
        ("tuned, seed 4", "tuned", 4, 7),
    ]
