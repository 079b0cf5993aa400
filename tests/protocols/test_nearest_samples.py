"""Samples as a 1-nearest-neighbour classifier: labels, rungs, blocks, resume, bad generators."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan_eval.core import DataError, SettingsError, Silent
from dcgan_eval.data import ImageSet
from dcgan_eval.features.representations.generator import GeneratorSource
from dcgan_eval.features.representations.real import RealSource
from dcgan_eval.features.samples import SampleSource
from dcgan_eval.models import Generator, GeneratorSpec
from dcgan_eval.models.networks.mnist_mlp import DenseGenerator, MnistMlpSettings
from dcgan_eval.protocols import Result, Task, load_protocol, read_protocol
from dcgan_eval.protocols.sampling import asked_labels
from dcgan_eval.records import Journal
from tests.images import random_images

TRAIN, TEST = random_images(400, n_classes=3, seed=1), random_images(90, n_classes=3, seed=2)


class Noisy(SampleSource):
    """Training images of the asked class with noise, or of any class."""

    kind = name = "noisy"

    def __init__(self, obeys: bool = True) -> None:
        self.obeys, self.batches = obeys, 0

    def identity_values(self) -> dict[str, Any]:
        return {}

    def check(self, train: ImageSet, count: int) -> None:
        pass

    def batch(
        self, train: ImageSet, seed: int, number: int, labels: NDArray[np.int64]
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        self.batches += 1
        rng = np.random.default_rng([seed, number])
        rank = rng.integers(0, 100, len(labels))
        wanted = labels if self.obeys else rng.integers(0, 3, len(labels))
        rows = [np.flatnonzero(train.y == y)[r] for y, r in zip(wanted, rank, strict=True)]
        images = train.take(np.array(rows)).images(0, len(rows)).astype(np.float32) / 255
        noise = rng.normal(0, 0.1, images.shape).astype(np.float32)
        return images + noise, labels


def run(source: SampleSource, folder: Path, **values: Any) -> Result:
    settings = read_protocol({"kind": "nearest_samples", "rungs": [100, 300], **values}, "test")
    protocol = load_protocol("nearest_samples")
    split = protocol.split(settings, TRAIN, TEST)
    empty = np.empty((0, 0), np.float32)
    task = Task(TRAIN, TEST, split, empty, empty, {}, source)
    return protocol.run(settings, task, Journal(folder), Silent())


def generator_source(side: int = 28, classes: int = 3, **spec: Any) -> GeneratorSource:
    network = DenseGenerator(MnistMlpSettings(side=side, n_classes=classes, hidden=(8,)))
    values = {"n_classes": classes, "label": "one_hot", "image_shape": (1, side, side), **spec}
    return GeneratorSource(Generator(network, GeneratorSpec(**values)), "mine", None)


def test_labels_are_mixed_and_balanced_wherever_they_are_asked_from() -> None:
    labels = asked_labels(3, 0, 1000, 10)
    assert (np.sort(labels.reshape(-1, 10), axis=1) == np.arange(10)).all()
    assert len(np.unique(labels.reshape(-1, 10), axis=0)) > 90
    np.testing.assert_array_equal(asked_labels(3, 128, 261, 10), labels[128:261])
    assert (asked_labels(4, 0, 1000, 10) != labels).any()


def test_real_data_is_its_own_classifier(tmp_path: Path) -> None:
    found = run(RealSource("real"), tmp_path)
    rows = [images.images(0, len(images)).reshape(len(images), -1) for images in (TRAIN, TEST)]
    X, Q = (each.astype(np.int64) for each in rows)
    nearest = ((Q[:, None] - X[None, :300]) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(found.predictions[0], TRAIN.y[nearest])


def test_rungs_nest(tmp_path: Path) -> None:
    both = run(Noisy(), tmp_path / "both")
    alone = run(Noisy(), tmp_path / "alone", rungs=[100])
    assert [metric.name for metric in both.metrics] == ["error@100", "error@300"]
    assert both.metrics[0].value == alone.metrics[0].value


def test_block_size_changes_nothing(tmp_path: Path) -> None:
    small, large = (run(Noisy(), tmp_path / str(b), block=b, seeds=2) for b in (128, 4096))
    np.testing.assert_array_equal(small.predictions, large.predictions)
    assert small.metrics == large.metrics and small.details == large.details
    assert small.design.rows == "seeds" and small.predictions.shape == (2, 90)


def test_what_was_searched_is_not_generated_again(tmp_path: Path) -> None:
    source = Noisy()
    whole = run(source, tmp_path / "whole", block=128)

    class Killed(Noisy):
        def batch(self, train: Any, seed: int, number: int, labels: Any) -> Any:
            if number == 2:
                raise KeyboardInterrupt
            return super().batch(train, seed, number, labels)

    with pytest.raises(KeyboardInterrupt):
        run(Killed(), tmp_path / "cut", block=128)
    again = Noisy()
    found = run(again, tmp_path / "cut", block=128)
    assert again.batches < source.batches
    np.testing.assert_array_equal(found.predictions, whole.predictions)
    assert found.metrics == whole.metrics


def test_a_generator_that_ignores_its_label_is_told(tmp_path: Path) -> None:
    notes = run(Noisy(obeys=False), tmp_path).notes
    assert any("ignores its label" in note for note in notes)
    assert not any("ignores" in note for note in run(RealSource("real"), tmp_path / "real").notes)


def test_bad_generators_are_one_line(tmp_path: Path) -> None:
    shaped = replace(TRAIN, pixels=np.zeros((400, 28, 28, 1), np.uint8))
    with pytest.raises(DataError, match=r"samples are \(8, 8, 1\), images \(28, 28, 1\)"):
        generator_source(side=8).check(shaped, 10)
    with pytest.raises(DataError, match="generates 4 classes"):
        generator_source(classes=4).check(shaped, 10)
    labels = np.arange(3)
    with pytest.raises(DataError, match=r"mine: batch 5 of seed 0: samples lie in"):
        generator_source(output_range=(0.0, 1.0)).batch(shaped, 0, 5, labels)
    broken = generator_source()
    broken.drawn.network.get_submodule("body.head").bias.data.fill_(float("nan"))  # type: ignore[operator, union-attr]
    with pytest.raises(DataError, match="NaN"):
        broken.batch(shaped, 0, 0, labels)
    with pytest.raises(SettingsError, match="401 samples asked for"):
        run(RealSource("real"), tmp_path, rungs=[401])
