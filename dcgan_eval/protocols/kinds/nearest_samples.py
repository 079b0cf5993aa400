"""Labelled samples as the training set of a 1-nearest-neighbour classifier.

Sample i is asked to be of class perm(seed, i // classes)[i % classes]; batches are 128 consecutive
ids. One pass gives the error on the real test images at every rung.

Source: Radford, Metz, Chintala, arXiv 1511.06434, appendix 8.1, Table 3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from dcgan_eval.core import Subject, Work, execution, identity
from dcgan_eval.data import ImageSet, Items, Split, with_pixels
from dcgan_eval.protocols.base import Protocol, Result, Task
from dcgan_eval.protocols.memorisation import memorisation
from dcgan_eval.protocols.sampling import Found, search
from dcgan_eval.protocols.scoring import confusion_matrix, error_metric, layout_of
from dcgan_eval.records import Metric, Repeat, Value
from dcgan_eval.samples import SampleSource, as_bytes, picked, samples
from dcgan_eval.stats import Design

# Enough to see what kind of images mislead, and what samples of each class look like.
_ERRORS_SHOWN, _SAMPLES_A_CLASS = 25, 10


class NearestSamples(Protocol):
    """Settings of ``kind: nearest_samples``; see the module.

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

    version: ClassVar[int] = 1
    takes: ClassVar[type[Subject]] = SampleSource
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "mnist": {
            "rungs": (1_000, 10_000, 50_000, 60_000, 100_000),
            "seeds": 3,
        }
    }

    kind: Literal["nearest_samples"] = identity("nearest_samples")
    rungs: tuple[int, ...] = identity(min_length=1)
    seeds: int = identity(1, ge=1)
    compared: int = identity(10_000, ge=1)
    block: int = execution(4096, ge=1)

    @model_validator(mode="after")
    def _ascending(self) -> NearestSamples:
        if list(self.rungs) != sorted(set(self.rungs)) or self.rungs[0] < 2:
            raise ValueError("rungs are ascending numbers of samples, 2 or more")
        return self

    def make_split(self, train: Items, test: Items) -> Split:
        """All of both sets."""
        rows = np.arange(len(train))
        return Split(train=rows, test=np.arange(len(test)), reference=rows, parts={})

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse what is no source of samples, or one of other images, classes or too few."""
        super().check(subject, train)
        if isinstance(subject, SampleSource):
            subject.check(with_pixels(train), self.rungs[0])

    def memory_bytes(self, train: Items, split: Split, columns: int) -> int:
        """Queries (test images, or the samples compared) with their factors, and some blocks."""
        queries = max(len(split.test), self.compared)
        pixels = math.prod(with_pixels(train).image_shape)
        return (queries * 3 + self.block * 4) * 4 * pixels

    def journal_values(self) -> dict[str, Any]:
        """Leave out what only says how much there is: the keys of the units say it too."""
        values = super().journal_values()
        return {
            name: value
            for name, value in values.items()
            if name not in ("seeds", "rungs", "compared", "preset")
        }

    def run(self, task: Task[SampleSource], work: Work) -> Result:
        """Search the samples of every seed, score every rung."""
        source = task.given.on(work.device)
        train, test = with_pixels(task.train), with_pixels(task.test).take(task.split.test)
        images = test.images(0, len(test))
        rungs = [rung for rung in self.rungs if rung <= (source.limit(train) or rung)]
        # Seeds change nothing of the real data, whose rows are equal then.
        drawn = [
            search(source, train, images, seed, rungs, self.block, work)
            for seed in range(self.seeds if source.random else 1)
        ]
        found = drawn * (1 if source.random else self.seeds)
        compared = min(self.compared, rungs[-1])
        like_train = memorisation(source, train, images, compared, self.block, work)
        rows: Literal["none", "seeds"] = "seeds" if self.seeds > 1 else "none"
        predictions = np.stack([of_seed[-1]["labels"] for of_seed in found])
        metrics, repeats = _scores(task, found, rungs, rows)
        metrics += [
            Metric(name="copied", value=like_train.copied, better="low"),
            Metric(name="distinct", value=like_train.distinct, better="high"),
        ]
        wrong = predictions != task.y_test
        return Result(
            metrics=tuple(metrics),
            layout=layout_of(task, rows, predictions, list(range(self.seeds))),
            predictions=predictions,
            repeats=repeats,
            notes=_notes(self, source, train, task.n_classes, rungs, float(wrong.mean())),
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
                "samples_by_class": _by_class(source, train),
                "errors_each_with_its_nearest_sample": _errors(
                    source, train, images, found[0][-1], wrong[0]
                ),
                "samples_each_with_its_nearest_training_image": like_train.pairs,
            },
        )


def _scores(
    task: Task[SampleSource],
    found: list[list[Found]],
    rungs: list[int],
    rows: Literal["none", "seeds"],
) -> tuple[list[Metric], tuple[Repeat, ...]]:
    """Error at every rung, over seeds and for each."""
    design = Design("seeds") if rows == "seeds" else Design("none", given="the samples drawn")
    metrics: list[Metric] = []
    by_seed: list[list[Value]] = [[] for _ in found]
    for at, rung in enumerate(rungs):
        wrong = np.stack([of_seed[at]["labels"] for of_seed in found]) != task.y_test
        metric = error_metric(wrong, design, task.test_groups, {"samples": rung})
        metrics.append(metric.model_copy(update={"headline": rung == rungs[-1]}))
        for values, errors in zip(by_seed, wrong, strict=True):
            error = 100.0 * float(errors.mean())
            values.append(Value(name=metric.name, value=error, at=metric.at))
    repeats = [
        Repeat(name=f"seed {seed}", values=tuple(values)) for seed, values in enumerate(by_seed)
    ]
    return metrics, tuple(repeats)


def _notes(
    settings: NearestSamples,
    source: SampleSource,
    train: ImageSet,
    n_classes: int,
    rungs: list[int],
    error: float,
) -> tuple[str, ...]:
    """What a reader must know."""
    notes = []
    if settings.seeds == 1 and source.random:
        notes.append("one seed: which samples were drawn is not covered")
    if rungs[-1] < settings.rungs[-1]:
        notes.append(f"there are no more than {source.limit(train):,} images")
    chance = 1 - 1 / n_classes
    if error > 0.9 * chance:
        notes.append(
            f"error is near chance ({100 * chance:.0f} %): samples are not of the class that they "
            "are labelled with, do not look like test images, or classes are in another order"
        )
    return tuple(notes)


def _by_class(source: SampleSource, train: ImageSet) -> NDArray[np.uint8]:
    """The first samples of seed 0, as many lines as shown of each class, classes in order."""
    n_classes = len(train.class_names)
    count = min(_SAMPLES_A_CLASS * n_classes, source.limit(train) or 2**62)
    images, labels = samples(source, train, 0, 0, count)
    lines = np.arange(count) // n_classes
    return as_bytes(images[np.lexsort((labels, lines))])


def _errors(
    source: SampleSource,
    train: ImageSet,
    images: NDArray[np.uint8],
    found: Found,
    is_wrong: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Test images that seed 0 got wrong, evenly over the test set, each before its neighbour."""
    wrong = np.flatnonzero(is_wrong)
    shown = wrong[np.linspace(0, len(wrong) - 1, min(_ERRORS_SHOWN, len(wrong))).astype(int)]
    neighbours = picked(source, train, 0, found["ids"][shown])
    pairs = np.empty((2 * len(shown), *images.shape[1:]), np.uint8)
    pairs[::2], pairs[1::2] = images[shown], neighbours.reshape(-1, *images.shape[1:])
    return pairs


PROTOCOL = NearestSamples
