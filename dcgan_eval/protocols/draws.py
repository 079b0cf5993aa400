"""The probe on labelled draws, every finished draw kept in the journal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Progress, digest_arrays, digest_json
from dcgan_eval.data import draw_per_class, stratified_folds
from dcgan_eval.probes import Choice, Evaluation, ProbeSettings, Scaling, choose, load_probe
from dcgan_eval.protocols.base import Task
from dcgan_eval.protocols.scoring import error_rates
from dcgan_eval.records import Journal

# Draws that are fitted and scored together. A chunk begins at a multiple of this and is computed
# whole, whichever of its draws are wanted, so that resumed work gives the same bits.
CHUNK = 10

Rows = NDArray[np.int64]
Unit = Mapping[str, NDArray[Any]]


def fitted_together(settings: ProbeSettings, one_value: bool) -> int:
    """How many draws are fitted by one call of the probe.

    Parameters
    ----------
    one_value
        Whether all draws have the same value of the hyper-parameter.
    """
    # Columns are standardised for each draw on its own.
    return CHUNK if one_value and not settings.standardize else 1


class DrawFits:
    """Fit a probe on labelled draws from the pool of a task.

    Parameters
    ----------
    settings
        Of the probe.
    per_class
        Labelled images of each class in a draw.
    coordinates
        Name of the protocol and its seed: what a draw depends on beside the pool's labels.
    together
        Draws that are fitted by one call of the probe.
    task
        With a part ``pool``, and a part ``validation`` for `choose_on_validation`.
    journal, progress
        Where finished draws are kept, and where to report.
    """

    def __init__(
        self,
        settings: ProbeSettings,
        per_class: int,
        coordinates: tuple[str | int, ...],
        together: int,
        task: Task,
        journal: Journal,
        progress: Progress,
    ) -> None:
        self.settings, self.per_class, self.coordinates = settings, per_class, coordinates
        self.together, self.task, self.journal, self.progress = together, task, journal, progress
        self.probe = load_probe(settings.kind)

    def rows(self, what: str, number: int) -> Rows:
        """Rows of a ``draw`` or ``selection draw``, ascending."""
        pool = self.task.split.parts["pool"]
        chosen = draw_per_class(
            self.task.y_train[pool], self.per_class, *self.coordinates, what, number
        )
        return np.sort(pool[chosen])

    def name(self, number: int) -> str:
        """Hash of the labelled images of draw `number`."""
        rows = self.task.split.train[self.rows("draw", number)]
        return digest_json([self.task.train.fingerprint, digest_arrays([("rows", rows)])])

    def auto_grid(self) -> tuple[float, ...]:
        """Make a grid that suits the features of the first draw."""
        rows = self.rows("draw", 0)
        X = Scaling.fit(self.task.X_train, self.settings, rows).apply(self.task.X_train)
        return self.probe.auto_grid(X, rows)

    def choose_on_validation(self, grid: Sequence[float], extend: bool, draws: int) -> Choice:
        """Choose by the mean error of some selection draws on the validation part."""
        validation = self.task.split.parts["validation"]
        y = self.task.y_train[validation]

        def score(values: Sequence[float]) -> NDArray[np.float64]:
            def errors(numbers: Sequence[int]) -> list[Unit]:
                found, details = self._fit("selection draw", numbers, values, validation)
                return [{"errors": error_rates(one, y), "details": details} for one in found]

            units = self._chunked(
                lambda number: f"selection draw {number} {list(values)}", range(draws), errors
            )
            return np.stack([unit["errors"] for unit in units], axis=1)

        return choose(grid, score, self._extend(extend), self.probe.prefer)

    def choose_within(self, number: int, grid: Sequence[float], extend: bool, folds: int) -> Choice:
        """Choose for one draw by stratified folds of its own rows."""
        rows = self.rows("draw", number)

        def score(values: Sequence[float]) -> NDArray[np.float64]:
            key = f"{folds} folds of draw {number} {list(values)}"
            unit = self.journal.get(key)
            if unit is None:
                unit = {"errors": self._fold_errors(rows, values, folds, number)}
                self.journal.put(key, unit)
            return unit["errors"]

        return choose(grid, score, self._extend(extend), self.probe.prefer)

    def predict(
        self, numbers: Sequence[int], value: float
    ) -> tuple[NDArray[np.integer], list[dict[str, Any]]]:
        """Predict the test set by fits of one value.

        Returns
        -------
        predictions : (draws, items)
        details
            What the probe says of its fits, each once.
        """

        def predictions(numbers: Sequence[int]) -> list[Unit]:
            found, details = self._fit("draw", numbers, [value], None)
            small = np.min_scalar_type(self.task.n_classes - 1)
            return [{"predictions": one[0].astype(small), "details": details} for one in found]

        units = self._chunked(lambda number: f"draw {number} {value}", numbers, predictions)
        details = dict.fromkeys(str(unit["details"]) for unit in units)
        return np.stack([unit["predictions"] for unit in units]), [*map(json.loads, details)]

    def _chunked(
        self,
        key: Callable[[int], str],
        numbers: Sequence[int],
        compute: Callable[[Sequence[int]], list[Unit]],
    ) -> list[Unit]:
        """Units of some draws; where one is missing its chunk is computed."""
        units: dict[int, Unit] = {}
        with self.progress.task("labelled draws", len(numbers), "draws") as advance:
            for number in numbers:
                unit = units.get(number) or self.journal.get(key(number))
                if unit is None:
                    first = number // self.together * self.together
                    chunk = range(first, first + self.together)
                    for one, computed in zip(chunk, compute(chunk), strict=True):
                        self.journal.put(key(one), computed)
                        units[one] = computed
                    unit = units[number]
                units[number] = unit
                advance(1)
        return [units[number] for number in numbers]

    def _fit(
        self, what: str, numbers: Sequence[int], values: Sequence[float], evaluated: Rows | None
    ) -> tuple[NDArray[np.int16], NDArray[np.str_]]:
        """Predict training rows or (None) the test set: (draws, values, rows), and details."""
        task = self.task
        subsets = [self.rows(what, number) for number in numbers]
        scaling = Scaling.fit(task.X_train, self.settings, subsets[0])
        X = scaling.apply(task.X_train)
        if evaluated is None:
            evaluation = Evaluation(scaling.apply(task.X_test))
        else:
            evaluation = Evaluation(X, evaluated)
        found = self.probe.predict_path(
            self.settings,
            X,
            task.y_train,
            values,
            subsets,
            [evaluation],
            task.device,
            self.progress,
        )
        return found.predictions[0], np.array(json.dumps(found.details))

    def _fold_errors(
        self, rows: Rows, values: Sequence[float], folds: int, number: int
    ) -> NDArray[np.float64]:
        """Error of each value on each fold, fitted on the other folds: (values, folds)."""
        y = self.task.y_train[rows]
        fold = stratified_folds(y, folds, *self.coordinates, "folds", number)
        held = [np.flatnonzero(fold == one) for one in range(folds)]
        fitted = [np.flatnonzero(fold != one) for one in range(folds)]
        # The rows of a draw are gathered once: the fits of all folds read them again and again.
        gathered = np.asarray(self.task.X_train[rows])
        together = [range(folds)]
        if self.settings.standardize:
            together = [range(one, one + 1) for one in range(folds)]
        errors = np.empty((len(values), folds))
        for group in together:
            X = Scaling.fit(gathered, self.settings, fitted[group[0]]).apply(gathered)
            found = self.probe.predict_path(
                self.settings,
                X,
                y,
                values,
                [fitted[one] for one in group],
                [Evaluation(X, held[one]) for one in group],
                self.task.device,
                self.progress,
            )
            for at, one in enumerate(group):
                errors[:, one] = error_rates(found.predictions[at][at], y[held[one]])
        return errors

    def _extend(self, extend: bool) -> Callable[[Sequence[float], bool], tuple[float, ...]]:
        """How a grid goes on at an end."""
        return self.probe.extend if extend else lambda grid, upwards: ()
