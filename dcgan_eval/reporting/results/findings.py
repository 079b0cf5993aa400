"""`Findings`: what records say, made once: rows (seeds together, steps chosen) and trainings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dcgan_eval.records import StoredRecord
from dcgan_eval.reporting.results.experiment import Experiment, method_key
from dcgan_eval.reporting.results.rows import Row, published_rows, rows_of
from dcgan_eval.reporting.results.trainings import Training, find_trainings


@dataclass(frozen=True)
class Findings:
    """What records of any protocols and data sets say.

    Attributes
    ----------
    records
        Of each experiment.
    rows
        Of every metric: our own in the order of the records, then those of the literature.
    trainings
        Those with several steps.
    """

    records: Mapping[Experiment, Sequence[StoredRecord]]
    rows: tuple[Row, ...]
    trainings: tuple[Training, ...]

    @classmethod
    def of(cls, records: Iterable[StoredRecord], *, published: bool = True) -> Findings:
        """Find all of it, with rows of the literature beside ours or without."""
        placed = [(Experiment.of(stored.record), stored) for stored in records]
        by_experiment: dict[Experiment, list[StoredRecord]] = {}
        for experiment, stored in placed:
            by_experiment.setdefault(experiment, []).append(stored)
        trainings = find_trainings(placed)
        own = _own_rows(placed, trainings)
        cited = published_rows(own) if published else []
        return cls(by_experiment, (*own, *cited), tuple(trainings))

    def within(self, experiment: Experiment) -> Findings:
        """Those of one experiment."""
        return Findings(
            {experiment: self.records[experiment]},
            tuple(row for row in self.rows if row.experiment == experiment),
            tuple(one for one in self.trainings if one.experiment == experiment),
        )


def _own_rows(
    placed: Sequence[tuple[Experiment, StoredRecord]], trainings: Sequence[Training]
) -> list[Row]:
    """Of several steps of one training only the chosen one has rows."""
    left_out: set[str] = set()
    notes: dict[str, str] = {}
    for training in trainings:
        if training.chosen is not None:
            chosen = training.chosen.stored.record.id
            left_out |= {one.stored.record.id for one in training.steps} - {chosen}
            notes[chosen] = training.note()
    kept = [(where, one) for where, one in placed if one.record.id not in left_out]
    return _told_apart(
        [row for experiment, group in _by_method(kept) for row in rows_of(group, experiment, notes)]
    )


def _by_method(
    placed: Sequence[tuple[Experiment, StoredRecord]],
) -> list[tuple[Experiment, list[StoredRecord]]]:
    """Seeds of one method together, everything else alone, in the order of the records."""
    groups: dict[tuple[Experiment, str], list[StoredRecord]] = {}
    for experiment, one in placed:
        shown = one.record.outcome.representation
        seeds = shown.method is not None and shown.seed is not None
        key = experiment, method_key(shown) if seeds else one.record.id
        groups.setdefault(key, []).append(one)
    found: list[tuple[Experiment, list[StoredRecord]]] = []
    for (experiment, _), group in groups.items():
        numbers = {one.record.outcome.representation.seed for one in group}
        # Two records with one seed are no sample of seeds: each is a row of its own.
        if len(numbers) == len(group):
            group.sort(key=lambda one: one.record.outcome.representation.seed or 0)
            found.append((experiment, group))
        else:
            found += [(experiment, [one]) for one in group]
    return found


def _told_apart(rows: Sequence[Row]) -> list[Row]:
    """Several results of one name under one experiment get their ids beside it."""
    places = Counter((row.experiment, row.label, row.name) for row in rows)
    return [
        replace(row, name=f"{row.name} [{row.ids[:8]}]")
        if places[row.experiment, row.label, row.name] > 1
        else row
        for row in rows
    ]
