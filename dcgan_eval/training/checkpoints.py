"""The checkpoints of an epoch, with their cards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dcgan_eval.core import slug
from dcgan_eval.models import GeneratorSpec, Preprocess, save_checkpoint
from dcgan_eval.training.settings import Recipe
from dcgan_eval.training.state import TrainingState


def checkpoint_paths(recipe: Recipe, epoch: int) -> list[Path]:
    """Files of an epoch: discriminator, generator and the average of its weights, if any."""
    folder, name = Path(recipe.out), slug(recipe.name)
    networks = ["discriminator", "generator", *(["average"] if recipe.average is not None else [])]
    return [folder / f"{name}_{network}_{epoch:04d}.safetensors" for network in networks]


def save_checkpoints(
    recipe: Recipe,
    epoch: int,
    state: TrainingState,
    preprocess: Preprocess,
    spec: GeneratorSpec,
    watched: Mapping[str, Any],
) -> None:
    """Write the networks of a training.

    Parameters
    ----------
    preprocess
        Of the discriminator.
    spec
        What the generator takes.
    watched
        How the training went; see `dcgan_eval.training.watch.Watch.summary`.
    """
    shared = {
        "name": recipe.name,
        "family": recipe.network,
        "options": recipe.options,
        "trained_on": {"name": recipe.data.name, "fingerprint": state.images},
        "devices": list(state.devices),
        "epochs": epoch,
        "watched": dict(watched),
        "recipe": recipe.identity_values(),
    }
    of_discriminator = {"role": "discriminator", "preprocess": preprocess.identity_values()}
    of_generator = {"role": "generator", "spec": spec.identity_values()}
    discriminator, generator, *average = checkpoint_paths(recipe, epoch)
    save_checkpoint(discriminator, state.discriminator.state_dict(), {**shared, **of_discriminator})
    save_checkpoint(generator, state.generator.state_dict(), {**shared, **of_generator})
    if state.average is not None:
        save_checkpoint(average[0], state.average.state_dict(), {**shared, **of_generator})
