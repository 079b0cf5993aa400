"""All labels: choose the hyper-parameter on a validation part, refit on everything, score once.

1. The training rows (all of them, or a stratified, seeded choice of `train_size`) are divided into
a fitting and a validation part, stratified by class. 2. The probe is fitted on the fitting part
along its grid and scored on the validation part; the best value wins. 3. It is fitted again on all
training rows at that value and scored on the test set.

Source: Radford, Metz, Chintala, arXiv 1511.06434, section 5.1; the paper does not say how C was
chosen, its section 5.2 implies a validation part of 10,000 images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Work, identity, located
from dcgan_eval.data import Items, Split, stratified, stratified_subset
from dcgan_eval.probes import Evaluation, Fits, Scaling, choose
from dcgan_eval.protocols.base import Features, Result, Task
from dcgan_eval.protocols.probed import ProbedProtocol
from dcgan_eval.protocols.scoring import (
    accuracy_metric,
    balanced_metric,
    confusion_matrix,
    error_rates,
    first_scores,
    layout_of,
    notes_of_chance,
    projection,
    selection_of,
)
from dcgan_eval.records import scored_rows


class FullLabels(ProbedProtocol):
    """Settings of ``kind: full_labels``; see the module.

    Attributes
    ----------
    probe, grid, extend
        See `dcgan_eval.protocols.probed.ProbedProtocol`; a grid of ``auto`` is seven half-decade
        steps around one that suits the features.
    validation
        Images of the validation part; ``auto`` is 10,000, or a fifth of less than 50,000.
    train_size
        Training images used, all when not given.
    seed
        Of the stratified choices.
    """

    version: ClassVar[int] = 1
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # The range in which every representation measured so far has its best C, see the design.
        "cifar10": {"grid": [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2], "validation": 10_000},
    }

    kind: Literal["full_labels"] = identity("full_labels")
    validation: int | Literal["auto"] = identity("auto")
    train_size: int | None = identity(None, ge=4)
    seed: int = identity(0, ge=0)

    def identity_values(self) -> dict[str, Any]:
        """Where the grid is extended, as usual, no id says so."""
        values = super().identity_values()
        return {name: value for name, value in values.items() if (name, value) != ("extend", True)}

    def make_split(self, train: Items, test: Items) -> Split:
        """Training rows, their fitting and validation parts, all test rows."""
        rows = np.arange(len(train), dtype=np.int64)
        if self.train_size is not None and self.train_size != len(train):
            rows = stratified_subset(train.y, self.train_size, "full_labels", "train", self.seed)
        size = self.validation
        if size == "auto":
            size = 10_000 if len(rows) >= 50_000 else len(rows) // 5
        with located("validation"):
            validation, fit = stratified(
                train.y[rows], size, "full_labels", "validation", self.seed
            )
        return Split(
            train=rows,
            test=np.arange(len(test), dtype=np.int64),
            reference=np.arange(len(train), dtype=np.int64),
            parts={"fit": fit, "validation": validation},
        )

    def subset(self, train: Items) -> str | None:
        """A choice of training images is not the published problem."""
        if self.train_size is None or self.train_size == len(train):
            return None
        return f"{self.train_size:,} of {len(train):,} training labels"

    def memory_bytes(self, train: Items, split: Split, columns: int) -> int:
        """The refit on all rows, or the path on the fitting part, whichever takes more."""
        n_classes, memory = len(train.class_names), self.probe.memory_bytes
        return max(
            memory(len(split.parts["fit"]), columns, n_classes, self.n_values, 1),
            memory(len(split.train), columns, n_classes, 1, 1),
        )

    def run(self, task: Task[Features], work: Work) -> Result:
        """Choose on the validation part, refit, score on the test set."""
        fit, validation = task.split.parts["fit"], task.split.parts["validation"]
        y, given, probe = task.y_train, task.given, self.probe

        # 1. Selection on the validation part; scaling sees the fitting part only.
        X = Scaling.fit(given.train, probe, fit).apply(given.train)

        def score(values: Sequence[float]) -> NDArray[np.float64]:
            key = f"selection {list(values)}"
            unit = work.units.get(key)
            if unit is None:
                fits = Fits(X, y, values, [fit], [Evaluation(X, validation)])
                found = probe.predict_path(fits, device=work.device, progress=work.progress)
                unit = {"predictions": found.predictions[0][0]}
                work.units.put(key, unit)
            return error_rates(unit["predictions"], y[validation])[:, None]

        choice = choose(self.first_grid(X, fit), score, self.beyond, probe.prefer)

        # 2. Refit on all training rows at the chosen value, score once.
        scored = min(1, scored_rows(len(task.split.test), task.n_classes))
        # A unit that was finished without scores is none of these.
        key = f"test {choice.chosen}{' with scores' if scored else ''}"
        unit = work.units.get(key)
        if unit is None:
            rows = np.arange(len(y), dtype=np.int64)
            scaling = Scaling.fit(given.train, probe, rows)
            evaluation = Evaluation(scaling.apply(given.test))
            fits = Fits(
                scaling.apply(given.train),
                y,
                [choice.chosen],
                [rows],
                [evaluation],
                n_classes=task.n_classes,
                scored=scored,
            )
            found = probe.predict_path(fits, device=work.device, progress=work.progress)
            unit = {
                "predictions": found.predictions[0][0],
                "scores": first_scores(found.scores),
                "details": found.details,
            }
            work.units.put(key, unit)
        predictions = unit["predictions"]

        wrong = predictions != task.y_test
        notes = self.notes_of_grid([choice])
        if self.subset(task.train) is not None:
            notes.insert(0, "one draw: which labels were drawn is not in this interval")
        accuracy = accuracy_metric(wrong, task.test_groups, probe.parameter)
        return Result(
            metrics=(
                accuracy,
                *balanced_metric(wrong, task.y_test, task.n_classes, "accuracy"),
            ),
            layout=layout_of(task, "none", predictions, []),
            predictions=predictions,
            scores=unit.get("scores"),
            selection=(selection_of(choice, probe.parameter, "validation", "accuracy"),),
            notes=(*notes, *notes_of_chance(accuracy, task.n_classes)),
            details={"probe": unit["details"]},
            exhibits={
                "confusion": confusion_matrix(predictions, task.y_test, task.n_classes),
                **projection(task),
            },
        )


PROTOCOL = FullLabels
