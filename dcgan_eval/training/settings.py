"""A recipe: everything that decides what a training run gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from dcgan_eval.core import Settings, build, execution, identity, located, override, read_yaml
from dcgan_eval.data import DataSettings
from dcgan_eval.models import Initialisation
from dcgan_eval.training.augment import Augment
from dcgan_eval.training.optimizer import Optimizer
from dcgan_eval.training.precision import Precision


class Recipe(Settings):
    """A training run.

    Attributes
    ----------
    name
        What the run is called.
    data
        Images; the training part is used, without labels unless the pair is conditional.
    network, options
        Family of the pair, and its settings.
    epochs, batch
        Passes over the training images, images a batch.
    optimizer
        See `Optimizer`.
    order
        What learns from a batch: ``alternate``, G and D in turn, as in the paper's code; ``both``,
        D and then G from a z of its own.
    joint_batch
        Whether real and fake images go through D as one batch, with statistics in common; D's loss
        is then that batch's mean, half of the usual sum.
    augment
        Random changes of the images that D sees; see `Augment`.
    real_label
        Target of real images (below 1: one-sided label smoothing).
    generator_label
        What G wants D to say of its images.
    initialisation
        Of the weights; see `dcgan_eval.models.initialise`.
    average
        Decay of an average of G's weights, which is then kept beside G, as another checkpoint: at
        each step of G it goes 1 − decay of the way to G, as decay the lesser of this and
        (1 + t) / (10 + t), t the steps taken, so that the first weights are forgotten.
    precision
        In what networks compute: ``float32``, ``tf32``, ``bf16``; see
        `dcgan_eval.training.precision`.
    channels_last
        Whether maps lie in memory with their channels last, which convolutions are faster on.
    seed
        Of weights, order of images, z and all that is drawn.
    out
        Folder of checkpoints and state.
    keep_every
        Epochs between checkpoints that are kept; the last one is always kept.
    save_every
        Steps between saved states, from which an interrupted run goes on.
    """

    name: str = execution()
    data: DataSettings = identity()
    network: str = identity()
    options: dict[str, Any] = identity({})
    epochs: int = identity(ge=1)
    batch: int = identity(128, ge=2)
    optimizer: Optimizer = identity(Optimizer())
    order: Literal["alternate", "both"] = identity("alternate", later=True)
    joint_batch: bool = identity(False, later=True)
    augment: Augment = identity(Augment(), later=True)
    real_label: float = identity(1.0, gt=0, le=1)
    generator_label: float = identity(1.0, gt=0, le=1, later=True)
    initialisation: Initialisation = identity("normal", later=True)
    average: float | None = identity(None, gt=0, lt=1, later=True)
    precision: Precision = identity("float32", later=True)
    channels_last: bool = identity(False, later=True)
    seed: int = identity(0, ge=0)
    out: str = execution()
    keep_every: int = execution(5, ge=1)
    save_every: int = execution(500, ge=1)


def read_recipe(path: Path, assignments: list[str]) -> Recipe:
    """Read a recipe file; `assignments` change it (``--set``)."""
    changed = override(read_yaml(path), assignments)
    with located(path):
        return build(Recipe, changed)
