"""A recipe: everything that decides what a training run gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dcgan_eval.core import Settings, build, execution, identity, located, override, read_yaml
from dcgan_eval.data import DataSettings


class Optimizer(Settings):
    """Adam, one for each network.

    Attributes
    ----------
    rate, beta1, beta2, eps
        The paper's values.
    weight_decay
        Coupled: added to the gradient of every parameter, batch-norm scales too.
    full_epochs, last_rate
        The rate is full for so many epochs, then falls linearly to `last_rate` × rate at the last
        one; never where `full_epochs` is not given.
    """

    rate: float = identity(2e-4, gt=0)
    beta1: float = identity(0.5, ge=0, lt=1)
    beta2: float = identity(0.999, ge=0, lt=1)
    eps: float = identity(1e-8, gt=0)
    weight_decay: float = identity(0.0, ge=0)
    full_epochs: int | None = identity(None, ge=1)
    last_rate: float = identity(0.01, ge=0, le=1)


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
    real_label
        Target of real images (below 1: one-sided label smoothing).
    seed
        Of weights, order of images and z.
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
    real_label: float = identity(1.0, gt=0, le=1)
    seed: int = identity(0, ge=0)
    out: str = execution()
    keep_every: int = execution(5, ge=1)
    save_every: int = execution(500, ge=1)


def read_recipe(path: Path, assignments: list[str]) -> Recipe:
    """Read a recipe file; `assignments` change it (``--set``)."""
    changed = override(read_yaml(path), assignments)
    with located(path):
        return build(Recipe, changed)
