"""Samples as a 1-nearest-neighbour classifier: labels, rungs, blocks, resume, bad generators."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan_eval.core import CodeRefusedError, DataError, SettingsError
from dcgan_eval.data import ImageSet
from dcgan_eval.models import Generator, GeneratorSpec
from dcgan_eval.models.families.mnist_mlp import MnistMlp
from dcgan_eval.pipeline import Options, make_plan, pipeline_from
from dcgan_eval.probes import NearestNeighborScorer
from dcgan_eval.protocols import Result, Task, read_protocol
from dcgan_eval.protocols import memorisation as memorisation_module
from dcgan_eval.protocols import sampling as sampling_module
from dcgan_eval.samples import (
    Deformation,
    DeformedSource,
    GeneratorSource,
    RealSource,
    SampleSource,
    asked_labels,
    deform,
    picked,
    samples,
)
from dcgan_eval.subjects import Place, read_subjects
from tests.make.images import random_images
from tests.make.tasks import work_in

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


def run(source: SampleSource, folder: Path, device: str = "cpu", **values: Any) -> Result:
    given = {"kind": "nearest_samples", "rungs": [100, 300], "compared": 50, **values}
    protocol = read_protocol(given)
    protocol.check(source, TRAIN)
    task = Task(source, TRAIN, TEST, protocol.make_split(TRAIN, TEST))
    return protocol.run(task, work_in(folder, device))


class Moved(Noisy):
    """Knows the device that it was asked to draw on."""

    device = "cpu"

    def on(self, device: str) -> Self:
        self.device = device
        return self


def generator_source(side: int = 28, classes: int = 3, **spec: Any) -> GeneratorSource:
    network = MnistMlp(side=side, n_classes=classes, hidden=(8,)).pair().generator.module
    values = {"n_classes": classes, "label": "one_hot", "image_shape": (1, side, side), **spec}
    drawn = Generator(network, GeneratorSpec(**values))
    return GeneratorSource(drawn, kind="generator", name="mine", beyond_weights={})


def test_samples_are_drawn_and_searched_on_the_device_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices: list[str] = []

    class Watched(NearestNeighborScorer):
        def __init__(self, queries: Any, **keys: Any) -> None:
            devices.append(keys["device"])
            super().__init__(queries, **keys)

    for module in (memorisation_module, sampling_module):
        monkeypatch.setattr(module, "NearestNeighborScorer", Watched)
    source = Moved()
    there = run(source, tmp_path / "there", device="cpu:0")
    assert source.device == "cpu:0"
    assert devices == ["cpu:0"] * 3  # the ladder, and the training images of samples and of test
    here = run(Moved(), tmp_path / "here")
    np.testing.assert_array_equal(there.predictions, here.predictions)


def test_a_generator_moves_to_the_device() -> None:
    source = generator_source()
    moved = source.on("meta")
    assert isinstance(moved, GeneratorSource)
    assert {one.device.type for one in moved.drawn.network.parameters()} == {"meta"}


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
    # There are 400 images: the ladder ends before 500, and its seeds are all the same.
    longer = run(RealSource("real"), tmp_path / "longer", rungs=[100, 300, 500], seeds=2)
    assert [m.label for m in longer.metrics][:2] == ["error@100", "error@300"]
    assert longer.metrics[1].headline and longer.metrics[1].sd == 0
    np.testing.assert_array_equal(longer.predictions, np.stack([TRAIN.y[nearest]] * 2))
    assert "there are no more than 400 images" in longer.notes


def test_rungs_nest(tmp_path: Path) -> None:
    both = run(Noisy(), tmp_path / "both")
    alone = run(Noisy(), tmp_path / "alone", rungs=[100])
    names = [metric.label for metric in both.metrics]
    assert names == ["error@100", "error@300", "copied", "distinct"]
    assert both.metrics[0].value == alone.metrics[0].value


@pytest.mark.slow
def test_a_longer_ladder_goes_on_where_a_shorter_one_ended(tmp_path: Path) -> None:
    whole = run(Noisy(), tmp_path / "whole", rungs=[100, 300, 700], block=128)
    run(Noisy(), tmp_path / "grown", block=128)
    later = Noisy()
    grown = run(later, tmp_path / "grown", rungs=[100, 300, 700], block=128)
    # Of batches 0 to 5 the third (samples 256 to 383) is begun again; the rest is new. One batch
    # tells the kind of numbers, one are those compared, one those shown; then the errors.
    shown = len(grown.exhibits["errors_each_with_its_nearest_sample"]) // 2
    assert later.batches == 4 + 1 + 1 + 1 + shown
    np.testing.assert_array_equal(grown.predictions, whole.predictions)
    assert grown.metrics == whole.metrics and grown.details == whole.details
    # A rung below what is there begins anew.
    between = run(Noisy(), tmp_path / "grown", rungs=[100, 200, 300, 700])
    assert between.metrics[2].value == whole.metrics[1].value
    assert between.metrics[1].value == run(Noisy(), tmp_path, rungs=[200]).metrics[0].value


class OfItsBatch(Noisy):
    """Samples that depend on all others in their batch, as with batch norm."""

    def batch(
        self, train: ImageSet, seed: int, number: int, labels: NDArray[np.int64]
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        images, labels = super().batch(train, seed, number, labels)
        return images - images.mean(axis=0) / 2, labels


def test_prefixes_nest_where_a_sample_depends_on_its_batch(tmp_path: Path) -> None:
    many, _ = samples(OfItsBatch(), TRAIN, 0, 0, 300)
    for start, stop in [(0, 3), (100, 140), (128, 256), (290, 300)]:
        part, labels = samples(OfItsBatch(), TRAIN, 0, start, stop)
        np.testing.assert_array_equal(part, many[start:stop])
        np.testing.assert_array_equal(labels, asked_labels(0, start, stop, 3))
    again = picked(OfItsBatch(), TRAIN, 0, np.array([200, 7]))
    np.testing.assert_array_equal(again, np.rint(many[[200, 7]] * 255).astype(np.uint8))


@pytest.mark.slow
def test_block_size_changes_nothing(tmp_path: Path) -> None:
    small, large = (run(Noisy(), tmp_path / str(b), block=b, seeds=2) for b in (128, 4096))
    np.testing.assert_array_equal(small.predictions, large.predictions)
    assert small.metrics == large.metrics and small.details == large.details
    assert small.layout.rows == "seeds" and small.predictions.shape == (2, 90)


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_generator_that_ignores_its_label_is_told(tmp_path: Path) -> None:
    notes = run(Noisy(obeys=False), tmp_path).notes
    assert any("error is near chance" in note for note in notes)
    assert not any(
        "near chance" in note for note in run(RealSource("real"), tmp_path / "real").notes
    )


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


@pytest.mark.parametrize(
    ("entry", "error", "message"),
    [
        ({"kind": "pixels"}, SettingsError, "takes samples .*; kind: pixels gives features"),
        (
            {"kind": "architecture", "network": "dcgan8"},
            SettingsError,
            "kind: architecture gives a network to train",
        ),
        ({"kind": "generator_module", "module": "nets:make"}, CodeRefusedError, "--allow-code"),
    ],
)
def test_what_does_not_fit_is_told_before_any_work(
    tmp_path: Path, entry: dict[str, Any], error: type[Exception], message: str
) -> None:
    if "module" in entry:
        entry = {**entry, "spec": SPEC}
    values = {
        "name": "x",
        "data": {"name": "digits"},
        "results": "results",
        "generators": [entry],
        "protocol": {"kind": "nearest_samples", "rungs": [10]},
    }
    with pytest.raises(error, match=message):
        make_plan(pipeline_from(values), Options(tmp_path)).all_jobs()


SPEC = {"image_shape": [1, 8, 8], "z_dim": 5, "n_classes": 10, "label": "one_hot"}
NETS = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Linear(15, 64)
    def forward(self, z, y):
        return torch.tanh(self.body(torch.cat([z, y], 1)))
def make():
    return Net()
def other():
    return nn.Linear(5, 64)
"""


def test_a_generator_of_the_users_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "user_generators.py").write_text(NETS)
    monkeypatch.syspath_prepend(tmp_path)

    def made(function: str, **changes: Any) -> Any:
        module = {"kind": "generator_module", "module": f"user_generators:{function}"}
        (entry,) = read_subjects([{**module, "spec": {**SPEC, **changes}}], {})
        return entry.make(0, Place(allow_code=True))[0]

    source = made("make")
    train = random_images(40, n_classes=10)
    source.check(train, 10)
    images, labels = samples(source, train, 0, 0, 30)
    assert images.shape == (30, 8, 8, 1) and images.dtype == np.float32
    assert (np.bincount(labels) == 3).all()
    assert source.identity_values() != made("make", z="uniform").identity_values()
    with pytest.raises(SettingsError, match=r"does not draw images .*check spec"):
        made("other")
    with pytest.raises(SettingsError, match=r"does not draw images .*check spec"):
        made("make", image_shape=[1, 9, 9])


def test_deformed_images_are_near_their_own(tmp_path: Path) -> None:
    source = DeformedSource(Deformation(elastic=0.2, shift=0, thickness=0))
    images, labels = samples(source, TRAIN, 0, 0, 256)
    assert images.dtype == np.uint8 and images.shape == (256, 8, 8, 1)
    np.testing.assert_array_equal(labels, asked_labels(0, 0, 256, 3))
    distance = np.abs(images[:, None].astype(int) - TRAIN.pixels[None]).mean(axis=(2, 3, 4))
    assert (TRAIN.y[distance.argmin(axis=1)] == labels).all()
    first, second = np.sort(distance, axis=1)[:, :2].T
    assert first.mean() < second.mean() / 2
    again, _ = samples(source, TRAIN, 0, 130, 200)
    np.testing.assert_array_equal(again, images[130:200])
    assert (samples(source, TRAIN, 1, 0, 256)[0] != images).any()


def test_images_of_a_choice_of_rows_are_deformed_as_those_of_a_set_of_its_own() -> None:
    rows = np.flatnonzero(TRAIN.y != 0)[::-1]
    chosen, own = TRAIN.take(rows), replace(TRAIN, labels=TRAIN.y[rows], pixels=TRAIN.pixels[rows])
    source = DeformedSource(Deformation())
    labels = np.array([1, 2, 2, 1])
    images, _ = source.batch(chosen, 0, 0, labels)
    np.testing.assert_array_equal(images, source.batch(own, 0, 0, labels)[0])


def test_deformations_are_what_they_say() -> None:
    images = np.zeros((50, 28, 28, 1), np.uint8)
    images[:, 8:20, 8:20] = 200
    nothing = Deformation(elastic=0, thickness=0, shift=0)
    stream = np.random.default_rng
    np.testing.assert_array_equal(deform(images, nothing, stream(0)), images)
    moved = deform(images, replace(nothing, shift=2), stream(0))
    assert (moved.sum(axis=(1, 2, 3)) == images[0].sum(dtype=int)).all()
    corners = {tuple(np.argwhere(one[..., 0])[0]) for one in moved}
    assert corners <= {(8 + i, 8 + j) for i in range(-2, 3) for j in range(-2, 3)}
    assert len(corners) > 10
    mass = deform(images, replace(nothing, thickness=0.5), stream(0)).mean((1, 2, 3))
    assert mass.min() < images.mean() < mass.max()
    # A ramp moved by a field f changes by f: its root mean square is the setting.
    ramp = np.broadcast_to(np.arange(60, 200, 5)[None, :, None], (200, 28, 28))[..., None]
    field = deform(ramp.astype(np.uint8), replace(nothing, elastic=2.0), stream(0))
    rms = float(np.sqrt(np.mean((field.astype(float) - ramp) ** 2))) / 5
    assert rms == pytest.approx(2.0, rel=0.1)


def test_copies_are_told_from_samples(tmp_path: Path) -> None:
    values = dict(compared=200)
    real, noisy = (
        run(RealSource("real"), tmp_path / "a", **values),
        run(Noisy(), tmp_path, **values),
    )
    copied = {
        name: next(m.value for m in r.metrics if m.name == "copied")
        for name, r in (("real", real), ("noisy", noisy))
    }
    assert copied["real"] == 100.0
    (distinct,) = (m.value for m in real.metrics if m.name == "distinct")
    assert distinct == 100.0
    told = noisy.details["training_images"]
    # By brute force, in the units of pixels in [0, 1].
    X = TRAIN.pixels.reshape(400, -1) / np.float32(255)
    S = samples(Noisy(), TRAIN, 0, 0, 200)[0].reshape(200, -1)
    Q = TEST.pixels.reshape(90, -1) / np.float32(255)
    near = [np.sqrt(((A[:, None].astype(np.float64) - X[None]) ** 2).sum(axis=2)) for A in (S, Q)]
    np.testing.assert_allclose(
        told["distance_of_samples"], np.percentile(near[0].min(axis=1), told["percentiles"])
    )
    np.testing.assert_allclose(
        told["distance_of_test_images"],
        np.percentile(near[1].min(axis=1), told["percentiles"]),
        rtol=1e-6,
    )
    assert told["distinct_training_images"] == len(np.unique(near[0].argmin(axis=1)))
    threshold = np.percentile(near[1].min(axis=1), 1)
    assert copied["noisy"] == pytest.approx(100 * (near[0].min(axis=1) < threshold).mean())


def test_exhibits_show_what_they_say(tmp_path: Path) -> None:
    found = run(Noisy(obeys=False), tmp_path)
    shown = found.exhibits["samples_by_class"]
    drawn, labels = samples(Noisy(obeys=False), TRAIN, 0, 0, 30)
    first = [int(np.flatnonzero(labels[:3] == label)[0]) for label in range(3)]
    np.testing.assert_array_equal(shown[:3], np.rint(drawn[first] * 255).astype(np.uint8))
    pairs = found.exhibits["errors_each_with_its_nearest_sample"]
    wrong = np.flatnonzero(found.predictions[0] != TEST.y)
    assert len(pairs) == 2 * min(25, len(wrong)) and len(wrong) > 0
    np.testing.assert_array_equal(pairs[0], TEST.pixels[wrong[0]])
    train_pairs = found.exhibits["samples_each_with_its_nearest_training_image"]
    assert len(train_pairs) == 50
    assert (np.abs(train_pairs[1] - TRAIN.pixels.astype(int)).reshape(400, -1).sum(1) == 0).any()
