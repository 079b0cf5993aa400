"""Labelled samples as the training set of a 1-nearest-neighbour classifier.

Sample i is asked to be of class perm(seed, i // classes)[i % classes]; batches are 128 consecutive
ids. One pass gives the error on the real test images at every rung.

Source: Radford, Metz, Chintala, arXiv 1511.06434, appendix 8.1, Table 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from dcgan_eval.core import Progress, SettingsError, execution, identity
from dcgan_eval.data import ImageSet, Split
from dcgan_eval.features import Representation
from dcgan_eval.features.samples import SampleSource
from dcgan_eval.protocols.base import Cost, Protocol, ProtocolSettings, Result, Task
from dcgan_eval.protocols.memorisation import memorisation
from dcgan_eval.protocols.sampling import Found, as_bytes, picked, samples, search
from dcgan_eval.protocols.scoring import confusion_matrix, error_metric, test_design
from dcgan_eval.records import Journal, Metric, Repeat
from dcgan_eval.stats import Design

# Enough to see what kind of images mislead, and what samples of each class look like.
_ERRORS_SHOWN, _SAMPLES_A_CLASS = 25, 10


class NearestSamplesSettings(ProtocolSettings):
    """Settings of ``kind: nearest_samples``.

    Attributes
    ----------
    rungs
        Numbers of samples at which the error is told, ascending. Of the real data those are used
        that there are images for.
    seeds
        Independent samplings, from seed 0.
    compared
        Samples of seed 0 (at most the last rung) whose nearest training image is looked up.
    block
        Samples that are held at a time.
    """

    kind: Literal["nearest_samples"] = identity("nearest_samples")
    rungs: tuple[int, ...] = identity(min_length=1)
    seeds: int = identity(1, ge=1)
    compared: int = identity(10_000, ge=1)
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
        "mnist": {
            "rungs": (1_000, 10_000, 50_000, 60_000, 100_000),
            "seeds": 3,
        }
    }
    needs_features: ClassVar[bool] = False

    def split(self, settings: NearestSamplesSettings, train: ImageSet, test: ImageSet) -> Split:
        """All of both sets."""
        rows = np.arange(len(train))
        return Split(train=rows, test=np.arange(len(test)), reference=rows, parts={})

    def check(
        self, settings: NearestSamplesSettings, representation: Representation, train: ImageSet
    ) -> None:
        """Refuse what is no source of samples, or one of other images, classes or too few."""
        super().check(settings, representation, train)
        if not isinstance(representation, SampleSource):
            raise SettingsError(
                f"{representation.name}: protocol nearest_samples takes samples; give generators "
                "of kind: generator, generator_module, deformed or real"
            )
        representation.check(train, settings.rungs[0])

    def cost(
        self, settings: NearestSamplesSettings, split: Split, columns: int, n_classes: int
    ) -> Cost:
        """Queries (test images, or the samples compared) with their factors, and some blocks."""
        queries = max(len(split.test), settings.compared)
        return Cost((queries * 3 + settings.block * 4) * 4 * columns, settings.seeds)

    def journal_values(self, settings: NearestSamplesSettings) -> dict[str, Any]:
        """Leave out what only says how much there is: the keys of the units say it too."""
        values = super().journal_values(settings)
        return {
            name: value
            for name, value in values.items()
            if name not in ("seeds", "rungs", "compared", "preset")
        }

    def run(
        self, settings: NearestSamplesSettings, task: Task, journal: Journal, progress: Progress
    ) -> Result:
        """Search the samples of every seed, score every rung."""
        source = task.representation
        assert isinstance(source, SampleSource)  # by `check`
        source = source.on(task.device)
        train, test = task.train, task.test.take(task.split.test)
        images = test.images(0, len(test))
        rungs = [rung for rung in settings.rungs if rung <= (source.limit(train) or rung)]
        # Seeds change nothing of the real data, whose rows are equal then.
        drawn = [
            search(
                source, train, images, seed, rungs, settings.block, task.device, journal, progress
            )
            for seed in range(settings.seeds if source.random else 1)
        ]
        found = drawn * (1 if source.random else settings.seeds)
        like_train = memorisation(
            source,
            train,
            images,
            min(settings.compared, rungs[-1]),
            settings.block,
            task.device,
            journal,
            progress,
        )
        rows: Literal["none", "seeds"] = "seeds" if settings.seeds > 1 else "none"
        predictions = np.stack([of_seed[-1]["labels"] for of_seed in found])
        metrics, repeats = _scores(task, found, rungs, rows)
        metrics += [
            Metric(name="copied", value=like_train.copied, better="low"),
            Metric(name="distinct", value=like_train.distinct, better="high"),
        ]
        wrong = predictions != task.y_test
        return Result(
            metrics=tuple(metrics),
            design=test_design(task, rows, predictions, list(range(settings.seeds))),
            predictions=predictions,
            repeats=repeats,
            notes=_notes(settings, task, source, rungs, float(wrong.mean())),
            details={
                "rungs": rungs,
                "class_errors": [
                    100.0 * float(wrong[:, task.y_test == label].mean())
                    for label in np.unique(task.y_test)
                ],
                "mean_distance": [
                    float(np.mean([of_seed[at]["distances"].mean() for of_seed in found]))
                    for at in range(len(rungs))
                ],
                "training_images": like_train.details,
            },
            exhibits={
                "confusion": confusion_matrix(predictions, task.y_test, task.n_classes),
                "samples_by_class": _by_class(source, task),
                "errors_each_with_its_nearest_sample": _errors(source, task, images, found[0][-1]),
                "samples_each_with_its_nearest_training_image": like_train.pairs,
            },
        )


def _scores(
    task: Task, found: list[list[Found]], rungs: list[int], rows: Literal["none", "seeds"]
) -> tuple[list[Metric], tuple[Repeat, ...]]:
    """Error at every rung, over seeds and for each."""
    design = Design("seeds") if rows == "seeds" else Design("none", given="the samples drawn")
    metrics: list[Metric] = []
    by_seed: list[dict[str, float]] = [{} for _ in found]
    for at, rung in enumerate(rungs):
        wrong = np.stack([of_seed[at]["labels"] for of_seed in found]) != task.y_test
        metric = error_metric(wrong, design, task.test_groups, f"error@{rung}")
        metrics.append(metric.model_copy(update={"headline": rung == rungs[-1]}))
        for values, errors in zip(by_seed, wrong, strict=True):
            values[metric.name] = 100.0 * float(errors.mean())
    repeats = [Repeat(name=f"seed {seed}", values=values) for seed, values in enumerate(by_seed)]
    return metrics, tuple(repeats)


def _notes(
    settings: NearestSamplesSettings,
    task: Task,
    source: SampleSource,
    rungs: list[int],
    error: float,
) -> tuple[str, ...]:
    """What a reader must know."""
    notes = []
    if settings.seeds == 1 and source.random:
        notes.append("one seed: which samples were drawn is not covered")
    if rungs[-1] < settings.rungs[-1]:
        notes.append(f"there are no more than {source.limit(task.train):,} images")
    chance = 1 - 1 / task.n_classes
    if error > 0.9 * chance:
        notes.append(
            f"error is near chance ({100 * chance:.0f} %): the generator ignores its label, or "
            "its labels are in another order"
        )
    return tuple(notes)


def _by_class(source: SampleSource, task: Task) -> NDArray[np.uint8]:
    """The first samples of seed 0, as many lines as shown of each class, classes in order."""
    n_classes = task.n_classes
    count = min(_SAMPLES_A_CLASS * n_classes, source.limit(task.train) or 2**62)
    images, labels = samples(source, task.train, 0, 0, count)
    lines = np.arange(count) // n_classes
    return as_bytes(images[np.lexsort((labels, lines))])


def _errors(
    source: SampleSource, task: Task, images: NDArray[np.uint8], found: Found
) -> NDArray[np.uint8]:
    """Test images that seed 0 got wrong, evenly over the test set, each before its neighbour."""
    wrong = np.flatnonzero(found["labels"] != task.y_test)
    shown = wrong[np.linspace(0, len(wrong) - 1, min(_ERRORS_SHOWN, len(wrong))).astype(int)]
    neighbours = picked(source, task.train, 0, found["ids"][shown])
    pairs = np.empty((2 * len(shown), *images.shape[1:]), np.uint8)
    pairs[::2], pairs[1::2] = images[shown], neighbours.reshape(-1, *images.shape[1:])
    return pairs


PROTOCOL = NearestSamples()
