"""The training loop: by default the paper's, where one batch updates G, the next updates D.

Source: arXiv 1511.06434, section 4, and its authors' code: alternating from G, the counter not
reset at an epoch; a G step discards its real images, so D sees half of an epoch's images; real and
fake images go through D as separate batches, each with its own batch statistics. A recipe may say
otherwise: D and then G at every batch (`order`), one batch of both for D (`joint_batch`).
"""

from __future__ import annotations

from copy import deepcopy
from math import inf, nan
from pathlib import Path

import numpy as np
import torch

from dcgan_eval.core import (
    DataError,
    Indices,
    Progress,
    Silent,
    check_device,
    device_name,
    located,
    rng_for,
    seed_for,
    writable_folder,
)
from dcgan_eval.data import ImageSet
from dcgan_eval.models import (
    GeneratorSpec,
    Preprocess,
    initialise,
    load_family,
    name_dropouts,
)
from dcgan_eval.training.checkpoints import checkpoint_paths, save_checkpoints
from dcgan_eval.training.losses import discriminator_loss, generator_loss
from dcgan_eval.training.precision import autocast, check_precision, rounding
from dcgan_eval.training.settings import Recipe
from dcgan_eval.training.state import TrainingState
from dcgan_eval.training.watch import COLUMNS, Watch


def train(
    recipe: Recipe, images: ImageSet, *, device: str = "cpu", progress: Progress | None = None
) -> list[Path]:
    """Train a pair, or go on where an interrupted run was.

    Parameters
    ----------
    recipe
        What to train.
    images
        Training images of the network's shape.
    device
        Torch device.
    progress
        Where to report.

    Returns
    -------
    list of Path
        Checkpoints of the last epoch: discriminator, generator and, where the recipe has one, the
        average of the generator's weights.

    Raises
    ------
    DataError
        Images of another shape than the network's, or fewer than one batch.
    CheckpointError
        The out folder holds a state of another recipe.
    WorkError
        The losses are no longer numbers.
    """
    with located(f"device {device}"):
        check_device(device)
    check_precision(recipe.precision, device)
    progress = progress or Silent()
    out = writable_folder(Path(recipe.out))
    run = _Run(recipe, images, device)
    state_path = out / "state.pt"
    if state_path.is_file():
        run.state.load(state_path, recipe)
        progress.say(f"{recipe.name}: goes on after step {run.state.step}")
    total = run.steps_per_epoch * recipe.epochs
    paths: list[Path] = checkpoint_paths(recipe, recipe.epochs)
    with progress.task(recipe.name, total, "steps") as done, rounding(recipe.precision, device):
        done(run.state.step, computed=False)
        while run.state.step < total:
            run.take_step()
            done(1)
            epoch, into = divmod(run.state.step, run.steps_per_epoch)
            ended = into == 0
            kept = ended and (epoch % recipe.keep_every == 0 or epoch == recipe.epochs)
            if ended and run.watch.is_due(epoch):
                run.watch.look()
            if kept or run.state.step % recipe.save_every == 0:
                run.watch.check_losses()
                if kept:
                    run.save_networks(epoch)
                run.state.save(state_path, recipe)
            if ended:
                progress.say(f"{recipe.name}: epoch {epoch}, {run.watch.describe()}")
    run.watch.write()
    if not all(path.is_file() for path in paths):
        run.save_networks(recipe.epochs)
    for words in run.watch.summary()["failed"]:
        progress.say(f"{recipe.name}: {words}")
    return paths


class _Run:
    """Networks, data and one step."""

    def __init__(self, recipe: Recipe, images: ImageSet, device: str) -> None:
        self.recipe, self.images, self.device = recipe, images, device
        family = load_family(recipe.network, recipe.options)
        pair = family.pair()
        channels, height, width = pair.discriminator.takes.shape
        if images.image_shape != (height, width, channels):
            raise DataError(
                f"{images.name}: images are {images.image_shape}, {recipe.network} takes "
                f"({height}, {width}, {channels}); set data.resize or data.channels"
            )
        self.steps_per_epoch = len(images) // recipe.batch
        if not self.steps_per_epoch:
            raise DataError(
                f"{images.name}: {len(images)} images are less than a batch of {recipe.batch}"
            )
        self.spec: GeneratorSpec = pair.generator.takes
        if self.spec.n_classes not in (0, len(images.class_names)):
            raise DataError(
                f"{images.name}: {len(images.class_names)} classes, {recipe.network} takes "
                f"{self.spec.n_classes}; set data.classes or options.n_classes"
            )
        recipe.augment.check(height, width)
        self.preprocess = self._pixel_range()
        networks = {
            "generator": pair.generator.module,
            "discriminator": pair.discriminator.module,
        }
        for role, network in networks.items():
            with located(f"network {recipe.network}"):
                initialise(network, family.name, role, recipe.seed, how=recipe.initialisation)
            network.to(device).train()
            if recipe.channels_last:
                network.to(memory_format=torch.channels_last)
        self.state = TrainingState(
            networks["generator"],
            networks["discriminator"],
            recipe.optimizer.over(networks["generator"].parameters()),
            recipe.optimizer.over(networks["discriminator"].parameters()),
            images.fingerprint,
            (device_name(device),),
            # On the device, and read now and then: a GPU would be waited for.
            torch.full((recipe.epochs * self.steps_per_epoch, len(COLUMNS)), nan, device=device),
            None if recipe.average is None else deepcopy(networks["generator"]),
        )
        self.watch = Watch(recipe, images, self.spec, self.state)
        self._order: tuple[int, Indices] = (-1, np.empty(0, np.int64))

    def _pixel_range(self) -> Preprocess:
        """Preprocessing that brings pixels in [0, 1] to the generator's output range."""
        low, high = self.spec.output_range
        return Preprocess(mean=(-low / (high - low),), std=(1 / (high - low),))

    def take_step(self) -> None:
        """Update G (even steps) or D (odd steps), or D and then G where both learn at a step."""
        step = self.state.step
        name_dropouts(self.state.generator, "training", self.recipe.seed, "dropout of G", step)
        name_dropouts(self.state.discriminator, "training", self.recipe.seed, "dropout of D", step)
        rows = self._rows(step)
        labels = self._labels(rows)
        rate = self.recipe.optimizer.rate_at(step, self.steps_per_epoch, self.recipe.epochs)
        for optimizer in (self.state.optimizer_g, self.state.optimizer_d):
            for group in optimizer.param_groups:
                group["lr"] = rate
        if self.recipe.order == "both":
            self._update_discriminator(rows, labels, self._latent(step, len(rows)))
            self._update_generator(labels, self._latent(step, len(rows), "z of G"))
        elif step % 2 == 0:
            self._update_generator(labels, self._latent(step, len(rows)))
        else:
            self._update_discriminator(rows, labels, self._latent(step, len(rows)))
        self.state.step += 1

    def _update_generator(self, labels: torch.Tensor | None, z: torch.Tensor) -> None:
        # No gradients of D's weights are needed: a sixth of the arithmetic.
        self.state.discriminator.requires_grad_(False)
        self.state.optimizer_g.zero_grad()
        judged = self._judge(self._augmented(self._draw(z, labels), "of G"), labels)
        loss = generator_loss(judged, self.recipe.generator_label, labels)
        loss.backward()  # type: ignore[no-untyped-call]  # untyped in torch
        self.state.optimizer_g.step()
        if self.recipe.average is not None:
            self.state.take_average(self.recipe.average)
        self._note(loss_G=loss)

    def _update_discriminator(
        self, rows: Indices, labels: torch.Tensor | None, z: torch.Tensor
    ) -> None:
        self.state.discriminator.requires_grad_(True)
        pixels = torch.from_numpy(self.images.images_of(rows)).to(self.device)
        with torch.no_grad():
            real = self._augmented(self.preprocess(pixels), "of real")
            fake = self._augmented(self._draw(z, labels), "of fake")
        self.state.optimizer_d.zero_grad()
        if self.recipe.joint_batch:
            twice = None if labels is None else labels.repeat(2, 1)
            of_real, of_fake = self._judge(torch.cat([real, fake]), twice).chunk(2)
        else:
            of_real, of_fake = self._judge(real, labels), self._judge(fake, labels)
        loss = discriminator_loss(of_real, of_fake, self.recipe.real_label, labels)
        if self.recipe.joint_batch:
            loss = loss / 2
        loss.backward()  # type: ignore[no-untyped-call]  # untyped in torch
        self.state.optimizer_d.step()
        right = (of_real[:, 0] > 0).float().mean(), (of_fake[:, 0] < 0).float().mean()
        self._note(loss_D=loss, accuracy_real=right[0], accuracy_fake=right[1])

    def _note(self, **values: torch.Tensor) -> None:
        """Put what the step computed into the log."""
        for name, value in values.items():
            noted = value.detach().nan_to_num(nan=inf)
            self.state.log[self.state.step, COLUMNS.index(name)] = noted

    def _rows(self, step: int) -> Indices:
        """Images of this step: each epoch is a permutation of its own, its short rest left out."""
        epoch, into = divmod(step, self.steps_per_epoch)
        if self._order[0] != epoch:
            stream = rng_for("training", self.recipe.seed, "epoch", epoch)
            self._order = (epoch, stream.permutation(len(self.images)))
        return self._order[1][into * self.recipe.batch : (into + 1) * self.recipe.batch]

    def _labels(self, rows: Indices) -> torch.Tensor | None:
        """One-hot labels of the step's images for a conditional pair, else None."""
        if not self.spec.n_classes:
            return None
        codes = torch.from_numpy(self.images.y[rows]).to(self.device)
        return torch.nn.functional.one_hot(codes, self.spec.n_classes).float()

    def _latent(self, step: int, n: int, name: str = "z") -> torch.Tensor:
        """The z of this name and step, from its own seed."""
        stream = self._stream(name, step)
        size = (n, self.spec.z_dim)
        if self.spec.z == "uniform":
            drawn = torch.rand(size, generator=stream).mul_(2).sub_(1)
        else:
            drawn = torch.randn(size, generator=stream)
        return drawn.to(self.device)

    def _stream(self, name: str, step: int) -> torch.Generator:
        """Random numbers of this name and step: the same whenever it is taken."""
        return torch.Generator().manual_seed(seed_for("training", self.recipe.seed, name, step))

    def _augmented(self, images: torch.Tensor, name: str) -> torch.Tensor:
        """What D sees of this step's images."""
        stream = self._stream(f"augment {name}", self.state.step)
        return self.recipe.augment.apply(images, stream)

    def _draw(self, z: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        inputs = (z,) if labels is None else (z, labels)
        with autocast(self.recipe.precision, self.device):
            drawn: torch.Tensor = self.state.generator(*inputs)
        return drawn.float()

    def _judge(self, images: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        if self.recipe.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        inputs = (images,) if labels is None else (images, labels)
        with autocast(self.recipe.precision, self.device):
            logits: torch.Tensor = self.state.discriminator(*inputs)
        return logits.float()

    def save_networks(self, epoch: int) -> None:
        """Write the checkpoints of an epoch."""
        watched = self.watch.summary()
        save_checkpoints(self.recipe, epoch, self.state, self.preprocess, self.spec, watched)
