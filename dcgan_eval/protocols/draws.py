"""The probe on labelled draws, every finished draw kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Advance, Indices, Work, digest_arrays, digest_json
from dcgan_eval.data import draw_per_class, stratified_folds
from dcgan_eval.probes import Choice, Evaluation, Fits, Matrix, Predicted, Probe, Scaling, choose
from dcgan_eval.protocols.base import Features, Task
from dcgan_eval.protocols.scoring import error_rates
from dcgan_eval.records import scored_rows

# Draws that are fitted and scored together. A chunk begins at a multiple of this and is computed
# whole, whichever of its draws are wanted, so that resumed work gives the same bits.
CHUNK = 10

Unit = Mapping[str, Any]
Beyond = Callable[[Sequence[float], bool], tuple[float, ...]]
"""How a grid goes on at an end; see `dcgan_eval.probes.choose`."""


def fitted_together(probe: Probe, one_value: bool) -> int:
    """How many draws are fitted by one call of the probe.

    Parameters
    ----------
    one_value
        Whether all draws have the same value of the hyper-parameter.
    """
    # Columns are standardised for each draw on its own.
    return CHUNK if one_value and not probe.standardize else 1


class DrawFits:
    """Fit a probe on labelled draws from the pool of a task.

    Parameters
    ----------
    probe
        What is fitted.
    per_class
        Labelled images of each class in a draw.
    coordinates
        Name of the protocol and its seed: what a draw depends on beside the pool's labels.
    together
        Draws that are fitted by one call of the probe.
    task
        With a part ``pool``, and a part ``validation`` for `choose_on_validation`.
    work
        Where finished draws are kept.
    """

    def __init__(
        self,
        probe: Probe,
        per_class: int,
        coordinates: tuple[str | int, ...],
        together: int,
        task: Task[Features],
        work: Work,
    ) -> None:
        self.probe, self.per_class, self.coordinates = probe, per_class, coordinates
        self.together, self.task, self.work = together, task, work
        self.scored = scored_rows(len(task.split.test), task.n_classes)

    def rows(self, what: str, number: int) -> Indices:
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

    def first_draw(self) -> tuple[Matrix, Indices]:
        """Features as the probe sees them, and the rows of draw 0."""
        X, rows = self.task.given.train, self.rows("draw", 0)
        return Scaling.fit(X, self.probe, rows).apply(X), rows

    def fewest_fitted(self, folds: int) -> int:
        """Rows that are fitted on where the largest of a draw's folds is left out."""
        y = self.task.y_train[self.rows("draw", 0)]
        fold = stratified_folds(y, folds, *self.coordinates, "folds", 0)
        return len(y) - int(np.bincount(fold).max())

    def choose_on_validation(self, grid: Sequence[float], beyond: Beyond, draws: int) -> Choice:
        """Choose by the mean error of some selection draws on the validation part."""
        validation = self.task.split.parts["validation"]
        y = self.task.y_train[validation]

        def score(values: Sequence[float]) -> NDArray[np.float64]:
            def errors(numbers: Sequence[int]) -> list[Unit]:
                found = self._fit("selection draw", numbers, values, validation)
                return [{"errors": error_rates(one, y)} for one in found.predictions[0]]

            def key(number: int) -> str:
                return f"selection draw {number} {list(values)}"

            with self.work.progress.task("selection draws", draws, "draws") as advance:
                units = self._chunked(key, range(draws), errors, advance)
            return np.stack([unit["errors"] for unit in units], axis=1)

        return choose(grid, score, beyond, self.probe.prefer)

    def choose_within(
        self, number: int, grid: Sequence[float], beyond: Beyond, folds: int
    ) -> Choice:
        """Choose for one draw by stratified folds of its own rows."""
        rows = self.rows("draw", number)

        def score(values: Sequence[float]) -> NDArray[np.float64]:
            key = f"{folds} folds of draw {number} {list(values)}"
            unit = self.work.units.get(key)
            if unit is None:
                unit = {"errors": self._fold_errors(rows, values, folds, number)}
                self.work.units.put(key, unit)
            errors: NDArray[np.float64] = unit["errors"]
            return errors

        return choose(grid, score, beyond, self.probe.prefer)

    def predict(
        self, numbers: Sequence[int], value: float, advance: Advance
    ) -> tuple[NDArray[np.integer], list[NDArray[np.float16] | None], list[dict[str, Any]]]:
        """Predict the test set by fits of one value, and count each draw.

        Returns
        -------
        predictions : (draws, items)
        scores
            Of each draw (items, classes), or None where they are not kept, or the probe has none.
        details
            What the probe says of its fits, each once.
        """

        def predictions(numbers: Sequence[int]) -> list[Unit]:
            found = self._fit("draw", numbers, [value], None)
            small = np.min_scalar_type(self.task.n_classes - 1)
            return [
                {"predictions": one[0].astype(small), "scores": scores, "details": found.details}
                for one, scores in zip_longest(found.predictions[0], found.scores)
            ]

        def key(number: int) -> str:
            # A draw that was finished without scores is none that has them.
            return f"draw {number} {value}{' with scores' if number < self.scored else ''}"

        units = self._chunked(key, numbers, predictions, advance)
        details: list[dict[str, Any]] = []
        for unit in units:
            if unit["details"] not in details:
                details.append(unit["details"])
        scores = [unit.get("scores") for unit in units]
        return np.stack([unit["predictions"] for unit in units]), scores, details

    def _chunked(
        self,
        key: Callable[[int], str],
        numbers: Sequence[int],
        compute: Callable[[Sequence[int]], list[Unit]],
        advance: Advance,
    ) -> list[Unit]:
        """Units of some draws; where one is missing its chunk is computed."""
        units: dict[int, Unit] = {}
        for number in numbers:
            kept = None if number in units else self.work.units.get(key(number))
            if kept is not None:
                units[number] = kept
            elif number not in units:
                first = number // self.together * self.together
                chunk = range(first, first + self.together)
                for one, computed in zip(chunk, compute(chunk), strict=True):
                    self.work.units.put(key(one), computed)
                    units[one] = computed
            advance(1, computed=kept is None)
        return [units[number] for number in numbers]

    def _fit(
        self, what: str, numbers: Sequence[int], values: Sequence[float], evaluated: Indices | None
    ) -> Predicted:
        """Predict training rows or (None) the test set, that with the scores that are kept."""
        given = self.task.given
        subsets = [self.rows(what, number) for number in numbers]
        scaling = Scaling.fit(given.train, self.probe, subsets[0])
        X = scaling.apply(given.train)
        if evaluated is None:
            evaluation = Evaluation(scaling.apply(given.test))
            scored = sum(number < self.scored for number in numbers)
        else:
            evaluation, scored = Evaluation(X, evaluated), 0
        y, n_classes = self.task.y_train, self.task.n_classes
        return self._predict(Fits(X, y, values, subsets, [evaluation], n_classes, scored))

    def _predict(self, fits: Fits) -> Predicted:
        """Fit and predict where the work is done."""
        work = self.work
        return self.probe.predict_path(fits, device=work.device, progress=work.progress)

    def _fold_errors(
        self, rows: Indices, values: Sequence[float], folds: int, number: int
    ) -> NDArray[np.float64]:
        """Error of each value on each fold, fitted on the other folds: (values, folds)."""
        y = self.task.y_train[rows]
        fold = stratified_folds(y, folds, *self.coordinates, "folds", number)
        held = [np.flatnonzero(fold == one) for one in range(folds)]
        fitted = [np.flatnonzero(fold != one) for one in range(folds)]
        # The rows of a draw are gathered once: the fits of all folds read them again and again.
        gathered = np.asarray(self.task.given.train[rows])
        together = [range(folds)]
        if self.probe.standardize:
            together = [range(one, one + 1) for one in range(folds)]
        errors = np.empty((len(values), folds))
        for group in together:
            X = Scaling.fit(gathered, self.probe, fitted[group[0]]).apply(gathered)
            found = self._predict(
                Fits(
                    X,
                    y,
                    values,
                    [fitted[one] for one in group],
                    [Evaluation(X, held[one]) for one in group],
                )
            )
            for at, one in enumerate(group):
                errors[:, one] = error_rates(found.predictions[at][at], y[held[one]])
        return errors
