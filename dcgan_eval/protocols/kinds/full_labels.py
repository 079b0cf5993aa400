"""All labels: choose the hyper-parameter on a validation part, refit on everything, score once.

1. The training rows (all of them, or a stratified, seeded choice of `train_size`) are divided into
a fitting and a validation part, stratified by class. 2. The probe is fitted on the fitting part
along its grid and scored on the validation part; the best value wins. 3. It is fitted again on all
training rows at that value and scored on the test set.

Source: Radford, Metz, Chintala, arXiv 1511.06434, section 5.1; the paper does not say how C was
chosen, its section 5.2 implies a validation part of 10,000 images.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import SerializeAsAny, field_validator

from dcgan_eval.core import Progress, identity
from dcgan_eval.data import ImageSet, Split, stratified, stratified_subset
from dcgan_eval.probes import Evaluation, ProbeSettings, Scaling, choose, load_probe, read_probe
from dcgan_eval.protocols.base import Cost, Protocol, ProtocolSettings, Result, Task
from dcgan_eval.protocols.scoring import (
    accuracy_metric,
    confusion_matrix,
    error_rates,
    projection,
    selection_of,
    test_design,
)
from dcgan_eval.records import Journal


class FullLabelsSettings(ProtocolSettings):
    """Settings of ``kind: full_labels``.

    Attributes
    ----------
    probe
        ``l2svm``, ``logistic`` or ``knn``, or keys with ``kind``.
    grid
        Ascending values of the probe's hyper-parameter, or ``auto``: seven half-decade steps
        around one that suits the features.
    validation
        Images of the validation part; ``auto`` is 10,000, or a fifth of less than 50,000.
    train_size
        Training images used, all when not given.
    seed
        Of the stratified choices.
    """

    kind: Literal["full_labels"] = identity("full_labels")
    probe: SerializeAsAny[ProbeSettings] = identity(None, validate_default=True)
    grid: tuple[float, ...] | Literal["auto"] = identity("auto")
    validation: int | Literal["auto"] = identity("auto")
    train_size: int | None = identity(None, ge=4)
    seed: int = identity(0, ge=0)

    @field_validator("probe", mode="plain")
    @classmethod
    def _read_probe(cls, value: object) -> ProbeSettings:
        """A probe's name or its keys, read by the probe's own settings."""
        return value if isinstance(value, ProbeSettings) else read_probe(value, "protocol", "probe")

    @field_validator("grid")
    @classmethod
    def _ascending(
        cls, value: tuple[float, ...] | Literal["auto"]
    ) -> tuple[float, ...] | Literal["auto"]:
        """A grid is a set of positive numbers in order."""
        if value != "auto" and (not value or value[0] <= 0 or sorted(set(value)) != list(value)):
            raise ValueError("a grid is ascending positive numbers, at least one")
        return value


class FullLabels(Protocol):
    """See the module."""

    version: ClassVar[int] = 1
    settings_class = FullLabelsSettings
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # The range in which every representation measured so far has its best C, see the design.
        "cifar10": {"grid": [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2], "validation": 10_000},
    }

    def split(self, settings: FullLabelsSettings, train: ImageSet, test: ImageSet) -> Split:
        """Training rows, their fitting and validation parts, all test rows."""
        rows = np.arange(len(train), dtype=np.int64)
        if settings.train_size is not None and settings.train_size != len(train):
            rows = stratified_subset(
                train.y, settings.train_size, "full_labels", "train", settings.seed
            )
        size = settings.validation
        if size == "auto":
            size = 10_000 if len(rows) >= 50_000 else len(rows) // 5
        validation, fit = stratified(
            train.y[rows], size, "full_labels", "validation", settings.seed
        )
        return Split(
            train=rows,
            test=np.arange(len(test), dtype=np.int64),
            reference=np.arange(len(train), dtype=np.int64),
            parts={"fit": fit, "validation": validation},
        )

    def subset(self, settings: FullLabelsSettings, train: ImageSet) -> str | None:
        """A choice of training images is not the published problem."""
        if settings.train_size is None or settings.train_size == len(train):
            return None
        return f"{settings.train_size:,} of {len(train):,} training labels"

    def cost(
        self, settings: FullLabelsSettings, split: Split, columns: int, n_classes: int
    ) -> Cost:
        """The refit on all rows, or the path on the fitting part, whichever takes more."""
        probe = load_probe(settings.probe.kind)
        n_values = 7 if settings.grid == "auto" else len(settings.grid)
        memory = max(
            probe.memory_bytes(
                settings.probe, len(split.parts["fit"]), columns, n_classes, n_values, 1
            ),
            probe.memory_bytes(settings.probe, len(split.train), columns, n_classes, 1, 1),
        )
        return Cost(memory, n_values + 1)

    def run(
        self, settings: FullLabelsSettings, task: Task, journal: Journal, progress: Progress
    ) -> Result:
        """Choose on the validation part, refit, score on the test set."""
        probe = load_probe(settings.probe.kind)
        fit, validation = task.split.parts["fit"], task.split.parts["validation"]
        y = task.y_train

        # 1. Selection on the validation part; scaling sees the fitting part only.
        X = Scaling.fit(task.X_train, settings.probe, fit).apply(task.X_train)

        def score(values: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
            key = f"selection {list(values)}"
            unit = journal.get(key)
            if unit is None:
                found = probe.predict_path(
                    settings.probe,
                    X,
                    y,
                    values,
                    [fit],
                    [Evaluation(X, validation)],
                    task.device,
                    progress,
                )
                unit = {"predictions": found.predictions[0][0]}
                journal.put(key, unit)
            return error_rates(unit["predictions"], y[validation])[:, None]

        grid = probe.auto_grid(X, fit) if settings.grid == "auto" else settings.grid
        choice = choose(grid, score, probe.extend, probe.prefer)

        # 2. Refit on all training rows at the chosen value, score once.
        key = f"test {choice.chosen}"
        unit = journal.get(key)
        if unit is None:
            rows = np.arange(len(y), dtype=np.int64)
            scaling = Scaling.fit(task.X_train, settings.probe, rows)
            X, X_test = scaling.apply(task.X_train), scaling.apply(task.X_test)
            found = probe.predict_path(
                settings.probe,
                X,
                y,
                [choice.chosen],
                [rows],
                [Evaluation(X_test)],
                task.device,
                progress,
            )
            details = np.array(json.dumps(found.details))
            unit = {"predictions": found.predictions[0][0], "details": details}
            journal.put(key, unit)
        predictions = unit["predictions"]

        wrong = predictions != task.y_test
        notes: tuple[str, ...] = ()
        if self.subset(settings, task.train) is not None:
            notes = ("one draw: which labels were drawn is not in this interval",)
        return Result(
            metrics=(accuracy_metric(wrong, task.test_groups),),
            design=test_design(task, "none", predictions, []),
            predictions=predictions,
            selection=(selection_of(choice, probe.parameter, "validation", "accuracy"),),
            notes=notes,
            details={"probe": json.loads(str(unit["details"]))},
            exhibits={
                "confusion": confusion_matrix(predictions, task.y_test, task.n_classes),
                **projection(task),
            },
        )


PROTOCOL = FullLabels()
