"""Random trials of a supervised network in fixed rungs, every finished one kept.

After each rung the best trials go on to the next. A trial's state at the end of a rung is kept
while it may still go on; its error stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Work, rng_for
from dcgan_eval.probes import as_scores
from dcgan_eval.records import scored_rows
from dcgan_eval.training import Architecture, Classifier, TrialParameters

# Ranges from which trials are drawn: those in which a small network with batch norm and Adam is
# usually tuned. The paper does not give its own.
_RATES = (1e-4, 1e-2)
_WEIGHT_DECAYS = (1e-6, 1e-1)
_MOST_DROPOUT = 0.7
_MOST_SHIFT = 4


def trial_parameters(
    seed: int, trial: int, fewest_epochs: int, most_epochs: int
) -> TrialParameters:
    """Draw the parameters of a trial: a pure function of its seed and number."""
    stream = rng_for("supervised", seed, "trial", trial)

    def log_uniform(low: float, high: float) -> float:
        return float(np.exp(stream.uniform(np.log(low), np.log(high))))

    return TrialParameters(
        rate=log_uniform(*_RATES),
        weight_decay=log_uniform(*_WEIGHT_DECAYS),
        dropout=float(stream.uniform(0, _MOST_DROPOUT)),
        shift=int(stream.integers(0, _MOST_SHIFT + 1)),
        epochs=int(stream.integers(fewest_epochs, most_epochs + 1)),
    )


@dataclass(frozen=True)
class Part:
    """Images (n, height, width, channels) and their labels (n,)."""

    images: NDArray[np.uint8]
    y: NDArray[np.int64]


class Trials:
    """Train trials rung by rung on one part, rank them on another.

    Parameters
    ----------
    architecture
        What is trained.
    n_classes
        Number of classes.
    parameters
        Of each trial.
    rungs
        Epochs at which trials are ranked; behind the last one they are trained to their end.
    kept
        How many go on from each rung.
    seed
        Of weights, order of images and dropout, with the number of the trial.
    batch
        Images a step.
    labelled, validation
        What is trained on and what trials are ranked on.
    work
        Where finished trials are kept.
    """

    def __init__(
        self,
        architecture: Architecture,
        n_classes: int,
        parameters: Sequence[TrialParameters],
        rungs: Sequence[int],
        kept: Sequence[int],
        seed: int,
        batch: int,
        labelled: Part,
        validation: Part,
        work: Work,
    ) -> None:
        self.architecture, self.n_classes = architecture, n_classes
        self.parameters, self.rungs, self.kept = parameters, rungs, kept
        self.seed, self.batch = seed, batch
        self.labelled, self.validation, self.work = labelled, validation, work

    def run(self) -> list[dict[int, float]]:
        """Run all rungs.

        Returns
        -------
        list of dict
            One a rung: trial → validation error (a share), in the order in which they were run.
        """
        running: Sequence[int] = range(len(self.parameters))
        found: list[dict[int, float]] = []
        for rung, go_on in enumerate([*self.kept, 1]):
            errors: dict[int, float] = {}
            with self.work.progress.task(f"rung {rung + 1}", len(running), "trials") as advance:
                for trial in running:
                    known = self.work.units.get(_error_key(rung, trial))
                    errors[trial] = float(known["error"]) if known else self._error(rung, trial)
                    # Whoever is not among the best so far will not be among the best of all.
                    for lost in ranked(errors)[go_on:]:
                        self.work.units.drop(_state_key(rung, lost))
                    advance(1, computed=known is None)
            found.append(errors)
            running = sorted(ranked(errors)[:go_on])
        return found

    def predict(
        self, trial: int, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.int64], NDArray[np.float16] | None]:
        """Classes of images by a trial that was trained to its end, and scores if they are kept."""
        scored = scored_rows(len(images), self.n_classes) > 0
        # A unit that was finished without scores is none of these.
        key = f"test predictions{' with scores' if scored else ''} of trial {trial}"
        unit = self.work.units.get(key)
        if unit is None:
            logits = self._trained(len(self.rungs), trial).logits(images)
            classes = np.arange(self.n_classes)
            unit = {
                "predictions": logits.argmax(1).numpy(),
                "scores": as_scores(logits.numpy(), classes, self.n_classes) if scored else None,
            }
            self.work.units.put(key, unit)
        return unit["predictions"], unit.get("scores")

    def forget_states(self) -> None:
        """Drop the networks; errors and predictions stay."""
        for rung in range(len(self.rungs) + 1):
            for trial in range(len(self.parameters)):
                self.work.units.drop(_state_key(rung, trial))

    def _error(self, rung: int, trial: int) -> float:
        """Train a trial to the end of a rung; its validation error."""
        classifier = self._trained(rung, trial)
        wrong = classifier.predict(self.validation.images) != self.validation.y
        error = float(wrong.mean())
        self.work.units.put(_error_key(rung, trial), {"error": error})
        return error

    def _trained(self, rung: int, trial: int) -> Classifier:
        """The classifier at the end of a rung: read, or trained from the rung before."""
        unit = self.work.units.get(_state_key(rung, trial))
        if unit is not None or rung < 0:
            classifier = Classifier(
                self.architecture,
                self.n_classes,
                self.parameters[trial],
                ("supervised", self.seed, "trial", trial),
                self.work.device,
            )
            if unit is not None:
                classifier.restore(unit)
            return classifier
        classifier = self._trained(rung - 1, trial)
        end = self.parameters[trial].epochs
        until = self.rungs[rung] if rung < len(self.rungs) else end
        classifier.train_to(min(until, end), self.labelled.images, self.labelled.y, self.batch)
        self.work.units.put(_state_key(rung, trial), classifier.arrays())
        return classifier


def ranked(errors: dict[int, float]) -> list[int]:
    """Trials from the best to the worst; of two with the same error the lower number first."""
    return sorted(errors, key=lambda trial: (errors[trial], trial))


def _error_key(rung: int, trial: int) -> str:
    return f"error of trial {trial} at rung {rung}"


def _state_key(rung: int, trial: int) -> str:
    return f"state of trial {trial} at rung {rung}"
