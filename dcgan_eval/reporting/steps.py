"""Steps of one training: compared on validation, and only the chosen one goes to the test set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from dcgan_eval.records import StoredRecord
from dcgan_eval.reporting.experiment import Experiment, method_key


@dataclass(frozen=True)
class Steps:
    """The steps of one training under one experiment.

    Attributes
    ----------
    records
        In order of steps.
    scores
        Score of each on the selection part, None where a record has none.
    better
        Whether high or low scores are good.
    chosen
        The step that is shown on test images: the best score, ties to the earliest. None where a
        record has no score.
    """

    experiment: Experiment
    method: str
    seed: int | None
    records: tuple[StoredRecord, ...]
    scores: tuple[float | None, ...]
    metric: str
    scored_on: str
    better: Literal["high", "low"]
    chosen: StoredRecord | None

    def note(self) -> str:
        """How the step was chosen, one sentence."""
        if self.chosen is None:
            return f"{self.method}: no validation scores, so every step is shown."
        step = self.chosen.record.outcome.representation.step
        return (
            f"{self.method}: step {step:,}, chosen among {len(self.records)} steps "
            f"on {self.scored_on}."
        )


def find_steps(records: Iterable[StoredRecord]) -> list[Steps]:
    """Group records into trainings with several steps."""
    groups: dict[tuple[object, ...], list[StoredRecord]] = {}
    for stored in records:
        shown = stored.record.outcome.representation
        if shown.method is not None and shown.step is not None:
            key = (Experiment.of(stored.record), method_key(shown), shown.seed)
            groups.setdefault(key, []).append(stored)
    return [_steps(group) for group in groups.values() if _several(group)]


def _several(group: Sequence[StoredRecord]) -> bool:
    """Whether there is more than one step."""
    return len({one.record.outcome.representation.step for one in group}) > 1


def _steps(group: Sequence[StoredRecord]) -> Steps:
    """Order the steps and choose."""
    ordered = sorted(group, key=lambda one: one.record.outcome.representation.step or 0)
    first = ordered[0].record
    scores = tuple(_score(one) for one in ordered)
    selection = next(iter(first.outcome.selection), None)
    better = selection.better if selection else "high"
    chosen = None
    known = [score for score in scores if score is not None]
    if len(known) == len(scores):
        best = max(known) if better == "high" else min(known)
        chosen = ordered[known.index(best)]
    return Steps(
        experiment=Experiment.of(first),
        method=first.outcome.representation.method or "",
        seed=first.outcome.representation.seed,
        records=tuple(ordered),
        scores=scores,
        metric=selection.metric if selection else first.outcome.headline.label,
        scored_on=selection.scored_on if selection else "nothing",
        better=better,
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
