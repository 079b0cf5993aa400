"""What a training shows of itself, and what it says of those that failed."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from dcgan_eval.core import Silent, WorkError, build
from dcgan_eval.data import ImageSet
from dcgan_eval.models import load_generator, read_checkpoint
from dcgan_eval.training import Recipe, train
from dcgan_eval.training.loop import _Run
from dcgan_eval.training.state import _digest, _read
from dcgan_eval.training.watch import COLUMNS, contrast, distinct, failures, write_log
from tests.make.images import random_images

RECIPE: dict[str, Any] = {
    "name": "small run",
    "data": {"name": "digits"},
    "network": "dcgan8",
    "epochs": 3,
    "batch": 8,
    "keep_every": 2,
}


def recipe(out: Path, **changes: Any) -> Recipe:
    return build(Recipe, {**RECIPE, "out": str(out), **changes})


def images() -> ImageSet:
    return random_images(40)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


class Said(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, words: str) -> None:
        self.lines.append(words)


def healthy(n: int = 100) -> NDArray[np.float32]:
    """A log of G and D in turn."""
    log = np.full((n, 4), np.nan, np.float32)
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (n // 2, 3))
    log[0::2, 1] = 1.0
    log[1::2, [0, 2, 3]] = np.array([0.9, 0.8, 0.8]) + noise
    return log


def test_the_log_is_of_the_steps_that_were_taken(tmp_path: Path) -> None:
    """Losses and shares of each step; what a step does not compute is not there."""
    run = _Run(recipe(tmp_path), images(), "cpu")
    run.take_step(), run.take_step()
    log = run.state.log
    assert log.shape == (15, 4) and log[2:].isnan().all()
    assert log.isnan()[:2].tolist() == [[True, False, True, True], [False, True, False, False]]
    assert 8 * log[1, 2] == round(float(8 * log[1, 2])) and 0 <= log[1, 3] <= 1
    both = _Run(recipe(tmp_path, order="both"), images(), "cpu")
    judged: list[torch.Tensor] = []
    both.state.discriminator.register_forward_hook(lambda *given: judged.append(given[2].detach()))
    both.take_step()
    assert not both.state.log[0].isnan().any()
    real, fake, _ = judged
    assert both.state.log[0, 2] == (real > 0).float().mean()
    assert both.state.log[0, 3] == (fake < 0).float().mean()


def test_what_is_written_beside_the_checkpoints(tmp_path: Path) -> None:
    said = Said()
    _, generator = train(recipe(tmp_path), images(), progress=said)
    rows = rows_of(tmp_path / "small-run_log.csv")
    assert list(rows[0]) == ["step", *COLUMNS]
    assert [int(row["step"]) for row in rows] == [2, 4, 6, 8, 10, 12, 14, 15]
    assert all(row["loss_D"] for row in rows[:-1]) and rows[-1]["loss_D"] == ""
    with Image.open(tmp_path / "small-run_samples.png") as picture:
        sheet = np.asarray(picture)
    # Three epochs, ten samples, 8×8 pixels, twice as large; the last row is the last checkpoint's.
    assert sheet.shape == (3 * 16, 10 * 16)
    run = _Run(recipe(tmp_path), images(), "cpu")
    run.state.load(tmp_path / "state.pt", recipe(tmp_path))
    z = run.watch._samples()
    assert (sheet[32:48:2, :16:2] == z[0, :, :, 0]).all()
    assert not (sheet[:16] == sheet[32:]).all()
    assert "D right about" in said.lines[0]
    assert load_generator(generator).spec.z_dim == 32


def test_watching_changes_no_weight(tmp_path: Path) -> None:
    watched = train(recipe(tmp_path / "watched"), images())
    run = _Run(recipe(tmp_path), images(), "cpu")
    for _ in range(15):
        run.take_step()
    for path, network in zip(watched, (run.state.discriminator, run.state.generator), strict=True):
        _, loaded = read_checkpoint(path)
        for name, tensor in loaded.tensors.items():
            assert torch.equal(network.state_dict()[name], tensor)


class _Stopped(Exception):
    """What `_UntilStep` raises."""


class _UntilEpoch(Silent):
    """Interrupts when an epoch is told."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def say(self, words: str) -> None:
        if f"epoch {self.epoch}" in words:
            raise _Stopped


def test_interrupted_it_shows_the_same(tmp_path: Path) -> None:
    whole, pieces = recipe(tmp_path / "whole"), recipe(tmp_path / "pieces", save_every=4)
    train(whole, images())
    for epoch in (1, 2):
        with pytest.raises(_Stopped):
            train(pieces, images(), progress=_UntilEpoch(epoch))
    train(pieces, images())
    for name in ("small-run_log.csv", "small-run_samples.png"):
        mine, theirs = (tmp_path / folder / name for folder in ("whole", "pieces"))
        assert mine.read_bytes() == theirs.read_bytes()


def test_a_state_without_a_log_goes_on(tmp_path: Path) -> None:
    """One that was saved before there was a log."""
    with pytest.raises(_Stopped):
        train(recipe(tmp_path, save_every=5), images(), progress=_UntilEpoch(1))
    content = _read(tmp_path / "state.pt")
    del content["log"], content["samples"]
    torch.save({**content, "digest": _digest(content)}, tmp_path / "state.pt")
    train(recipe(tmp_path), images())
    rows = rows_of(tmp_path / "small-run_log.csv")
    assert rows[0] == {"step": "2", **dict.fromkeys(COLUMNS, "")} and rows[-1]["loss_G"]


def test_a_diverged_run_leaves_its_log(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match=r"small run: diverged: .*at step \d+; lower optimizer"):
        train(recipe(tmp_path, optimizer={"rate": 1e30}), images())
    assert any(row["loss_D"] == "inf" for row in rows_of(tmp_path / "small-run_log.csv"))


def test_a_collapsed_run_says_so_at_its_end_and_in_its_cards(tmp_path: Path) -> None:
    """Without the noise of z there is but one sample."""
    said = Said()
    chosen = recipe(tmp_path, epochs=1, optimizer={"rate": 1e-12})
    run = _Run(chosen, images(), "cpu")
    with torch.no_grad():
        run.state.generator.get_parameter("project.linear.weight").zero_()
    run.state.save(tmp_path / "state.pt", chosen)
    paths = train(chosen, images(), progress=said)
    (line,) = (one for one in said.lines if "collapsed" in one)
    assert line.startswith("small run: collapsed: samples are 0.0")
    for path in paths:
        _, loaded = read_checkpoint(path)
        watched = loaded.card["watched"]
        assert 0 <= watched["contrast"] < 3
        assert watched["distinct"] < 0.1 and line.endswith(watched["failed"][0])


def test_distinct_is_blind_to_contrast_and_finds_repetition() -> None:
    rng = np.random.default_rng(0)
    real = rng.integers(0, 256, (64, 8, 8, 3), np.uint8)
    other = rng.integers(0, 256, (64, 8, 8, 3), np.uint8)
    assert distinct(other, real) == pytest.approx(1, abs=0.1)
    assert distinct((other // 4 + 90).astype(np.uint8), real) == pytest.approx(1, abs=0.1)
    few = other[rng.integers(0, 5, 64)].astype(int) + rng.integers(-3, 4, other.shape)
    assert distinct(few.clip(0, 255).astype(np.uint8), real) < 0.1
    assert distinct(np.full_like(other, 7), real) == 0
    assert math.isnan(distinct(other, np.full_like(real, 7)))


def test_contrast_is_blind_to_brightness() -> None:
    real = np.random.default_rng(0).integers(100, 140, (64, 8, 8, 3), np.uint8)
    assert contrast(real + 50, real) == pytest.approx(1)
    assert contrast((real - 100) * 3, real) == pytest.approx(3)
    bright = np.arange(64, dtype=np.uint8).reshape(-1, 1, 1, 1).repeat(8, 1)
    assert contrast(bright, real) == 0 and math.isnan(contrast(real, bright))


@pytest.mark.parametrize(
    ("change", "samples", "words"),
    [
        ({}, 0.9, None),
        ({}, math.nan, None),
        ({}, 0.2, "collapsed: samples are 0.20 times"),
        ({2: 1.0, 3: 0.999}, 0.9, "diverged: D is right about 99.90% of the images"),
        ({0: 1.3863}, 0.9, "diverged: the loss of D stands at 1.3863"),
        ({2: 1.0}, 0.9, None),
    ],
)
def test_what_is_said_of_the_last_steps(
    change: dict[int, float], samples: float, words: str | None
) -> None:
    log = healthy()
    for column, value in change.items():
        log[1::2, column] = value
    found = failures(log, samples)
    assert len(found) == (words is not None)
    assert words is None or found[0].startswith(words)


def test_the_log_has_about_fifty_rows_of_means(tmp_path: Path) -> None:
    log = healthy(1000)
    write_log(tmp_path / "a.csv", log, 1000)
    rows = rows_of(tmp_path / "a.csv")
    assert [int(row["step"]) for row in rows] == list(range(20, 1001, 20))
    assert float(rows[3]["loss_D"]) == pytest.approx(np.nanmean(log[60:80, 0]), rel=1e-5)
    write_log(tmp_path / "a.csv", log[:30], 1000)
    assert [int(row["step"]) for row in rows_of(tmp_path / "a.csv")] == [20, 30]
