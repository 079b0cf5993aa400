"""Forgetting: a generator whose maps are known, numbers by loops, boxes by hand, and bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dcgan_eval.core import DataError, SettingsError, Work
from dcgan_eval.data import ImageSet
from dcgan_eval.models import Dropout, Generator, GeneratorSpec
from dcgan_eval.protocols import Result, Task, read_protocol
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.studies import Detector, NumberedSamples, PartBox
from dcgan_eval.studies.maps import below_the_last_convolution, without_maps
from dcgan_eval.studies.regression import map_weights, positions
from dcgan_eval.studies.shares import change_metric, repeats_metric, share_metric
from tests.make.images import random_images
from tests.make.networks import randomise
from tests.make.rooms import MAPS, drawn_rooms, room_labels
from tests.studies.conftest import DETECTOR

IMAGES = random_images(120, n_classes=3)
FEW = {"annotated": 6, "tested": 10, "random_draws": 2, "detector": {"images": 60, "epochs": 1}}


def source(drawn: Generator, **given: Any) -> GeneratorSource:
    return GeneratorSource(drawn, kind="g", name="G", **given)


def forgotten(
    drawn: Generator, train: ImageSet, test: ImageSet, cache: Path, **values: Any
) -> Result:
    protocol = read_protocol({"kind": "forget", **values})
    given = source(drawn)
    protocol.check(given, train)
    task = Task(given, train, test, protocol.make_split(train, test))
    return protocol.run(task, Work(cache))


def small(side: int = 8, **changes: Any) -> Generator:
    """A generator of 8×8 images with an activation behind its first convolution."""
    network = nn.Sequential(
        nn.Linear(4, 32),
        nn.Unflatten(1, (2, 4, 4)),
        nn.ConvTranspose2d(2, 5, 4, 2, 1),
        nn.ReLU(),
        nn.Conv2d(5, 1, 3, 1, 1),
        nn.Sigmoid(),
    )
    spec = GeneratorSpec(z_dim=4, image_shape=(1, side, side), output_range=(0.0, 1.0), **changes)
    return Generator(randomise(network, "small"), spec)


@pytest.mark.slow
def test_the_maps_that_draw_windows_are_found_and_only_windows_go(
    rooms: tuple[ImageSet, ImageSet], seeing: tuple[Detector, dict[str, Any]], kept: Path
) -> None:
    values = {"annotated": 60, "tested": 200, "random_draws": 3, "detector": DETECTOR}
    result = forgotten(drawn_rooms(), *rooms, kept, **values)
    assert result.details["layer"] == "activation" and result.details["maps"] == MAPS
    assert result.details["dropped"] == [0, 1]
    numbers = {metric.name: metric.value for metric in result.metrics}
    assert numbers["window after"] < 3 and numbers["window after random maps"] > 30
    assert result.metrics[0].headline and result.metrics[0].name == "window lost"
    assert numbers["window lost"] == pytest.approx(
        numbers["window before"] - numbers["window after"]
    )
    assert abs(numbers["bed lost"]) < 5
    assert {"lamp lost", "lamp lost by random maps", "any class lost"} <= set(numbers)
    # The same shares, sample by sample.
    samples, detector = NumberedSamples(drawn_rooms(), 0), seeing[0]
    drawn = [samples.of([i])[0] for i in range(60, 260)]
    found = detector.see(np.stack(drawn)).present
    assert numbers["window before"] == pytest.approx(100 * found[:, 1].mean())
    rooms_drawn = samples.z(range(60, 260)).argmax(1)
    assert np.mean(found[:, 1] == room_labels()[rooms_drawn] % 2) > 0.95
    random = []
    for one in result.details["random_maps"]:
        assert len(set(one)) == 2 and max(one) < MAPS
        with without_maps(samples.generator, "activation", np.array(one)):
            images = np.stack([samples.of([i])[0] for i in range(60, 260)])
        random.append(detector.see(images).present[:, 1].mean())
    assert numbers["window after random maps"] == pytest.approx(100 * np.mean(random))
    (sheet,) = result.exhibits.values()
    assert sheet.shape == (3, 10, 64, 64, 3)
    assert np.array_equal(sheet[0, 0], drawn[int(np.flatnonzero(found[:, 1])[0])])
    assert any("real test images" in note for note in result.notes)


def test_positions_by_loops() -> None:
    samples = NumberedSamples(small(), 0)
    boxes = [
        PartBox(3, "a", 0, 1, 3.5, 2),
        PartBox(3, "a", 5, 5, 3, 3),
        PartBox(1, "a", 2, 2, 1, 1),
    ]
    inside, outside = positions(samples, "3", boxes)
    z = torch.from_numpy(samples.z([1, 3]))
    maps = samples.generator.network[:4](z).numpy()
    expected = [maps[0, :, 2, 2]]
    for y in range(8):
        for x in range(8):
            if (y in (1, 2) and x < 3) or (y >= 5 and x >= 5):
                expected.append(maps[1, :, y, x])
    assert np.allclose(inside, expected) and outside.shape == inside.shape
    everywhere = {tuple(one.round(4)) for one in maps[1].reshape(5, -1).T}
    assert all(tuple(one.round(4)) in everywhere for one in outside[1:])
    # At half the size a position's centre is that of four pixels.
    halved, _ = positions(samples, "1", [PartBox(0, "a", 0, 0, 2, 1.5)])
    assert halved.shape == (1, 2)


def test_weights_by_a_plain_descent() -> None:
    rng = np.random.default_rng(0)
    inside = rng.normal([1, -0.5, 0, 0], 1, (80, 4)).astype(np.float32)
    outside = rng.normal(size=(60, 4)).astype(np.float32)
    inside[:, 3] = outside[:, 3] = 2
    X = np.concatenate([inside, outside]).astype(float)
    X = X[:, :3] / X[:, :3].std(0)
    y = np.arange(140) < 80
    w, b = np.zeros(3), 0.0
    for _ in range(20_000):
        p = 1 / (1 + np.exp(-X @ w - b))
        w -= 0.005 * (X.T @ (p - y) + w)
        b -= 0.005 * (p - y).sum()
    assert map_weights(inside, outside) == pytest.approx([*w, 0], abs=1e-3)


def test_without_maps_a_layer_gives_zeros_for_them_alone() -> None:
    drawn = small()
    assert below_the_last_convolution(drawn) == "3"
    z = torch.from_numpy(NumberedSamples(drawn, 0).z([0, 1]))
    maps = drawn.network[:4](z)
    maps[:, [0, 4]] = 0
    with without_maps(drawn, "3", np.array([0, 4])):
        assert torch.equal(drawn.network(z), drawn.network[4:](maps))
    assert not torch.equal(drawn.network(z), drawn.network[4:](maps))


def test_samples_are_functions_of_their_numbers() -> None:
    for changes in ({}, {"z": "uniform"}):
        samples = NumberedSamples(small(**changes), 1)
        whole = samples.of(range(200))
        assert np.array_equal(samples.of([7, 199])[1], whole[199])
        assert not np.array_equal(whole[0], NumberedSamples(small(**changes), 2).of([0])[0])


def test_shares_and_their_changes() -> None:
    said: dict[str, Any] = {"better": "high", "covers": "", "given": ""}
    before = np.array([1, 1, 1, 0, 0, 1, 1, 0], bool)
    after = np.array([0, 1, 0, 0, 1, 0, 0, 0], bool)
    lost = change_metric("lost", before, after, **said)
    assert lost.value == pytest.approx(100 * (5 - 2) / 8)
    assert lost.interval is not None and lost.interval.low < 37.5 < lost.interval.high
    several = change_metric("lost", before, np.stack([after, before]), **said)
    assert several.value == pytest.approx(100 * 3 / 16) and several.n_repeats == 2
    same = share_metric("share", np.ones((2, 8), bool), **said)
    assert same.value == 100 and same.interval is not None
    assert same.interval.low < 90 and same.interval.high == 100
    assert repeats_metric("ahead", np.zeros(5), -1.0, **said).interval is None
    spread = repeats_metric("share", np.array([0.0, 0.5, 1.0]), **said).interval
    assert spread is not None and (spread.low, spread.high) == (0, 100)


def test_boxes_by_hand_and_the_same_bits_for_any_number_of_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("boxes.csv").write_text(
        "image,part,left,top,width,height\n0,1,2,2,3,3\n4,1,0,0,4,2\n4,other,0,0,8,8\n"
    )
    values = {**FEW, "boxes": "boxes.csv", "part": "1", "detector": {"images": 60, "epochs": 20}}
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            cache = tmp_path / str(threads)
            found.append(forgotten(small(), IMAGES, IMAGES, cache, **values))
    finally:
        torch.set_num_threads(before)
    assert found[0].metrics == found[1].metrics and found[0].details == found[1].details
    assert found[0].details["samples_with_boxes"] == 2
    assert found[0].details["positions_inside"] == 9 + 8
    assert [metric.name for metric in found[0].metrics if metric.name.endswith(" lost")] == [
        "1 lost",
        "other classes lost",
        "any class lost",
    ]
    ids = []
    for content in (None, "image,part,left,top,width,height\n0,1,2,2,3,4\n"):
        if content:
            Path("boxes.csv").write_text(content)
        ids.append(read_protocol({"kind": "forget", **values}).identity_values())
    assert ids[0] != ids[1]


def test_bad_input_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    header = "image,part,left,top,width,height\n"
    Path("inside.csv").write_text(f"{header}0,1,2,2,3,3\n")
    usual = {**FEW, "boxes": "inside.csv", "part": "1"}

    def wrong(drawn: Generator | None = None, rows: str = "", **values: Any) -> str:
        if rows:
            Path("boxes.csv").write_text(header + rows)
            values["boxes"] = "boxes.csv"
        with pytest.raises((SettingsError, DataError)) as error:
            forgotten(drawn or small(), IMAGES, IMAGES, tmp_path, **{**usual, **values})
        assert "\n" not in str(error.value)
        return str(error.value)

    assert "unknown layer '33'; did you mean '3'?" in wrong(layer="33")
    assert "layer '0' gives (32,), no maps" in wrong(layer="0")
    plain = nn.Sequential(nn.Linear(4, 64), nn.Sigmoid())
    spec = GeneratorSpec(z_dim=4, image_shape=(1, 8, 8), output_range=(0.0, 1.0))
    assert "has 0 convolutions, and no maps" in wrong(Generator(plain, spec))
    assert "leaves the image of 8×8" in wrong(rows="0,1,6,0,3,3\n")
    assert "box of image 6: images are 0 … 5" in wrong(rows="6,1,0,0,3,3\n")
    assert "no box of '1' in samples 0 … 5" in wrong(rows="0,2,0,0,3,3\n")
    assert "no position of layer '3' lies inside" in wrong(rows="0,1,0.6,0,0.8,3\n")
    assert "no position of layer '3' lies outside" in wrong(rows="0,1,0,0,8,8\n")
    assert "part 'windw' is none of the data set's" in wrong(part="windw")
    assert "the detector does not know: give boxes" in wrong(boxes="detector")
    assert "absent.csv" in wrong(boxes="absent.csv")
    given = read_protocol({"kind": "forget", **usual})
    with pytest.raises(SettingsError, match="encoder has no effect"):
        given.check(source(small(), encoder=source(small())), IMAGES)
    noisy = nn.Sequential(nn.Linear(4, 64), Dropout(0.5), nn.Sigmoid())
    with pytest.raises(SettingsError, match="keeps dropout"):
        given.check(source(Generator(noisy, spec.model_copy(update={"dropout": True}))), IMAGES)
    # A part that the detector never sees in samples: all are black.
    dark = small()
    dark.network[4].weight.zero_()
    dark.network[4].bias.fill_(-20)
    assert "the detector sees no '2' in 10 samples" in wrong(
        dark, rows="0,2,2,2,3,3\n", part="2", detector={"images": 60, "epochs": 20}
    )
