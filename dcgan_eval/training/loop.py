"""The paper's training loop: one batch updates G, the next updates D.

Source: arXiv 1511.06434, section 4, and its authors' code: alternating from G, the counter not
reset at an epoch; a G step discards its real images, so D sees half of an epoch's images; real and
fake images go through D as separate batches, each with its own batch statistics.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from dcgan_eval.core import (
    DataError,
    Progress,
    Silent,
    WorkError,
    check_device,
    device_name,
    located,
    rng_for,
    seed_for,
    slug,
    writable_folder,
)
from dcgan_eval.data import ImageSet
from dcgan_eval.models import (
    GeneratorSpec,
    Preprocess,
    initialise,
    load_family,
    name_dropouts,
    save_checkpoint,
)
from dcgan_eval.training.losses import discriminator_loss, generator_loss
from dcgan_eval.training.settings import Recipe
from dcgan_eval.training.state import TrainingState


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
        Checkpoints of the last epoch: discriminator and generator.

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
    progress = progress or Silent()
    out = writable_folder(Path(recipe.out))
    run = _Run(recipe, images, device)
    state_path = out / "state.pt"
    if state_path.is_file():
        run.state.load(state_path, recipe)
        progress.say(f"{recipe.name}: goes on after step {run.state.step}")
    total = run.steps_per_epoch * recipe.epochs
    paths: list[Path] = run.checkpoint_paths(recipe.epochs)
    with progress.task(recipe.name, total, "steps") as done:
        done(run.state.step, computed=False)
        while run.state.step < total:
            run.take_step()
            done(1)
            epoch, into = divmod(run.state.step, run.steps_per_epoch)
            ended = into == 0
            kept = ended and (epoch % recipe.keep_every == 0 or epoch == recipe.epochs)
            if kept or run.state.step % recipe.save_every == 0:
                run.check_losses()
                if kept:
                    run.save_checkpoints(epoch)
                run.state.save(state_path, recipe)
            if ended:
                progress.say(f"{recipe.name}: epoch {epoch}, {run.describe()}")
    if not all(path.is_file() for path in paths):
        run.save_checkpoints(recipe.epochs)
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
        self.preprocess = self._pixel_range()
        networks = {
            "generator": pair.generator.module,
            "discriminator": pair.discriminator.module,
        }
        for role, network in networks.items():
            with located(f"network {recipe.network}"):
                initialise(network, family.name, role, recipe.seed)
            network.to(device).train()
        self.state = TrainingState(
            networks["generator"],
            networks["discriminator"],
            self._adam(networks["generator"]),
            self._adam(networks["discriminator"]),
            images.fingerprint,
            (device_name(device),),
        )
        self.losses: dict[str, float] = {}  # of the last steps that this process took
        self._order: tuple[int, np.ndarray[Any, np.dtype[np.int64]]] = (-1, np.empty(0, np.int64))

    def _pixel_range(self) -> Preprocess:
        """Preprocessing that brings pixels in [0, 1] to the generator's output range."""
        low, high = self.spec.output_range
        return Preprocess(mean=(-low / (high - low),), std=(1 / (high - low),))

    def _adam(self, network: torch.nn.Module) -> torch.optim.Adam:
        chosen = self.recipe.optimizer
        return torch.optim.Adam(
            network.parameters(),
            lr=chosen.rate,
            betas=(chosen.beta1, chosen.beta2),
            eps=chosen.eps,
            weight_decay=chosen.weight_decay,
            fused=True,  # one pass over the weights: an eighth of a CPU step is saved
        )

    def take_step(self) -> None:
        """Update G (even steps) or D (odd steps)."""
        step = self.state.step
        name_dropouts(self.state.generator, "training", self.recipe.seed, "dropout of G", step)
        name_dropouts(self.state.discriminator, "training", self.recipe.seed, "dropout of D", step)
        rows = self._rows(step)
        labels = self._labels(rows)
        z = self._latent(step, len(rows))
        for optimizer in (self.state.optimizer_g, self.state.optimizer_d):
            for group in optimizer.param_groups:
                group["lr"] = self._rate(step)
        # A G step needs no gradients of D's weights: a sixth of its arithmetic.
        self.state.discriminator.requires_grad_(step % 2 == 1)
        if step % 2 == 0:
            self.state.optimizer_g.zero_grad()
            loss = generator_loss(self._judge(self._draw(z, labels), labels))
            loss.backward()  # type: ignore[no-untyped-call]  # untyped in torch
            self.state.optimizer_g.step()
            self.losses["G"] = float(loss.detach())
        else:
            real = self.preprocess(torch.from_numpy(self._pixels(rows)).to(self.device))
            with torch.no_grad():
                fake = self._draw(z, labels)
            self.state.optimizer_d.zero_grad()
            loss = discriminator_loss(
                self._judge(real, labels), self._judge(fake, labels), self.recipe.real_label
            )
            loss.backward()  # type: ignore[no-untyped-call]  # untyped in torch
            self.state.optimizer_d.step()
            self.losses["D"] = float(loss.detach())
        self.state.step += 1

    def _rows(self, step: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Images of this step: each epoch is a permutation of its own, its short rest left out."""
        epoch, into = divmod(step, self.steps_per_epoch)
        if self._order[0] != epoch:
            stream = rng_for("training", self.recipe.seed, "epoch", epoch)
            self._order = (epoch, stream.permutation(len(self.images)))
        return self._order[1][into * self.recipe.batch : (into + 1) * self.recipe.batch]

    def _pixels(self, rows: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, Any]:
        return self.images.take(rows).images(0, len(rows))

    def _labels(self, rows: np.ndarray[Any, np.dtype[np.int64]]) -> torch.Tensor | None:
        """One-hot labels of the step's images for a conditional pair, else None."""
        if not self.spec.n_classes:
            return None
        codes = torch.from_numpy(self.images.y[rows]).to(self.device)
        return torch.nn.functional.one_hot(codes, self.spec.n_classes).float()

    def _latent(self, step: int, n: int) -> torch.Tensor:
        """The z of this step, from its own seed."""
        stream = torch.Generator().manual_seed(seed_for("training", self.recipe.seed, "z", step))
        size = (n, self.spec.z_dim)
        if self.spec.z == "uniform":
            drawn = torch.rand(size, generator=stream).mul_(2).sub_(1)
        else:
            drawn = torch.randn(size, generator=stream)
        return drawn.to(self.device)

    def _draw(self, z: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        inputs = (z,) if labels is None else (z, labels)
        drawn: torch.Tensor = self.state.generator(*inputs)
        return drawn

    def _judge(self, images: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        inputs = (images,) if labels is None else (images, labels)
        logits: torch.Tensor = self.state.discriminator(*inputs)
        return logits

    def _rate(self, step: int) -> float:
        """Learning rate of this step's epoch."""
        chosen = self.recipe.optimizer
        epoch = step // self.steps_per_epoch + 1
        if chosen.full_epochs is None or epoch <= chosen.full_epochs:
            return chosen.rate
        along = (epoch - chosen.full_epochs) / max(1, self.recipe.epochs - chosen.full_epochs)
        return chosen.rate * (1 - along * (1 - chosen.last_rate))

    def check_losses(self) -> None:
        """Refuse to go on, or to save, when training has diverged."""
        if not np.isfinite(list(self.losses.values())).all():
            raise WorkError(
                f"{self.recipe.name}: the loss is not a number at step {self.state.step}; "
                "lower optimizer.rate"
            )

    def describe(self) -> str:
        """The last losses."""
        return ", ".join(f"loss of {net} {loss:.3f}" for net, loss in sorted(self.losses.items()))

    def checkpoint_paths(self, epoch: int) -> list[Path]:
        """Files of an epoch's discriminator and generator."""
        folder, name = Path(self.recipe.out), slug(self.recipe.name)
        return [
            folder / f"{name}_{role}_{epoch:04d}.safetensors"
            for role in ("discriminator", "generator")
        ]

    def save_checkpoints(self, epoch: int) -> None:
        """Write both networks with their cards."""
        shared = {
            "name": self.recipe.name,
            "family": self.recipe.network,
            "options": self.recipe.options,
            "trained_on": {"name": self.recipe.data.name, "fingerprint": self.images.fingerprint},
            "devices": list(self.state.devices),
            "epochs": epoch,
            "recipe": self.recipe.identity_values(),
        }
        discriminator, drawn = self.checkpoint_paths(epoch)
        save_checkpoint(
            discriminator,
            self.state.discriminator.state_dict(),
            {
                **shared,
                "role": "discriminator",
                "preprocess": self.preprocess.identity_values(),
            },
        )
        save_checkpoint(
            drawn,
            self.state.generator.state_dict(),
            {**shared, "role": "generator", "spec": self.spec.identity_values()},
        )
