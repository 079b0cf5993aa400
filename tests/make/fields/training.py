"""Recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from dcgan_eval.core import build, digest_json
from dcgan_eval.data import load_images
from dcgan_eval.models import load_encoder, load_generator
from dcgan_eval.training import Recipe, train
from tests.make.fields.case import Case, Changed, Values
from tests.make.fields.place import DENSE, RECIPE


def trained(values: Values) -> tuple[Any, Any]:
    """What the training state is kept by, and the weights of both networks and of the average."""
    recipe = build(Recipe, values)
    out = Path("trained", digest_json(values)[:12])
    paths = train(
        recipe.model_copy(update={"out": str(out)}),
        load_images(recipe.data, "train", cache=Path("cache")),
    )
    kept = torch.load(out / "state.pt", weights_only=True)["recipe"]
    generators = [load_generator(path).weights_hash for path in paths[1:]]
    return kept, [load_encoder(paths[0]).weights_hash, *generators]


def state_key(values: Values) -> Any:
    """What the training state is kept by."""
    return trained(values)[0]


def weights_of(values: Values) -> Any:
    """Weights of both networks and of the average."""
    return trained(values)[1]


CASES: dict[str, Case] = {
    "training.optimizer.Optimizer": Case(
        {},
        {
            "rate": 1e-3,
            "beta1": 0.9,
            "beta2": 0.9,
            "eps": 1e-7,
            "momentum": Changed(0.9, {"kind": "sgd"}),
            "nesterov": Changed(True, {"kind": "sgd", "momentum": 0.9}),
            "alpha": Changed(0.9, {"kind": "rmsprop"}),
            "weight_decay": 1e-5,
            "full_epochs": 1,
            "last_rate": Changed(0.1, {"full_epochs": 1}),
            "decay": Changed(0.5, {"decay": 0.9, "decay_steps": 2}),
            "decay_steps": Changed(1, {"decay": 0.9, "decay_steps": 2}),
        },
        lambda values: {**RECIPE, "optimizer": values},
        key=state_key,
        decided=weights_of,
    ),
    "training.augment.Augment": Case(
        {"flip": True},
        {"flip": False, "shift": 1, "colour": 0.5, "cutout": 2},
        lambda values: {**RECIPE, "augment": values},
        key=state_key,
        decided=weights_of,
    ),
    "training.settings.Recipe": Case(
        RECIPE,
        {
            "name": "shown",
            "data": {"name": "other"},
            "network": Changed("mnist_mlp", along={"options": DENSE}),
            "options": Changed({**DENSE, "z_dim": 7}, {"network": "mnist_mlp", "options": DENSE}),
            "epochs": 3,
            "batch": 12,
            "optimizer": {"rate": 1e-3},
            "order": "both",
            "joint_batch": True,
            "real_label": 0.9,
            "generator_label": 0.9,
            "initialisation": "glorot_uniform",
            "augment": {"flip": True},
            "average": 0.9,
            "precision": "bf16",
            "channels_last": True,
            "seed": 1,
            "out": "elsewhere/run",
            "keep_every": 1,
            "save_every": 1,
        },
        key=state_key,
        outcome=weights_of,
        decided=weights_of,
    ),
}
