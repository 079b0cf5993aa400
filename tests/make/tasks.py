"""Protocols with the tasks that they are run on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dcgan_eval.core import Work
from dcgan_eval.data import ImageSet
from dcgan_eval.protocols import Features, Protocol, Task, read_protocol
from dcgan_eval.records import Journal


def make_task(
    values: Mapping[str, Any], train: ImageSet, test: ImageSet, seed: int = 0
) -> tuple[Protocol, Task[Features]]:
    """A protocol and a task with Gaussian features that know a little of labels."""
    protocol = read_protocol(values)
    split = protocol.make_split(train, test)
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(train.class_names), 12))
    X, X_test = (
        (rng.normal(size=(len(images), 12)) * 1.5 + centres[images.y]).astype(np.float32)
        for images in (train, test)
    )
    return protocol, Task(Features(X[split.train], X_test), train, test, split)


def work_in(folder: Path, device: str = "cpu") -> Work:
    """Work whose finished units are kept in a folder."""
    return Work(folder, device, units=Journal(folder))
