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
from pydantic import SerializeAsAny, field_validator, model_validator

from dcgan_eval.core import DataError, Progress, generator, identity
from dcgan_eval.data import ImageSet, Split, authors_split, grouped_part
from dcgan_eval.probes import Choice, ProbeSettings, load_probe, read_probe
from dcgan_eval.protocols.base import Cost, Protocol, ProtocolSettings, Result, Task
from dcgan_eval.protocols.draws import DrawFits, Rows, fitted_together
from dcgan_eval.protocols.scoring import (
    confusion_matrix,
    error_metric,
    error_rates,
    projection,
    selection_of,
    test_design,
)
from dcgan_eval.records import Journal, Repeat
from dcgan_eval.stats import Design

# Settings that only one way of selection reads.
_READ_BY: Mapping[str, Sequence[str]] = {
    "validation": ("split", "validation", "selection_draws"),
    "within_draw": ("folds",),
}


class FewLabelsSettings(ProtocolSettings):
    """Settings of ``kind: few_labels``.

    Attributes
    ----------
    probe
        ``l2svm``, ``logistic`` or ``knn``, or keys with ``kind``.
    grid
        Ascending values of the probe's hyper-parameter, or ``auto``: values that suit the
        features of the first draw.
    extend
        Whether the grid is extended while the best value lies at an end of it.
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

    kind: Literal["few_labels"] = identity("few_labels")
    probe: SerializeAsAny[ProbeSettings] = identity(None, validate_default=True)
    grid: tuple[float, ...] | Literal["auto"] = identity("auto")
    extend: bool = identity(True)
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
    def _only_what_counts(self) -> FewLabelsSettings:
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

    @field_validator("probe", mode="plain")
    @classmethod
    def _read_probe(cls, value: object) -> ProbeSettings:
        """A probe's name or its keys, read by the probe's own settings."""
        return value if isinstance(value, ProbeSettings) else read_probe(value, "protocol", "probe")

    @field_validator("grid")
    @classmethod
    def _ascending(
        cls, value: tuple[float, ...] | Literal["auto"]
    ) -> tuple[float, ...] | Literal["auto"]:
        """A grid is a set of positive numbers in order."""
        if value != "auto" and (not value or value[0] <= 0 or sorted(set(value)) != list(value)):
            raise ValueError("a grid is ascending positive numbers, at least one")
        return value


class FewLabels(Protocol):
    """See the module."""

    version: ClassVar[int] = 1
    settings_class = FewLabelsSettings
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

    def split(self, settings: FewLabelsSettings, train: ImageSet, test: ImageSet) -> Split:
        """Validation part and pool; the pool's order is that of its batch-norm statistics."""
        everything = np.arange(len(train), dtype=np.int64)
        parts = {"pool": everything}
        if settings.selection == "validation":
            validation, pool = _validation_and_pool(settings, train)
            parts = {"validation": validation, "pool": pool}
        return Split(
            train=everything,
            test=np.arange(len(test), dtype=np.int64),
            reference=parts["pool"],
            parts=parts,
        )

    def cost(self, settings: FewLabelsSettings, split: Split, columns: int, n_classes: int) -> Cost:
        """The selection's fits or the final ones, whichever take more."""
        probe = load_probe(settings.probe.kind)
        n_values = 7 if settings.grid == "auto" else len(settings.grid)
        rows = settings.per_class * n_classes
        within_draw = settings.selection == "within_draw"
        together = fitted_together(settings.probe, one_value=not within_draw)

        def memory(rows: int, n_values: int, n_subsets: int) -> int:
            return probe.memory_bytes(settings.probe, rows, columns, n_classes, n_values, n_subsets)

        if within_draw:
            fits = settings.draws * settings.folds * n_values
            # The rows of the draw are gathered beside the fits.
            selection = rows * columns * 4 + memory(
                rows - rows // settings.folds, n_values, settings.folds
            )
        else:
            fits = settings.selection_draws * n_values
            selection = memory(rows, n_values, together)
        return Cost(max(selection, memory(rows, 1, together)), fits + settings.draws)

    def journal_values(self, settings: FewLabelsSettings) -> dict[str, Any]:
        """Leave out how many units there are: each says its draw and its values."""
        how_many = ("draws", "selection_draws", "grid", "extend", "folds")
        values = super().journal_values(settings)
        return {name: value for name, value in values.items() if name not in how_many}

    def run(
        self, settings: FewLabelsSettings, task: Task, journal: Journal, progress: Progress
    ) -> Result:
        """Choose, fit every draw, score each on the test set."""
        within_draw = settings.selection == "within_draw"
        fits = DrawFits(
            settings.probe,
            settings.per_class,
            ("few_labels", settings.seed),
            fitted_together(settings.probe, one_value=not within_draw),
            task,
            journal,
            progress,
        )
        grid = fits.auto_grid() if settings.grid == "auto" else settings.grid
        choices: list[Choice] = []
        details: list[dict[str, Any]] = []
        if not within_draw:
            choices.append(
                fits.choose_on_validation(grid, settings.extend, settings.selection_draws)
            )
            predictions, details = fits.predict(range(settings.draws), choices[0].chosen)
        else:
            rows = []
            for draw in range(settings.draws):
                choices.append(fits.choose_within(draw, grid, settings.extend, settings.folds))
                one, told = fits.predict([draw], choices[-1].chosen)
                rows.append(one)
                details.extend(told)
            predictions = np.concatenate(rows)
        return self._result(settings, task, fits, choices, predictions, details)

    def _result(
        self,
        settings: FewLabelsSettings,
        task: Task,
        fits: DrawFits,
        choices: Sequence[Choice],
        predictions: NDArray[np.integer],
        details: list[dict[str, Any]],
    ) -> Result:
        """Metrics, repeats and notes."""
        parameter = fits.probe.parameter
        design, scored_on = Design("draws"), "validation"
        if settings.selection == "within_draw":
            design = Design("draws", given="the weights, the pool, the batch-norm statistics")
            scored_on = f"{settings.folds} folds of the draw"
        errors = 100.0 * error_rates(predictions, task.y_test)
        chosen = [choice.chosen for choice in choices] * (len(errors) // len(choices))
        return Result(
            metrics=(error_metric(predictions != task.y_test, design, task.test_groups),),
            design=test_design(
                task, "draws", predictions, [fits.name(draw) for draw in range(len(errors))]
            ),
            predictions=predictions,
            selection=tuple(
                selection_of(choice, parameter, scored_on, "error") for choice in choices
            ),
            repeats=tuple(
                Repeat(name=f"draw {draw}", values={"error": float(error), parameter: value})
                for draw, (error, value) in enumerate(zip(errors, chosen, strict=True))
            ),
            notes=(*_notes(task, parameter, choices), *design.notes(len(errors))),
            details={"probe": details},
            exhibits={
                "confusion": confusion_matrix(predictions, task.y_test, task.n_classes),
                **projection(task),
            },
        )


def _notes(task: Task, parameter: str, choices: Sequence[Choice]) -> list[str]:
    """What a reader must know about the choice."""
    notes = []
    validation = task.split.parts.get("validation")
    if validation is not None:
        notes.append(f"{parameter} chosen on {len(validation):,} validation labels")
    ends = sum(choice.at_end for choice in choices)
    if ends:
        which = "" if len(choices) == 1 else f" in {ends} of {len(choices)} draws"
        notes.append(f"the best {parameter} is at an end of its grid{which}")
    return notes


def _validation_and_pool(settings: FewLabelsSettings, train: ImageSet) -> tuple[Rows, Rows]:
    """Rows of the validation part, and of the pool in its shuffled order."""
    groups = train.item_groups
    if settings.split == "authors":
        if groups is not None:
            raise DataError(
                "split: authors divides item groups between validation and pool; choose split: "
                "seeded, or remove item_groups"
            )
        return authors_split(len(train))
    if groups is None:
        groups = np.arange(len(train), dtype=np.int64)  # every image a group of its own
    coordinates = ("few_labels", settings.seed)
    validation, rest = grouped_part(groups, settings.validation, *coordinates, "validation")
    return validation, generator(*coordinates, "pool order").permutation(rest)


PROTOCOL = FewLabels()
