"""Subjects in memory: a network, a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

import dcgan_eval as de
from dcgan_eval.subjects import SubjectSettings
from tests.make.fields.case import Case, Changed, Values
from tests.make.fields.subjects import ENCODER

Y = np.arange(60) % 3
X = (np.random.default_rng(0).integers(0, 120, (60, 8, 8)) + 60 * Y[:, None, None]).astype(np.uint8)


def network() -> nn.Module:
    """Two convolutions and a batch norm, each time the same."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1)
    )


def means(images: np.ndarray) -> np.ndarray:
    """Features of a user's."""
    return images.mean(1).reshape(len(images), -1)


def evaluated(make: Callable[[Values], SubjectSettings]) -> Callable[[Values], Any]:
    """The first record of what is made of values."""

    def found(values: Values) -> Any:
        how = {"protocol": "full_labels", "grid": [0.01], "validation": 20, "extend": False}
        data = {"train": (X, Y), "test": (X[:30], Y[:30])}
        return de.evaluate(make(values), **data, **how, cache="held", progress=False)[0]

    return found


def case(make: Callable[[Values], SubjectSettings], changes: Values) -> Case:
    """Their ids, and what comes out but for the names."""
    found = evaluated(make)

    def outcome(values: Values) -> Any:
        given = found(values).outcome.model_dump()
        del given["representation"]["name"]
        return given

    return Case({}, changes, key=lambda values: found(values).id, outcome=outcome)


CASES: dict[str, Case] = {
    "subjects.module.Module": case(
        lambda values: de.Module(network(), **values),
        {
            **ENCODER,
            "layers": ["0"],
            "small_maps": "keep",
            "input": Changed([1, 6, 6], refused="the network takes 6×6×1"),
            "layout": "channels_last",
            "version": "1",
        },
    ),
    "subjects.function.Function": case(
        lambda values: de.Function(means, **values), {"name": "shown", "version": "1"}
    ),
}
