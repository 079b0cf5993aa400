"""The same network trained with the labels: the best of many random trials.

1. The labelled images are draw 0 of the protocol few_labels, validation part and pool are its own.
2. Each trial has random parameters (learning rate, weight decay, dropout, shifts, epochs), a pure
function of seed and number. 3. All trials are trained to the first rung; the best on the
validation part go on to the next, and those behind the last rung to their own end. 4. The trial
with the lowest validation error predicts the test set, once.

Source: Radford, Metz, Chintala, arXiv 1511.06434, section 5.2: "best of 64 random trials", 28.87 %
validation error on SVHN with 1,000 labels. Its ranges are not published; rungs are ours, to spend
less on trials that begin badly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import model_validator

from dcgan_eval.core import Progress, identity
from dcgan_eval.data import ImageSet, Split, draw_per_class
from dcgan_eval.protocols.base import Cost, Protocol, ProtocolSettings, Result, Task
from dcgan_eval.protocols.kinds.few_labels import PROTOCOL as FEW_LABELS
from dcgan_eval.protocols.kinds.few_labels import FewLabelsSettings
from dcgan_eval.protocols.scoring import confusion_matrix, error_metric, test_design
from dcgan_eval.protocols.trials import Part, Trials, ranked, trial_parameters
from dcgan_eval.records import Journal, Metric
from dcgan_eval.stats import Design

# One network at a time: weights, gradients, Adam's moments, a batch's maps. A whole process with
# svhn32, 1,000 labelled and 1,001 validation images had 1.15 GB resident at its peak.
_MEMORY_BYTES = 1_200_000_000


class SupervisedSettings(ProtocolSettings):
    """Settings of ``kind: supervised``.

    Attributes
    ----------
    per_class
        Labelled images of each class.
    split, validation
        As in ``few_labels``: how validation part and pool are made, and images of the former.
    trials
        Random trials; trial t is the same whatever this number is.
    rungs
        Epochs at which trials are ranked, ascending.
    kept
        How many go on from each rung, as many numbers as rungs, falling.
    epochs
        Most epochs of a trial; a trial's own number is drawn from the last rung to this.
    batch
        Images a step.
    seed
        Of split, draw and trials.
    """

    kind: Literal["supervised"] = identity("supervised")
    per_class: int = identity(ge=1)
    split: Literal["seeded", "authors"] = identity("seeded")
    validation: int = identity(10_000, ge=1)
    trials: int = identity(64, ge=1, le=10_000)
    rungs: tuple[int, ...] = identity((5, 25))
    kept: tuple[int, ...] = identity((16, 4))
    epochs: int = identity(75, ge=1)
    batch: int = identity(100, ge=2)
    seed: int = identity(0, ge=0)

    @model_validator(mode="after")
    def _consistent(self) -> SupervisedSettings:
        """Rungs rise to the last epoch, and fewer trials go on from each."""
        if len(self.rungs) != len(self.kept):
            raise ValueError("rungs and kept have one number a rung each")
        if list(self.rungs) != sorted(set(self.rungs)):
            raise ValueError("rungs are ascending epochs")
        if self.rungs and not 1 <= self.rungs[0] <= self.rungs[-1] <= self.epochs:
            raise ValueError(f"rungs are epochs from 1 to the last one, {self.epochs}")
        falling = [self.trials, *self.kept]
        if falling != sorted(falling, reverse=True) or falling[-1] < 1:
            raise ValueError("kept falls from rung to rung, from trials to 1 or more")
        self.as_few_labels()
        return self

    def as_few_labels(self) -> FewLabelsSettings:
        """The settings of few_labels with the same split and draws."""
        return FewLabelsSettings(
            per_class=self.per_class,
            split=self.split,
            validation=self.validation,
            seed=self.seed,
        )


class Supervised(Protocol):
    """See the module."""

    version: ClassVar[int] = 1
    settings_class = SupervisedSettings
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"svhn1000": {"per_class": 100}}
    needs_features: ClassVar[bool] = False

    def split(self, settings: SupervisedSettings, train: ImageSet, test: ImageSet) -> Split:
        """Validation part and labelled draw; the same as those of few_labels."""
        split = FEW_LABELS.split(settings.as_few_labels(), train, test)
        pool = split.parts["pool"]
        drawn = draw_per_class(
            train.y[pool], settings.per_class, "few_labels", settings.seed, "draw", 0
        )
        return Split(
            train=split.train,
            test=split.test,
            reference=split.reference,
            parts={"validation": split.parts["validation"], "labelled": np.sort(pool[drawn])},
        )

    def cost(
        self, settings: SupervisedSettings, split: Split, columns: int, n_classes: int
    ) -> Cost:
        """One network at a time."""
        return Cost(_MEMORY_BYTES, settings.trials)

    def journal_values(self, settings: SupervisedSettings) -> dict[str, Any]:
        """Leave out how many trials there are, and how many go on."""
        values = super().journal_values(settings)
        return {name: value for name, value in values.items() if name not in ("trials", "kept")}

    def run(
        self, settings: SupervisedSettings, task: Task, journal: Journal, progress: Progress
    ) -> Result:
        """Run the trials, score the best one on the test set."""
        about = task.representation.identity_values() if task.representation else {}
        fewest = settings.rungs[-1] if settings.rungs else 1
        parameters = [
            trial_parameters(settings.seed, trial, fewest, settings.epochs)
            for trial in range(settings.trials)
        ]
        trials = Trials(
            about["network"],
            about["options"],
            task.n_classes,
            parameters,
            settings.rungs,
            settings.kept,
            settings.seed,
            settings.batch,
            task.device,
            _part(task, "labelled"),
            _part(task, "validation"),
            journal,
            progress,
        )
        rungs = trials.run()
        winner = ranked(rungs[-1])[0]
        test = task.test.take(task.split.test)
        predictions = trials.predict(winner, test.images(0, len(test)))
        trials.forget_states()

        n_validation = len(task.split.parts["validation"])
        validation_error = Metric(
            name="validation error", value=100.0 * rungs[-1][winner], better="low"
        )
        design = Design("none", given="the trained network, the labelled images")
        wrong = (predictions != task.y_test)[None]
        told = [
            {
                "trial": trial,
                **asdict(drawn),
                "validation_errors": [100.0 * rung[trial] for rung in rungs if trial in rung],
            }
            for trial, drawn in enumerate(parameters)
        ]
        return Result(
            metrics=(error_metric(wrong, design, task.test_groups), validation_error),
            design=test_design(task, "none", predictions[None], []),
            predictions=predictions[None],
            notes=(
                f"best of {settings.trials} random trials, chosen on {n_validation:,} validation "
                "labels",
                "one draw: which labels were drawn is not in this interval",
            ),
            details={"winner": winner, "trials": told},
            exhibits={
                "confusion": confusion_matrix(predictions[None], task.y_test, task.n_classes)
            },
        )


def _part(task: Task, name: str) -> Part:
    """Images and labels of a part of the training set."""
    images = task.train.take(task.split.rows(name))
    return Part(images.images(0, len(images)), images.y)


PROTOCOL = Supervised()
