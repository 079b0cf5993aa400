"""Few labels: the same labelled draws for every representation, the whole test set for each.

1. The training set is divided into a validation part and a pool (``selection: validation``), or is
the pool as a whole (``within_draw``). 2. A draw is `per_class` labelled images of each class from
the pool. 3. The hyper-parameter is chosen: on the validation part by the mean error of some
selection draws, the same for every value; or inside each draw by stratified folds. 4. The probe is
fitted on every draw and scored on the test set. Batch-norm statistics come from the pool.

Source: Radford, Metz, Chintala, arXiv 1511.06434, section 5.2, and the code of its authors, which
draws anew for each C; here the selection draws are shared, so that values of C are compared on the
same images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from dcgan_eval.core import DataError, Indices, SettingsError, Work, identity, located, rng_for
from dcgan_eval.data import Items, Split, authors_split, grouped_part
from dcgan_eval.probes import Choice
from dcgan_eval.protocols.base import Features, Result, Task
from dcgan_eval.protocols.draws import DrawFits, fitted_together
from dcgan_eval.protocols.probed import ProbedProtocol
from dcgan_eval.protocols.scoring import (
    balanced_metric,
    confusion_matrix,
    error_metric,
    error_rates,
    first_scores,
    layout_of,
    notes_of_chance,
    projection,
    selection_of,
)
from dcgan_eval.records import Repeat, Value
from dcgan_eval.stats import Design

# Settings that only one way of selection reads.
_READ_BY: Mapping[str, Sequence[str]] = {
    "validation": ("split", "validation", "selection_draws"),
    "within_draw": ("folds",),
}


class FewLabels(ProbedProtocol):
    """Settings of ``kind: few_labels``; see the module.

    Attributes
    ----------
    probe, grid, extend
        See `dcgan_eval.protocols.probed.ProbedProtocol`; a grid of ``auto`` suits the features of
        the first draw.
    per_class
        Labelled images of each class in a draw.
    draws
        Number of draws; draw k is the same whatever this number is.
    selection
        ``validation`` or ``within_draw``.
    split
        Of ``selection: validation``: ``seeded`` (whole item groups, where there are groups) or
        ``authors``, the very images of the authors' SVHN code.
    validation
        Images of the validation part; with item groups at least so many.
    selection_draws
        Draws that the hyper-parameter is chosen on.
    folds
        Of ``selection: within_draw``.
    seed
        Of the split and of the draws.
    """

    version: ClassVar[int] = 1
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # The authors' SVHN code: its values of C, never extended.
        "svhn1000": {
            "per_class": 100,
            "grid": [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2],
            "extend": False,
        },
        # Section 5.1 of the paper, which does not say how C was chosen.
        "cifar10_400": {"per_class": 400, "draws": 10, "selection": "within_draw"},
    }

    kind: Literal["few_labels"] = identity("few_labels")
    per_class: int = identity(ge=1)
    draws: int = identity(100, ge=1, le=100_000)
    selection: Literal["validation", "within_draw"] = identity("validation")
    split: Literal["seeded", "authors"] = identity("seeded")
    # Validation images and selection draws are as many as in the authors' SVHN code.
    validation: int = identity(10_000, ge=1)
    selection_draws: int = identity(10, ge=1, le=100_000)
    folds: int = identity(5, ge=2)
    seed: int = identity(0, ge=0)

    @model_validator(mode="after")
    def _only_what_counts(self) -> FewLabels:
        """Refuse settings that would have no effect."""
        for name in self._unread():
            if name in self.model_fields_set:
                raise ValueError(
                    f"{name} has no effect with selection: {self.selection}; remove it"
                )
        if self.split == "authors" and self.validation != 10_000:
            raise ValueError("the authors' split has 10,000 validation images; remove validation")
        if self.selection == "within_draw" and self.folds > self.per_class:
            raise ValueError(
                f"{self.folds} folds need as many labels a class, per_class is {self.per_class}"
            )
        return self

    def identity_values(self) -> dict[str, Any]:
        """What is read; an outcome does not depend on the rest."""
        values = super().identity_values()
        return {name: value for name, value in values.items() if name not in self._unread()}

    def _unread(self) -> list[str]:
        """Settings that only other ways of selection read."""
        other = (names for way, names in _READ_BY.items() if way != self.selection)
        return [name for names in other for name in names]

    def make_split(self, train: Items, test: Items) -> Split:
        """Validation part and pool; the pool's order is that of its batch-norm statistics."""
        everything = np.arange(len(train), dtype=np.int64)
        parts = {"pool": everything}
        if self.selection == "validation":
            validation, pool = _validation_and_pool(self, train)
            parts = {"validation": validation, "pool": pool}
        return Split(
            train=everything,
            test=np.arange(len(test), dtype=np.int64),
            reference=parts["pool"],
            parts=parts,
        )

    def memory_bytes(self, train: Items, split: Split, columns: int) -> int:
        """The selection's fits or the final ones, whichever take more."""
        n_classes = len(train.class_names)
        rows = self.per_class * n_classes
        together = fitted_together(self.probe, one_value=self.selection == "validation")

        def memory(rows: int, n_values: int, n_subsets: int) -> int:
            return self.probe.memory_bytes(rows, columns, n_classes, n_values, n_subsets)

        if self.selection == "within_draw":
            # The rows of the draw are gathered beside the fits.
            selection = rows * columns * 4 + memory(
                rows - rows // self.folds, self.n_values, self.folds
            )
        else:
            selection = memory(rows, self.n_values, together)
        return max(selection, memory(rows, 1, together))

    def journal_values(self) -> dict[str, Any]:
        """Leave out how many units there are: each says its draw and its values."""
        how_many = ("draws", "selection_draws", "grid", "extend", "folds")
        values = super().journal_values()
        return {name: value for name, value in values.items() if name not in how_many}

    def run(self, task: Task[Features], work: Work) -> Result:
        """Choose, fit every draw, score each on the test set."""
        within_draw = self.selection == "within_draw"
        fits = DrawFits(
            self.probe,
            self.per_class,
            ("few_labels", self.seed),
            fitted_together(self.probe, one_value=not within_draw),
            task,
            work,
        )
        fewest = fits.fewest_fitted(self.folds) if within_draw else None
        grid = self.first_grid(*fits.first_draw(), fewest)
        choices: list[Choice] = []
        scores: list[NDArray[np.float16] | None] = []
        details: list[dict[str, Any]] = []
        draws = work.progress.task("labelled draws", self.draws, "draws")
        if not within_draw:
            choices.append(fits.choose_on_validation(grid, self.beyond, self.selection_draws))
            with draws as advance:
                predictions, scores, details = fits.predict(
                    range(self.draws), choices[0].chosen, advance
                )
        else:
            rows = []
            with draws as advance:
                for draw in range(self.draws):
                    choices.append(fits.choose_within(draw, grid, self.beyond, self.folds))
                    one, kept, told = fits.predict([draw], choices[-1].chosen, advance)
                    rows.append(one)
                    scores.extend(kept)
                    details.extend(told)
            predictions = np.concatenate(rows)
        return self._result(task, fits, choices, predictions, first_scores(scores), details)

    def _result(
        self,
        task: Task[Features],
        fits: DrawFits,
        choices: Sequence[Choice],
        predictions: NDArray[np.integer],
        scores: NDArray[np.float16] | None,
        details: list[dict[str, Any]],
    ) -> Result:
        """Metrics, repeats and notes."""
        parameter = self.probe.parameter
        design, scored_on = Design("draws", parameter=parameter), "validation"
        if self.selection == "within_draw":
            design = Design("draws", given="the weights, the pool, the batch-norm statistics")
            scored_on = f"{self.folds} folds of the draw"
        errors = 100.0 * error_rates(predictions, task.y_test)
        chosen = [choice.chosen for choice in choices] * (len(errors) // len(choices))
        wrong = predictions != task.y_test
        error = error_metric(wrong, design, task.test_groups)
        return Result(
            metrics=(error, *balanced_metric(wrong, task.y_test, task.n_classes, "error")),
            layout=layout_of(
                task, "draws", predictions, [fits.name(draw) for draw in range(len(errors))]
            ),
            predictions=predictions,
            scores=scores,
            selection=tuple(
                selection_of(choice, parameter, scored_on, "error") for choice in choices
            ),
            repeats=tuple(
                Repeat(
                    name=f"draw {draw}",
                    values=(
                        Value(name="error", value=float(error)),
                        Value(name=parameter, value=value),
                    ),
                )
                for draw, (error, value) in enumerate(zip(errors, chosen, strict=True))
            ),
            notes=(
                *_notes(task, parameter),
                *self.notes_of_grid(choices),
                *design.notes(len(errors)),
                *notes_of_chance(error, task.n_classes),
            ),
            details={"probe": details},
            exhibits={
                "confusion": confusion_matrix(predictions, task.y_test, task.n_classes),
                **projection(task),
            },
        )


def _notes(task: Task[Features], parameter: str) -> list[str]:
    """What a reader must know about the choice."""
    validation = task.split.parts.get("validation")
    if validation is None:
        return []
    return [f"{parameter} chosen on {len(validation):,} validation labels"]


def _validation_and_pool(settings: FewLabels, train: Items) -> tuple[Indices, Indices]:
    """Rows of the validation part, and of the pool in its shuffled order."""
    groups = train.item_groups
    if settings.split == "authors":
        if groups is not None:
            raise DataError(
                "split: authors divides item groups between validation and pool; choose split: "
                "seeded, or remove item_groups"
            )
        return authors_split(len(train))
    if settings.validation >= len(train):
        raise SettingsError(
            f"validation: a part of {settings.validation:,} of {len(train):,} images; give "
            f"validation from 1 to {len(train) - 1} (few_labels takes none with selection: "
            "within_draw)"
        )
    if groups is None:
        groups = np.arange(len(train), dtype=np.int64)  # every image a group of its own
    coordinates = ("few_labels", settings.seed)
    with located("validation"):
        validation, rest = grouped_part(groups, settings.validation, *coordinates, "validation")
    return validation, rng_for(*coordinates, "pool order").permutation(rest)


PROTOCOL = FewLabels
