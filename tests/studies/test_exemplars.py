"""Arithmetic and directions in z: a generator whose z is known, numbers by loops, bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dcgan_eval.core import DataError, SettingsError, Work, rng_for
from dcgan_eval.data import ImageSet
from dcgan_eval.models import Generator, GeneratorSpec
from dcgan_eval.protocols import Result, Task, read_protocol
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.studies import Detector, NumberedSamples
from tests.make.images import random_images
from tests.make.rooms import coined_rooms
from tests.studies.conftest import DETECTOR

Rooms = tuple[ImageSet, ImageSet]
Seeing = tuple[Detector, dict[str, Any]]
FEW = {"pool": 150, "repeats": 8}


def source(drawn: Generator, **given: Any) -> GeneratorSource:
    return GeneratorSource(drawn, kind="g", name="G", **given)


def studied(kind: str, rooms: Rooms, cache: Path, **values: Any) -> Result:
    protocol = read_protocol({"kind": kind, "detector": DETECTOR, **FEW, **values})
    given = source(values.pop("drawn", None) or coined_rooms())
    protocol.check(given, rooms[0])
    task = Task(given, *rooms, protocol.make_split(*rooms))
    return protocol.run(task, Work(cache))


def numbers(result: Result) -> dict[str, float]:
    return {metric.name: metric.value for metric in result.metrics}


@pytest.mark.slow
def test_arithmetic_by_loops(rooms: Rooms, seeing: Seeing, kept: Path) -> None:
    result = studied("arithmetic", rooms, kept, noisy=2)
    detector, samples = seeing[0], NumberedSamples(coined_rooms(), 0)
    network = samples.generator

    def class_of(image: np.ndarray) -> int:
        return int(detector.see(image[None]).classes[0])

    def drawn(z: np.ndarray) -> np.ndarray:
        return network.sample(z[None].astype(np.float32))[0]

    pool = np.array([class_of(samples.of([i])[0]) for i in range(150)])
    found: dict[str, list[float]] = {"averaged z": [], "single z": [], "pixels": [], "random z": []}
    for repeat in range(8):
        rng = rng_for("arithmetic", 0, "repeat", repeat)
        chosen = [rng.choice(np.flatnonzero(pool == c), 3, replace=False) for c in (1, 0, 2)]
        noise = rng.uniform(-0.25, 0.25, (3, 10))
        others = network.latent(3, rng)
        a, b, c = (samples.z(one.tolist()) for one in chosen)
        centres = {"averaged z": a.mean(0) - b.mean(0) + c.mean(0), "single z": a[0] - b[0] + c[0]}
        for name, centre in centres.items():
            around = [centre, centre + noise[1], centre + noise[2]]
            found[name].append(np.mean([class_of(drawn(z)) == 3 for z in around]))
        means = [np.mean([samples.of([i])[0] for i in one], axis=0) for one in chosen]
        mixed = np.clip(means[0] - means[1] + means[2], 0, 255).round().astype(np.uint8)
        found["pixels"].append(float(class_of(mixed) == 3))
        found["random z"].append(np.mean([class_of(drawn(z)) == 3 for z in others]))
    named = numbers(result)
    for name, shares in found.items():
        assert result.details["shares"][name] == pytest.approx(shares), name
        assert named[name] == pytest.approx(100 * np.mean(shares)), name
    assert result.metrics[0].headline and result.details["wished"] == "bed, window and lamp"
    assert named["averaged z ahead of random z"] == pytest.approx(
        named["averaged z"] - named["random z"]
    )
    assert named["averaged z"] > 60 > 50 > named["random z"]
    shapes = {name: one.shape[:2] for name, one in result.exhibits.items()}
    assert shapes == {
        "exemplars_of_a_b_c_and_of_their_mean": (3, 4),
        "a_minus_b_plus_c_averaged": (8, 3),
        "a_minus_b_plus_c_of_single_exemplars": (8, 3),
        "a_minus_b_plus_c_in_pixels": (1, 8),
    }


@pytest.mark.slow
def test_a_direction_by_loops(rooms: Rooms, seeing: Seeing, kept: Path) -> None:
    result = studied("direction", rooms, kept, stop="bed and window", moved=3, steps=2, group=2)
    detector, samples = seeing[0], NumberedSamples(coined_rooms(), 0)
    pool = detector.see(samples.of(range(150))).classes
    shares: dict[str, list[list[bool]]] = {}
    for repeat in range(8):
        rng = rng_for("direction", 0, "repeat", repeat)
        start, stop = (rng.choice(np.flatnonzero(pool == c), 2, replace=False) for c in (0, 1))
        left = [i for i in np.flatnonzero(pool == 0) if i not in start]
        moved = rng.choice(left, 3, replace=False)
        z_start, z_stop = samples.z(start.tolist()), samples.z(stop.tolist())
        axis = z_stop.mean(0) - z_start.mean(0)
        anywhere = rng.standard_normal(10)
        anywhere *= np.linalg.norm(axis) / np.linalg.norm(anywhere)
        ways = {
            "averaged axis": axis,
            "single axis": z_stop[0] - z_start[0],
            "random axis": anywhere,
        }
        for name, way in ways.items():
            for z in samples.z(moved.tolist()):
                frames = [z + t * way for t in (0, 0.5, 1)]
                images = np.concatenate([samples.drawn(f[None].astype(np.float32)) for f in frames])
                shares.setdefault(name, []).append(list(detector.see(images).classes == 1))
        change = samples.of(stop.tolist()).mean(0) - samples.of(start.tolist()).mean(0)
        for image in samples.of(moved.tolist()):
            mixed = [np.clip(image + t * change, 0, 255).round() for t in (0, 0.5, 1)]
            there = detector.see(np.stack(mixed).astype(np.uint8)).classes == 1
            shares.setdefault("pixels", []).append(list(there))
    named = numbers(result)
    for name, rows in shares.items():
        by_step = np.mean(rows, axis=0)
        assert result.details["shares_by_step"][name] == pytest.approx(by_step), name
        assert named[name] == pytest.approx(100 * by_step[-1]), name
    assert result.details["shares_by_step"]["averaged axis"][0] == 0
    assert named["averaged axis"] > 40 > 30 > named["random axis"]
    assert result.exhibits["along_averaged_axis"].shape == (3, 3, 64, 64, 3)


@pytest.mark.slow
def test_exemplars_by_number_and_the_same_bits_for_any_number_of_threads(
    rooms: Rooms, seeing: Seeing, kept: Path
) -> None:
    z = NumberedSamples(coined_rooms(), 0).z(range(400))
    high, lamp = z[:, 0] > 0, z[:, 1] > 0
    chosen = {
        "a": np.flatnonzero(high & ~lamp)[:5].tolist(),
        "b": np.flatnonzero(~high & ~lamp)[:5].tolist(),
        "c": np.flatnonzero(~high & lamp)[:5].tolist(),
    }
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found.append(studied("arithmetic", rooms, kept, exemplars=chosen, pool=4, noisy=2))
    finally:
        torch.set_num_threads(before)
    assert found[0].details == found[1].details and found[0].metrics == found[1].metrics
    first = found[0].details["first_exemplars"]
    assert {group: sorted(one) for group, one in first.items()} == chosen
    assert found[0].exhibits["exemplars_of_a_b_c_and_of_their_mean"].shape[:2] == (3, 6)
    # The centre of the averages is the same in every repeat.
    sheet = found[0].exhibits["a_minus_b_plus_c_averaged"]
    assert (sheet[:, 0] == sheet[0, 0]).all()
    assert found[0].metrics[0].interval is not None
    assert found[0].metrics[0].interval.covers == "other noise"


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    # Classes that are parts by themselves, and rooms of which no generator is needed to refuse.
    images = random_images(120, (64, 64, 3), n_classes=3)

    def wrong(kind: str, drawn: Generator | None = None, **values: Any) -> str:
        with pytest.raises((SettingsError, DataError)) as error:
            usual = {"start": "0", "stop": "1"} if kind == "direction" else {}
            detector = {"images": 60, "epochs": 1}
            protocol = read_protocol({"kind": kind, "detector": detector, **FEW, **usual, **values})
            given = source(drawn or coined_rooms())
            protocol.check(given, images)
            split = protocol.make_split(images, images)
            protocol.run(Task(given, images, images, split), Work(tmp_path))
        assert "\n" not in str(error.value)
        return str(error.value)

    assert "class 'bed and window' is none of the data set's" in wrong("arithmetic")
    assert "has the parts of no class" in wrong("arithmetic", a="0", b="1", c="2")
    assert "has the parts of no class but those of a or c" in wrong(
        "arithmetic", a="0", b="0", c="2"
    )
    assert "start and stop are both '1'" in wrong("direction", start="1")
    assert "expected numbers of start, stop" in wrong("direction", exemplars={"a": [1]})
    lacking = {"start": [1], "stop": []}
    assert "one at least of each" in wrong("direction", exemplars=lacking)
    labelled = GeneratorSpec(
        z_dim=2, image_shape=(3, 64, 64), n_classes=3, label="embedding", output_range=(0.0, 1.0)
    )

    class Labelled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.level = nn.Embedding(3, 1)

        def forward(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return torch.sigmoid(self.level(y))[..., None, None].expand(-1, 3, 64, 64)

    assert "is told the class beside z" in wrong("direction", Generator(Labelled(), labelled))
    black = coined_rooms()
    black.network.scale.zero_()
    said = wrong("direction", black, start="2", detector={"images": 60, "epochs": 15})
    assert "the detector puts 0 of 150 samples into class '2' (start), fewer than 4" in said
