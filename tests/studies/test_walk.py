"""A walk in z against plain loops, its controls, and what cannot be walked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dcgan_eval import evaluate
from dcgan_eval.core import DataError, SettingsError, Work, rng_for
from dcgan_eval.features import EncoderRepresentation, PixelRepresentation, Pooling
from dcgan_eval.models import Dropout, Encoder, Generator, GeneratorSpec
from dcgan_eval.protocols import Result, Task, read_protocol
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.studies import of_z_alone
from dcgan_eval.subjects import Place, read_subjects
from tests.make.images import random_images
from tests.make.networks import randomise

TRAIN = random_images(60, n_classes=3, seed=1)
ROWS, STEPS, EPSILON = 4, 5, 1e-3


class Conditional(nn.Module):
    """z and one-hot labels to 8×8 images in (0, 1)."""

    def __init__(self, norm: bool = False) -> None:
        super().__init__()
        self.inner = nn.Linear(6 + 3, 32)
        self.norm = nn.BatchNorm1d(32) if norm else nn.Identity()
        self.outer = nn.Linear(32, 64)

    def forward(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        maps = torch.relu(self.norm(self.inner(torch.cat([z, y], 1))))
        return torch.sigmoid(self.outer(maps)).reshape(-1, 1, 8, 8)


def generator(norm: bool = False) -> Generator:
    spec = GeneratorSpec(
        z_dim=6,
        n_classes=3,
        label="one_hot",
        output_range=(0.0, 1.0),
        image_shape=(1, 8, 8),
        batch_statistics=norm,
    )
    return Generator(randomise(Conditional(norm), "walk"), spec)


def encoder(batch_norm: Any = "stored") -> EncoderRepresentation:
    layers = nn.Sequential(nn.Conv2d(1, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.LeakyReLU(0.2))
    network = Encoder(randomise(layers, "D"), ["2"], (1, 8, 8))
    return EncoderRepresentation(
        network, kind="d", name="D", pooling=Pooling(2), batch_norm=batch_norm
    )


def source(**given: Any) -> GeneratorSource:
    return GeneratorSource(given.pop("drawn", None) or generator(), kind="g", name="G", **given)


def walked(given: GeneratorSource, folder: Path, **values: Any) -> Result:
    usual = {"rows": ROWS, "steps": STEPS, "epsilon": EPSILON, **values}
    protocol = read_protocol({"kind": "walk", **usual})
    protocol.check(given, TRAIN)
    task = Task(given, TRAIN, TRAIN, protocol.make_split(TRAIN, TRAIN))
    return protocol.run(task, Work(folder))


def numbers(result: Result) -> dict[str, float]:
    return {metric.label: metric.value for metric in result.metrics}


def by_loops(features: Any, seed: int = 0, label: int | None = None) -> dict[str, float]:
    """The same numbers, image by image."""
    drawn = generator()
    largest: dict[str, list[float]] = {}
    squared: dict[str, list[float]] = {}
    random_steps = []

    def image(z: np.ndarray, y: int) -> np.ndarray:
        return drawn.sample_float(z[None].astype(np.float32), np.array([y]))[0]

    for row in range(ROWS):
        rng = rng_for("walk", seed, "row", row)
        a, b = drawn.latent(2, rng)
        others, shift = drawn.latent(STEPS + 1, rng), rng.random()
        y = row % 3 if label is None else label
        angle = np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
        ends = image(a, y), image(b, y)
        ways = {
            "linear": lambda t, a=a, b=b, y=y: image(a + t * (b - a), y),
            "spherical": lambda t, a=a, b=b, y=y, w=angle: image(
                (np.sin((1 - t) * w) * a + np.sin(t * w) * b) / np.sin(w), y
            ),
            "pixel": lambda t, ends=ends: ends[0] + t * (ends[1] - ends[0]),
        }
        frames = {name: [way(j / STEPS) for j in range(STEPS + 1)] for name, way in ways.items()}
        frames["unordered"] = [image(z, y) for z in others]
        for name, images in frames.items():
            found = [features(one) for one in images]
            steps = [np.linalg.norm(found[j + 1] - found[j]) for j in range(STEPS)]
            largest.setdefault(name, []).append(max(steps))
        random_steps += steps
        for name, way in ways.items():
            speeds = []
            for j in range(STEPS):
                t = (j + shift) / STEPS * (1 - EPSILON)
                moved = features(way(t + EPSILON)) - features(way(t))
                speeds.append(np.sum(moved**2) / EPSILON**2)
            squared.setdefault(name, []).append(np.mean(speeds))
    unit = np.mean(random_steps)
    return {
        **{f"{name} largest step": 100 * np.mean(v) / unit for name, v in largest.items()},
        **{f"{name} path length": np.mean(v) / unit**2 for name, v in squared.items()},
    }


def test_pixels_by_loops(tmp_path: Path) -> None:
    found = numbers(walked(source(), tmp_path))
    assert found == pytest.approx(by_loops(lambda image: image.astype(np.float64)), rel=5e-3)
    other = numbers(walked(source(), tmp_path, seed=1, label=2))
    assert other == pytest.approx(by_loops(lambda image: image.astype(float), 1, 2), rel=5e-3)


def test_features_of_the_discriminator_by_loops(tmp_path: Path) -> None:
    own = encoder()

    def features(image: np.ndarray) -> np.ndarray:
        pixels = torch.tensor(image.transpose(2, 0, 1)[None] * 2 - 1, dtype=torch.float32)
        with torch.inference_mode():
            maps = own.encoder.network(pixels)
        return nn.functional.adaptive_max_pool2d(maps, 2).numpy().astype(np.float64).ravel()

    found = numbers(walked(source(encoder=encoder()), tmp_path))
    assert found == pytest.approx(by_loops(features), rel=2e-2)
    assert found != pytest.approx(numbers(walked(source(), tmp_path)), rel=5e-2)


def test_an_even_walk_has_equal_steps_and_a_jump_one(tmp_path: Path) -> None:
    """The mix of pixels moves evenly: its steps are its length over their number."""
    result = walked(source(), tmp_path)
    steps = np.array(result.details["largest_step"]["pixel"]) * STEPS
    assert np.array(result.details["squared_speed"]["pixel"]) == pytest.approx(steps**2, rel=1e-2)

    class Jumping(Conditional):
        def forward(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return super().forward(torch.sign(z[:, :1]).expand(-1, 6), y)

    drawn = Generator(randomise(Jumping(), "walk"), generator().spec)
    found = walked(source(drawn=drawn), tmp_path, rows=40)
    named = numbers(found)
    # Two images are all that there is: half of the random samples, and of the ends, are alike.
    assert named["spherical largest step"] > 5 * named["pixel largest step"] / 2
    crossed = [step > 0 for step in found.details["largest_step"]["spherical"]]
    assert 0.2 < np.mean(crossed) < 0.8


def test_batch_norm_makes_no_sample_depend_on_another(tmp_path: Path) -> None:
    drawn = generator(norm=True)
    few = walked(source(drawn=drawn), tmp_path)
    more = walked(source(drawn=drawn), tmp_path, rows=ROWS + 3)
    for name, rows in few.exhibits.items():
        assert np.array_equal(more.exhibits[name][:ROWS], rows), name
    assert "uses the statistics of 128 random z" in few.notes[-1]
    # The frozen network draws what the batch of all 128 did.
    z, labels = drawn.latent(128, rng_for("walk", 0, "statistics")), np.arange(128) % 3
    frozen = of_z_alone(drawn, rng_for("walk", 0, "statistics")).sample_float(z, labels)
    assert np.allclose(frozen, drawn.sample_float(z, labels), atol=1e-5)


def test_exhibits_show_the_walk_and_the_training_images_beside(tmp_path: Path) -> None:
    result = walked(source(), tmp_path)
    assert {one.shape for one in result.exhibits.values()} == {(ROWS, STEPS + 1, 8, 8, 1)}
    ways = [result.exhibits[f"{name}_walk"] for name in ("spherical", "linear", "pixel")]
    for way in ways[1:]:
        assert np.array_equal(way[:, [0, -1]], ways[0][:, [0, -1]])
    nearest = result.exhibits["training_images_nearest_to_spherical_walk"]
    for shown, found in zip(ways[0].reshape(-1, 64), nearest.reshape(-1, 64), strict=True):
        distances = ((TRAIN.pixels.reshape(-1, 64) - shown.astype(float)) ** 2).sum(1)
        assert ((found - shown.astype(float)) ** 2).sum() <= distances.min() * 1.01


def test_the_same_bits_for_any_number_of_threads(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found.append(walked(source(encoder=encoder()), tmp_path).details)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


def test_the_encoder_is_part_of_what_a_record_is_of() -> None:
    plain, measured = source(), source(encoder=encoder())
    assert "encoder" not in plain.identity_values()
    assert measured.identity_values()["encoder"]["weights"] == encoder().weights
    assert len(measured.guard()) == 16


def test_what_cannot_be_walked_is_one_line(tmp_path: Path) -> None:
    def wrong(given: GeneratorSource, **values: Any) -> str:
        with pytest.raises((SettingsError, DataError)) as error:
            walked(given, tmp_path, **values)
        return str(error.value)

    assert "label 3; it takes 0 … 2" in wrong(source(), label=3)
    assert "set dataset or stored" in wrong(source(encoder=encoder("batch")))
    assert "give a network" in wrong(source(encoder=PixelRepresentation()))
    assert "protocol.steps: found 1" in wrong(source(), steps=1)
    other = Generator(nn.Linear(2, 9), GeneratorSpec(z_dim=2, image_shape=(1, 3, 3)))
    assert "samples are (3, 3, 1), images (8, 8, 1)" in wrong(source(drawn=other))
    plain = nn.Sequential(nn.Linear(2, 64), Dropout(0.5), nn.Sigmoid())
    spec = GeneratorSpec(z_dim=2, image_shape=(1, 8, 8), dropout=True, output_range=(0.0, 1.0))
    assert "keeps dropout" in wrong(source(drawn=Generator(plain, spec)))
    plain = nn.Sequential(nn.Linear(2, 64), nn.Sigmoid())
    spec = GeneratorSpec(z_dim=2, image_shape=(1, 8, 8), output_range=(0.0, 1.0))
    assert "label 0; it takes no labels" in wrong(source(drawn=Generator(plain, spec)), label=0)
    nn.init.zeros_(plain[0].weight)
    assert "all random samples are alike" in wrong(source(drawn=Generator(plain, spec)))


@pytest.mark.parametrize(
    ("encoder", "said"),
    [
        ({"kind": "pixels"}, "kind: pixels has no network; leave encoder out"),
        ({"kind": "checkpiont"}, "did you mean"),
        ({"kind": "checkpoint", "path": "d.safetensors", "ablate": ["each"]}, "ablate has no"),
        ({"kind": "network", "network": "svhn32", "seeds": 3}, "several files or seeds"),
        ("absent.safetensors", "absent.safetensors"),
    ],
)
def test_encoders_that_are_none_are_one_line(encoder: object, said: str) -> None:
    entry = {"kind": "generator", "path": "zoo/mnist_conditional.safetensors", "encoder": encoder}
    with pytest.raises(Exception, match="encoder") as error:
        read_subjects([entry], {})[0].make(0, Place())
    assert said in str(error.value) and "\n" not in str(error.value)


def test_samples_are_scored_without_an_encoder() -> None:
    with pytest.raises(SettingsError, match="encoder has no effect on samples; remove it"):
        source(encoder=encoder()).check(TRAIN, 10)


def test_a_generator_in_memory_is_walked(tmp_path: Path) -> None:
    plain = randomise(nn.Sequential(nn.Linear(2, 64), nn.Sigmoid()), "plain")
    spec = GeneratorSpec(z_dim=2, image_shape=(1, 8, 8), output_range=(0.0, 1.0))
    asked: dict[str, Any] = {"train": "digits", "test": "digits", "protocol": "walk", "rows": 3}
    results = evaluate(Generator(plain, spec), **asked, cache=tmp_path, progress=False)
    assert results[0].outcome.headline.label == "spherical largest step"
    again = evaluate(Generator(plain, spec), **asked, cache=tmp_path, progress=False)
    assert again[0].id == results[0].id and len(results[0].exhibits()) == 5
