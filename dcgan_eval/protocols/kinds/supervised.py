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

from dcgan_eval.core import Subject, Work, identity
from dcgan_eval.data import Items, Split, draw_per_class, with_pixels
from dcgan_eval.protocols.base import Protocol, Result, Task
from dcgan_eval.protocols.kinds.few_labels import FewLabels
from dcgan_eval.protocols.scoring import confusion_matrix, error_metric, layout_of, notes_of_chance
from dcgan_eval.protocols.trials import Part, Trials, ranked, trial_parameters
from dcgan_eval.records import Metric
from dcgan_eval.stats import Design
from dcgan_eval.training import Architecture

# One network at a time: weights, gradients, Adam's moments, a batch's maps. A whole process with
# svhn32, 1,000 labelled and 1,001 validation images had 1.15 GB resident at its peak.
_MEMORY_BYTES = 1_200_000_000


class Supervised(Protocol):
    """Settings of ``kind: supervised``; see the module.

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

    version: ClassVar[int] = 1
    takes: ClassVar[type[Subject]] = Architecture
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"svhn1000": {"per_class": 100}}

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
    def _consistent(self) -> Supervised:
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

    def as_few_labels(self) -> FewLabels:
        """The protocol few_labels with the same split and draws."""
        return FewLabels(
            per_class=self.per_class,
            split=self.split,
            validation=self.validation,
            seed=self.seed,
        )

    def make_split(self, train: Items, test: Items) -> Split:
        """Validation part and labelled draw; the same as those of few_labels."""
        split = self.as_few_labels().make_split(train, test)
        pool = split.parts["pool"]
        drawn = draw_per_class(train.y[pool], self.per_class, "few_labels", self.seed, "draw", 0)
        return Split(
            train=split.train,
            test=split.test,
            reference=split.reference,
            parts={"validation": split.parts["validation"], "labelled": np.sort(pool[drawn])},
        )

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse anything but an architecture for these images."""
        super().check(subject, train)
        if isinstance(subject, Architecture):
            subject.check(with_pixels(train))

    def memory_bytes(self, train: Items, split: Split, columns: int) -> int:
        """One network at a time."""
        return _MEMORY_BYTES

    def journal_values(self) -> dict[str, Any]:
        """Leave out how many trials there are, and how many go on."""
        values = super().journal_values()
        return {name: value for name, value in values.items() if name not in ("trials", "kept")}

    def run(self, task: Task[Architecture], work: Work) -> Result:
        """Run the trials, score the best one on the test set."""
        fewest = self.rungs[-1] if self.rungs else 1
        parameters = [
            trial_parameters(self.seed, trial, fewest, self.epochs) for trial in range(self.trials)
        ]
        trials = Trials(
            task.given,
            task.n_classes,
            parameters,
            self.rungs,
            self.kept,
            self.seed,
            self.batch,
            _part(task, "labelled"),
            _part(task, "validation"),
            work,
        )
        rungs = trials.run()
        winner = ranked(rungs[-1])[0]
        test = with_pixels(task.test).take(task.split.test)
        predictions, scores = trials.predict(winner, test.images(0, len(test)))
        trials.forget_states()

        n_validation = len(task.split.parts["validation"])
        validation_error = Metric(
            name="validation error", value=100.0 * rungs[-1][winner], better="low"
        )
        design = Design("none", given="the trained network, the labelled images")
        wrong = (predictions != task.y_test)[None]
        error = error_metric(wrong, design, task.test_groups)
        told = [
            {
                "trial": trial,
                **asdict(drawn),
                "validation_errors": [100.0 * rung[trial] for rung in rungs if trial in rung],
            }
            for trial, drawn in enumerate(parameters)
        ]
        return Result(
            metrics=(error, validation_error),
            layout=layout_of(task, "none", predictions[None], []),
            predictions=predictions[None],
            scores=None if scores is None else scores[None],
            notes=(
                f"best of {self.trials} random trials, chosen on {n_validation:,} validation "
                "labels",
                "one draw: which labels were drawn is not in this interval",
                *notes_of_chance(error, task.n_classes),
            ),
            details={"winner": winner, "trials": told},
            exhibits={
                "confusion": confusion_matrix(predictions[None], task.y_test, task.n_classes)
            },
        )


def _part(task: Task[Architecture], name: str) -> Part:
    """Images and labels of a part of the training set."""
    images = with_pixels(task.train).take(task.split.rows(name))
    return Part(images.images(0, len(images)), images.y)


PROTOCOL = Supervised
