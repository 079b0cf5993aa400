"""A small problem with groups, as features and images, and the pipeline that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dcgan_eval.data import ImageSet
from dcgan_eval.protocols import Protocol, ProtocolSettings, Task, load_protocol, read_protocol
from tests.images import random_images


def noisy_images(n: int, n_classes: int = 3, seed: int = 0, grouped: bool = False) -> ImageSet:
    """Images whose classes overlap; with groups, five images in a row are of one group."""
    images = random_images(n, n_classes=n_classes, seed=seed)
    order = np.random.default_rng(seed + 100).permutation(n)
    groups = np.arange(n, dtype=np.int64) // 5 if grouped else None
    return replace(images, labels=images.labels[order], groups=groups)


def make_task(
    values: Mapping[str, Any], train: ImageSet, test: ImageSet, seed: int = 0
) -> tuple[Protocol, ProtocolSettings, Task]:
    """A protocol, its settings, and a task with Gaussian features that know a little of labels."""
    settings = read_protocol(values, "test")
    protocol = load_protocol(settings.kind)
    split = protocol.split(settings, train, test)
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(train.class_names), 12))
    X, X_test = (
        (rng.normal(size=(len(images), 12)) * 1.5 + centres[images.y]).astype(np.float32)
        for images in (train, test)
    )
    return protocol, settings, Task(train, test, split, X[split.train], X_test, {"all": (0, 12)})
