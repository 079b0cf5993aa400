"""Training: the paper's loop against a plain re-implementation, and killed processes."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from torch import nn

from dcgan_eval.core import Advance, CheckpointError, DataError, Silent, WorkError, build
from dcgan_eval.data import ImageSet
from dcgan_eval.models import (
    Dropout,
    NetworkFamily,
    Pair,
    initialise,
    load_encoder,
    load_family,
    load_generator,
    read_checkpoint,
)
from dcgan_eval.training import Recipe, loop, train
from dcgan_eval.training.loop import _Run
from tests.make.commands import finish, start
from tests.make.images import made_images

pytestmark = pytest.mark.slow

RECIPE: dict[str, Any] = {
    "name": "small",
    "data": {"name": "digits"},
    "network": "dcgan8",
    "epochs": 2,
    "batch": 8,
    "seed": 3,
    "optimizer": {"rate": 1e-3, "weight_decay": 1e-2},
    "real_label": 0.9,
}


def recipe(out: Path, **changes: Any) -> Recipe:
    return build(Recipe, {**RECIPE, "out": str(out), **changes})


def images(n: int = 40) -> ImageSet:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (n, 8, 8, 1), dtype=np.uint8)
    return made_images("noise", pixels, np.arange(n) % 2, ("a", "b"), "noise")


def test_steps_are_those_of_a_plain_loop(tmp_path: Path) -> None:
    """G at even steps, D at odd ones, its own Adam each, decay coupled, batches of their own."""
    # A large eps: with 1e-8 the rounding of a gradient near zero decides the sign of a whole step.
    chosen = recipe(tmp_path, optimizer={**RECIPE["optimizer"], "eps": 1e-4})
    run = _Run(chosen, images(), "cpu")
    pair = load_family("dcgan8").pair()
    G, D = pair.generator.module, pair.discriminator.module
    initialise(G, "dcgan8", "generator", 3)
    initialise(D, "dcgan8", "discriminator", 3)
    G.train(), D.train()
    keys = {"lr": 1e-3, "betas": (0.5, 0.999), "eps": 1e-4, "weight_decay": 1e-2}
    adam_g, adam_d = (torch.optim.Adam(one.parameters(), **keys) for one in (G, D))
    bce = nn.BCEWithLogitsLoss()
    steps_an_epoch = 5
    for step in range(7):  # an epoch has an odd number of steps: the turn goes on across it
        rows = run._rows(step)
        assert len(rows) == 8
        z = run._latent(step, 8)
        adam_g.zero_grad(), adam_d.zero_grad()
        if step % 2 == 0:
            bce(D(G(z)), torch.ones(8, 1)).backward()
            adam_g.step()
        else:
            pixels = torch.from_numpy(images().pixels[rows].astype(np.float32))
            real = D(pixels.permute(0, 3, 1, 2) / 127.5 - 1)
            loss = bce(real, torch.full((8, 1), 0.9)) + bce(D(G(z).detach()), torch.zeros(8, 1))
            loss.backward()
            adam_d.step()
        run.take_step()
    assert run.steps_per_epoch == steps_an_epoch
    for mine, theirs in ((run.state.generator, G), (run.state.discriminator, D)):
        for (name, one), other in zip(
            mine.state_dict().items(), theirs.state_dict().values(), strict=True
        ):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6, msg=name)


@pytest.mark.parametrize("joint", [False, True])
def test_both_may_learn_from_a_batch(tmp_path: Path, joint: bool) -> None:
    """D first, then G from a z of its own; one batch of both for D, by its mean, where asked."""
    keys = {"rate": 1e-2, "momentum": 0.9, "nesterov": True}
    changes = {"order": "both", "joint_batch": joint, "generator_label": 0.8}
    chosen = recipe(tmp_path, optimizer={"kind": "sgd", **keys}, **changes)
    run = _Run(chosen, images(), "cpu")
    pair = load_family("dcgan8").pair()
    G, D = pair.generator.module.train(), pair.discriminator.module.train()
    initialise(G, "dcgan8", "generator", 3)
    initialise(D, "dcgan8", "discriminator", 3)
    sgd_g, sgd_d = (
        torch.optim.SGD(one.parameters(), 1e-2, momentum=0.9, nesterov=True) for one in (G, D)
    )
    bce = nn.BCEWithLogitsLoss()
    for step in range(3):
        pixels = torch.from_numpy(images().pixels[run._rows(step)].astype(np.float32))
        real, fake = pixels.permute(0, 3, 1, 2) / 127.5 - 1, G(run._latent(step, 8)).detach()
        targets = torch.tensor([0.9] * 8 + [0.0] * 8)[:, None]
        sgd_d.zero_grad()
        if joint:
            bce(D(torch.cat([real, fake])), targets).backward()
        else:
            (bce(D(real), targets[:8]) + bce(D(fake), targets[8:])).backward()
        sgd_d.step()
        sgd_g.zero_grad()
        bce(D(G(run._latent(step, 8, "z of G"))), torch.full((8, 1), 0.8)).backward()
        sgd_g.step()
        run.take_step()
    assert not torch.equal(run._latent(0, 8), run._latent(0, 8, "z of G"))
    for mine, theirs in ((run.state.generator, G), (run.state.discriminator, D)):
        for (name, one), other in zip(
            mine.state_dict().items(), theirs.state_dict().values(), strict=True
        ):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6, msg=name)


def test_real_and_fake_images_are_augmented_alike(tmp_path: Path) -> None:
    seen: list[torch.Tensor] = []

    def step(**changes: Any) -> tuple[_Run, list[torch.Tensor]]:
        run = _Run(recipe(tmp_path, order="both", **changes), images(), "cpu")
        run.state.discriminator.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        run.take_step()
        found = [one.detach() for one in seen]
        seen.clear()
        return run, found

    run, found = step(augment=AUGMENT)
    for name, plain, changed in zip(("real", "fake", "G"), step()[1], found, strict=True):
        stream = run._stream(f"augment of {name}", 0)
        assert torch.equal(changed, run.recipe.augment.apply(plain, stream))
        assert not torch.equal(changed, plain)


@pytest.mark.parametrize("network", ["dcgan8", "mnist_conditional"])
def test_bf16_and_channels_last_are_near_to_float32(tmp_path: Path, network: str) -> None:
    """Not equal: a setting that does nothing would be."""
    options = {"width": 4, "dense": 8, "n_classes": 2} if network != "dcgan8" else {}
    known = images() if network == "dcgan8" else wide()
    found = {}
    for name, changes in (
        ("float32", {}),
        ("bf16", {"precision": "bf16"}),
        ("last", {"channels_last": True}),
        ("both", FAST),
    ):
        chosen = recipe(tmp_path, network=network, options=options, order="both", **changes)
        run = _Run(chosen, known, "cpu")
        run.take_step()
        found[name] = run.state.log[0, :2]
        for weights in run.state.discriminator.parameters():
            assert weights.dtype == torch.float32
            if weights.dim() == 4 and weights.shape[1] > 1:
                assert weights.is_contiguous() != chosen.channels_last
    torch.testing.assert_close(found["last"], found["float32"], rtol=1e-5, atol=1e-5)
    for name in ("bf16", "both"):
        torch.testing.assert_close(found[name], found["float32"], rtol=0.02, atol=0.02)
        assert not torch.equal(found[name], found["float32"])


def test_the_average_of_the_generator_is_kept_beside_it(tmp_path: Path) -> None:
    """That of its weights after each of its steps; early ones weigh less than the decay says."""
    chosen = recipe(tmp_path / "counted", average=0.3)
    run = _Run(chosen, images(), "cpu")
    wanted = {name: one.clone() for name, one in run.state.generator.state_dict().items()}
    steps = 10
    for step in range(steps):
        run.take_step()
        if step % 2 == 0:
            decay = min(0.3, (1 + step) / (10 + step))
            for name, one in run.state.generator.state_dict().items():
                wanted[name] = decay * wanted[name] + (1 - decay) * one
    assert chosen.epochs * run.steps_per_epoch == steps
    _, generator, average = train(chosen, images())
    assert average.name == "small_average_0002.safetensors"
    _, kept = read_checkpoint(average)
    assert kept.card is not None and kept.card["role"] == "generator"
    assert load_generator(average).spec == load_generator(generator).spec
    for name, one in kept.tensors.items():
        torch.testing.assert_close(one, wanted[name])
    _, last = read_checkpoint(generator)
    assert not torch.equal(last.tensors["project.linear.weight"], wanted["project.linear.weight"])


def test_weights_begin_as_the_recipe_says(tmp_path: Path) -> None:
    run = _Run(recipe(tmp_path, initialisation="truncated_normal"), images(), "cpu")
    for name, weights in run.state.generator.state_dict().items():
        if name.endswith("conv.weight"):
            assert float(weights.abs().max()) <= 0.04


def test_each_epoch_meets_each_image_once_in_an_order_of_its_own(tmp_path: Path) -> None:
    run = _Run(recipe(tmp_path), images(), "cpu")
    first, second = (
        np.concatenate([run._rows(step) for step in range(start, start + 5)]) for start in (0, 5)
    )
    assert sorted(first) == sorted(second) == list(range(40))
    assert list(first) != list(second)


def test_weights_begin_as_the_paper_says(tmp_path: Path) -> None:
    run = _Run(recipe(tmp_path, network="dcgan28", data={"name": "mnist"}), wide(), "cpu")
    for name, weights in run.state.discriminator.state_dict().items():
        if name.endswith("conv.weight"):
            assert float(weights.mean()) == pytest.approx(0, abs=2e-3)
            assert float(weights.std()) == pytest.approx(0.02, rel=0.1)
        elif name.endswith("norm.weight"):
            assert float(weights.mean()) == pytest.approx(1, abs=0.02)
            assert float(weights.std()) == pytest.approx(0.02, rel=0.3)
        elif name.endswith("norm.bias"):
            assert not weights.any()


def wide() -> ImageSet:
    pixels = np.zeros((8, 28, 28, 1), np.uint8)
    return made_images("black", pixels, np.arange(8) % 2, ("a", "b"), "black")


def test_the_rate_falls_to_its_last_part_in_the_last_epoch(tmp_path: Path) -> None:
    optimizer = {"rate": 1.0, "full_epochs": 2, "last_rate": 0.01}
    run = _Run(recipe(tmp_path, epochs=4, optimizer=optimizer), images(), "cpu")
    rates = [run.recipe.optimizer.rate_at(epoch * 5, run.steps_per_epoch, 4) for epoch in range(4)]
    assert rates == pytest.approx([1.0, 1.0, 0.505, 0.01])
    run.state.step = 3 * run.steps_per_epoch
    run.take_step()
    assert {group["lr"] for group in run.state.optimizer_d.param_groups} == {rates[3]}


def test_a_finished_run_is_not_done_again(tmp_path: Path) -> None:
    paths = train(recipe(tmp_path / "out"), images())
    written = [path.stat().st_mtime_ns for path in paths]
    assert train(recipe(tmp_path / "out"), images()) == paths
    assert [path.stat().st_mtime_ns for path in paths] == written
    assert load_encoder(paths[0]).input_shape == (1, 8, 8)


def test_a_state_of_another_recipe_is_refused(tmp_path: Path) -> None:
    train(recipe(tmp_path), images())
    with pytest.raises(CheckpointError, match="another recipe; give another out folder"):
        train(recipe(tmp_path, seed=4), images())
    # Where and how often something is kept is no other recipe.
    train(recipe(tmp_path, keep_every=1, name="shown"), images())


def test_a_state_of_other_images_is_refused(tmp_path: Path) -> None:
    """The same recipe, other images: what was learned of the old ones is not gone on with."""
    train(recipe(tmp_path, epochs=1, keep_every=1), images())
    other = made_images("other", images().pixels[::-1].copy(), images().labels, ("a", "b"), "other")
    with pytest.raises(CheckpointError, match=r"state.pt: .*\(fingerprint noise, now other\)"):
        train(recipe(tmp_path, epochs=1), other)


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_flipped_bit_in_a_state_is_noticed(tmp_path: Path, place: float) -> None:
    train(recipe(tmp_path), images())
    state = tmp_path / "state.pt"
    content = bytearray(state.read_bytes())
    content[int(place * len(content))] ^= 1
    state.write_bytes(content)
    with pytest.raises(CheckpointError, match="not a whole training state"):
        train(recipe(tmp_path), images())


def test_a_card_says_all_devices(tmp_path: Path) -> None:
    train(recipe(tmp_path, epochs=1), images())
    path, _ = train(recipe(tmp_path, epochs=1, keep_every=1), images(), device="cpu:0")
    _, loaded = read_checkpoint(path)
    assert loaded.card is not None and loaded.card["devices"] == ["cpu"]
    (tmp_path / "again").mkdir()
    small = {"epochs": 2, "save_every": 1}
    with pytest.raises(_Interrupted):
        train(recipe(tmp_path / "again", **small), images(), progress=_TwoSteps())
    path, _ = train(recipe(tmp_path / "again", **small), images(), device="cpu:0")
    _, loaded = read_checkpoint(path)
    assert loaded.card is not None and loaded.card["devices"] == ["cpu", "cpu:0"]


@pytest.mark.parametrize("cut", [0, 100, -10])
def test_a_damaged_state_is_refused(tmp_path: Path, cut: int) -> None:
    train(recipe(tmp_path), images())
    state = tmp_path / "state.pt"
    state.write_bytes(state.read_bytes()[:cut])
    with pytest.raises(CheckpointError, match="not a whole training state"):
        train(recipe(tmp_path), images())


def test_a_diverged_run_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match=r"not a number at step \d+; lower optimizer.rate"):
        train(recipe(tmp_path, optimizer={"rate": 1e30}), images())
    assert not list(tmp_path.glob("*.safetensors"))


class _Interrupted(Exception):
    """What `_TwoSteps` raises."""


class _TwoSteps(Silent):
    """Interrupts after the second step of a process, before its state is saved."""

    @contextmanager
    def task(self, what: str, total: int, unit: str) -> Iterator[Advance]:
        calls = itertools.count()

        def advance(done: int, *, computed: bool = True) -> None:
            if next(calls) == 2:  # the first call tells where the run begins
                raise _Interrupted

        yield advance


class Dropped(NetworkFamily):
    """The pair of dcgan8 with dropout before both."""

    name = "dcgan8"

    def pair(self) -> Pair:
        pair = load_family("dcgan8").pair()
        behind = [
            replace(one, module=nn.Sequential(Dropout(0.3), one.module))
            for one in (pair.discriminator, pair.generator)
        ]
        return Pair(*behind)


SGD = {"kind": "sgd", "rate": 1e-3, "momentum": 0.9, "nesterov": True}
FAST = {"precision": "bf16", "channels_last": True}
AUGMENT = {"flip": True, "shift": 2, "colour": 0.5, "cutout": 3}
RMSPROP = {"kind": "rmsprop", "rate": 1e-3, "momentum": 0.5, "decay": 0.9, "decay_steps": 2}


@pytest.mark.parametrize(
    ("family", "changes"),
    [
        (None, {}),
        (Dropped(), {}),
        (Dropped(), {"order": "both", "joint_batch": True, "optimizer": SGD}),
        (None, {"optimizer": RMSPROP, "initialisation": "glorot_uniform"}),
        (Dropped(), {"augment": AUGMENT, "average": 0.9, **FAST}),
    ],
    ids=["dcgan8", "with dropout", "both learn", "rmsprop", "augmented and averaged in bf16"],
)
def test_a_run_goes_on_from_any_step(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    family: NetworkFamily | None,
    changes: dict[str, Any],
) -> None:
    """Also where the first step that is saved has told the loss of one network only."""
    if family is not None:
        monkeypatch.setattr(loop, "load_family", lambda name, options: family)
    pieces = recipe(tmp_path / "pieces", epochs=1, save_every=1, **changes)
    attempts = 0
    while True:
        attempts += 1
        try:
            found = train(pieces, images(), progress=_TwoSteps())
        except _Interrupted:
            continue
        break
    assert attempts == 5  # one step is kept of each interrupted process
    for mine, theirs in zip(
        found, train(recipe(tmp_path / "whole", epochs=1, **changes), images()), strict=True
    ):
        assert mine.read_bytes() == theirs.read_bytes()


def test_images_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"images are \(28, 28, 1\), dcgan8 takes \(8, 8, 1\)"):
        train(recipe(tmp_path), wide())
    with pytest.raises(DataError, match="40 images are less than a batch of 64"):
        train(recipe(tmp_path, batch=64), images())
    told = {"network": "mnist_mlp", "options": {"side": 8, "n_classes": 3}}
    with pytest.raises(DataError, match=r"noise: 2 classes, mnist_mlp takes 3; set data\.classes"):
        train(recipe(tmp_path, **told), images())


def test_a_conditional_pair_is_told_the_labels_of_its_images(tmp_path: Path) -> None:
    options = {"width": 2, "dense": 8, "n_classes": 2}
    chosen = recipe(tmp_path, network="mnist_conditional", options=options)
    run = _Run(chosen, wide(), "cpu")
    labels = run._labels(np.array([0, 1, 2]))
    assert labels is not None
    assert labels.tolist() == [[1, 0], [0, 1], [1, 0]]
    run.take_step(), run.take_step()
    assert not run.state.log[:2, :2].nansum(0).isnan().any()
    run.watch.check_losses()


@pytest.mark.system
def test_killed_at_any_moment_the_same_command_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    values = {**RECIPE, "epochs": 1, "batch": 16, "save_every": 7, "out": "run", **FAST}
    values |= {"average": 0.99, "augment": {"flip": True}}
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "recipe.yaml").write_text(yaml.safe_dump(values))
    arguments = ["train", "recipe.yaml"]
    assert finish(start(arguments, tmp_path / "whole")).code == 0
    state = tmp_path / "killed" / "run" / "state.pt"
    for attempt in itertools.count(1):
        process = start(arguments, tmp_path / "killed")
        if attempt <= 2:  # killed as soon as another state has been written
            seen = state.stat().st_mtime_ns if state.exists() else 0
            while process.poll() is None and (
                not state.exists() or state.stat().st_mtime_ns == seen
            ):
                time.sleep(0.01)
            assert process.poll() is None, "it was finished before it could be killed"
            os.kill(process.pid, signal.SIGKILL)
            assert finish(process).code == -signal.SIGKILL
        else:
            done = finish(process)
            assert done.code == 0
            assert "goes on after step" in done.err + done.out
            break
    for path in (tmp_path / "whole" / "run").glob("*.safetensors"):
        assert (tmp_path / "killed" / "run" / path.name).read_bytes() == path.read_bytes()
    assert len(list((tmp_path / "whole" / "run").glob("*.safetensors"))) == 3
