"""Steps of one training: compared on validation, and only the chosen one goes to the test set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from dcgan_eval.records import StoredRecord
from dcgan_eval.reporting.results.experiment import Experiment, method_key


@dataclass(frozen=True)
class Step:
    """One step; its score is on the selection part, None where its record has none."""

    stored: StoredRecord
    number: int
    score: float | None


@dataclass(frozen=True)
class Training:
    """The steps of one training under one experiment.

    Attributes
    ----------
    name
        Of its method, and its seed where there is one.
    steps
        In their order.
    metric, scored_on
        What the scores are.
    chosen
        The step that is shown on test images: the best score, ties to the earliest. None where a
        record has no score.
    """

    experiment: Experiment
    method: str
    seed: int | None
    steps: tuple[Step, ...]
    metric: str
    scored_on: str
    chosen: Step | None

    @property
    def name(self) -> str:
        """``ours, seed 1``."""
        return self.method if self.seed is None else f"{self.method}, seed {self.seed}"

    @property
    def heading(self) -> str:
        """What the scores are: ``accuracy (%), validation``."""
        return f"{self.metric} (%), {self.scored_on}"

    def on_test(self, step: Step) -> bool:
        """Whether a step is shown on test images: only what was chosen on validation."""
        return self.chosen is None or step is self.chosen

    def note(self) -> str:
        """How the step was chosen, one sentence."""
        if self.chosen is None:
            return f"{self.method}: no validation scores, so every step is shown."
        return (
            f"{self.method}: step {self.chosen.number:,}, chosen among {len(self.steps)} steps "
            f"on {self.scored_on}."
        )


def find_trainings(placed: Iterable[tuple[Experiment, StoredRecord]]) -> list[Training]:
    """Group records, each with its experiment, into trainings with several steps."""
    groups: dict[tuple[Experiment, str, int | None], list[Step]] = {}
    for experiment, stored in placed:
        shown = stored.record.outcome.representation
        if shown.method is not None and shown.step is not None:
            step = Step(stored, shown.step, _score(stored))
            groups.setdefault((experiment, method_key(shown), shown.seed), []).append(step)
    return [
        _training(experiment, steps)
        for (experiment, _, _), steps in groups.items()
        if len({one.number for one in steps}) > 1
    ]


def _training(experiment: Experiment, steps: Sequence[Step]) -> Training:
    """Order the steps and choose."""
    ordered = sorted(steps, key=lambda one: one.number)
    first = ordered[0].stored.record.outcome
    selection = next(iter(first.selection), None)
    known = [one.score for one in ordered if one.score is not None]
    chosen = None
    if len(known) == len(ordered):
        best = min(known) if selection and selection.better == "low" else max(known)
        chosen = ordered[known.index(best)]
    return Training(
        experiment=experiment,
        method=first.representation.method or "",
        seed=first.representation.seed,
        steps=tuple(ordered),
        metric=selection.metric if selection else first.headline.label,
        scored_on=selection.scored_on if selection else "nothing",
        chosen=chosen,
    )


def _score(stored: StoredRecord) -> float | None:
    """A record's score at its own choice, on the part it selected on; the mean over choices.

    There is one choice a draw where each draw has its own.
    """
    scores = [
        point.score
        for selection in stored.record.outcome.selection
        for point in selection.curve
        if point.value == selection.chosen
    ]
    return fmean(scores) if scores else None
