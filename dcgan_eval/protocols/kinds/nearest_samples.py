"""Labelled samples as the training set of a 1-nearest-neighbour classifier.

Sample i is asked to be of class perm(seed, i // classes)[i % classes]; batches are 128 consecutive
ids, the last one short. One pass gives the error on the real test images at every rung.

Source: Radford, Metz, Chintala, arXiv 1511.06434, appendix 8.1, Table 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import model_validator

from dcgan_eval.core import Progress, SettingsError, execution, identity
from dcgan_eval.data import ImageSet, Split
from dcgan_eval.features.samples import SampleSource
from dcgan_eval.protocols.base import Cost, Protocol, ProtocolSettings, Result, Task
from dcgan_eval.protocols.sampling import search
from dcgan_eval.protocols.scoring import confusion_matrix, error_metric, test_design
from dcgan_eval.records import Journal, Repeat
from dcgan_eval.stats import Design


class NearestSamplesSettings(ProtocolSettings):
    """Settings of ``kind: nearest_samples``.

    Attributes
    ----------
    rungs
        Numbers of samples at which the error is told, ascending.
    seeds
        Independent samplings, from seed 0.
    block
        Samples that are held at a time.
    """

    kind: Literal["nearest_samples"] = identity("nearest_samples")
    rungs: tuple[int, ...] = identity(min_length=1)
    seeds: int = identity(1, ge=1)
    block: int = execution(4096, ge=1)

    @model_validator(mode="after")
    def _ascending(self) -> NearestSamplesSettings:
        if list(self.rungs) != sorted(set(self.rungs)) or self.rungs[0] < 2:
            raise ValueError("rungs are ascending numbers of samples, 2 or more")
        return self


class NearestSamples(Protocol):
    """See the module."""

    version: ClassVar[int] = 1
    settings_class = NearestSamplesSettings
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "mnist": {"rungs": (1_000, 10_000, 50_000), "seeds": 3}
    }
    needs_features: ClassVar[bool] = False

    def split(self, settings: NearestSamplesSettings, train: ImageSet, test: ImageSet) -> Split:
        """All of both sets."""
        rows = np.arange(len(train))
        return Split(train=rows, test=np.arange(len(test)), reference=rows, parts={})

    def cost(
        self, settings: NearestSamplesSettings, split: Split, columns: int, n_classes: int
    ) -> Cost:
        """Test images and two blocks; columns are not known here, 3 × 32 × 32 at most is usual."""
        return Cost((len(split.test) * 3 + settings.block * 4) * 4 * 3072, settings.seeds)

    def journal_values(self, settings: NearestSamplesSettings) -> dict[str, Any]:
        """Leave out how many seeds there are."""
        values = super().journal_values(settings)
        return {name: value for name, value in values.items() if name != "seeds"}

    def run(
        self, settings: NearestSamplesSettings, task: Task, journal: Journal, progress: Progress
    ) -> Result:
        """Search the samples of every seed, score every rung."""
        source = task.representation
        if not isinstance(source, SampleSource):
            raise SettingsError(
                "protocol nearest_samples takes samples; give generators of kind: generator or real"
            )
        train, test = task.train, task.test.take(task.split.test)
        source.check(train, settings.rungs[-1])
        images = test.images(0, len(test))
        found = [
            search(source, train, images, seed, settings.rungs, settings.block, journal, progress)
            for seed in range(settings.seeds)
        ]
        rows: Literal["none", "seeds"] = "seeds" if settings.seeds > 1 else "none"
        design = Design(rows) if rows == "seeds" else Design("none", given="the samples drawn")
        metrics, repeats = [], [dict[str, float]() for _ in found]
        predictions = np.empty((0, 0), np.int64)
        for at, rung in enumerate(settings.rungs):
            predictions = np.stack([of_seed[at]["labels"] for of_seed in found])
            wrong = predictions != task.y_test
            name = f"error@{rung}"
            metric = error_metric(wrong, design, task.test_groups, name)
            last = rung == settings.rungs[-1]
            metrics.append(metric.model_copy(update={"headline": last}))
            for seed, errors in enumerate(wrong):
                repeats[seed][name] = 100.0 * float(errors.mean())
        wrong = predictions != task.y_test
        chance = 100.0 * (1 - 1 / task.n_classes)
        notes = [] if settings.seeds > 1 else ["one seed: which samples were drawn is not covered"]
        if metrics[-1].value > 0.9 * chance:
            notes.append(
                f"error is near chance ({chance:.0f} %): the generator ignores its label, or "
                "its labels are in another order"
            )
        return Result(
            metrics=tuple(metrics),
            design=test_design(task, rows, predictions, list(range(settings.seeds))),
            predictions=predictions,
            repeats=tuple(
                Repeat(name=f"seed {seed}", values=values) for seed, values in enumerate(repeats)
            ),
            notes=tuple(notes),
            details={
                "class_errors": [
                    100.0 * float(wrong[:, task.y_test == label].mean())
                    for label in np.unique(task.y_test)
                ],
                "mean_distance": [
                    float(np.mean([of_seed[at]["distances"].mean() for of_seed in found]))
                    for at in range(len(settings.rungs))
                ],
            },
            exhibits={"confusion": confusion_matrix(predictions, task.y_test, task.n_classes)},
        )


PROTOCOL = NearestSamples()
