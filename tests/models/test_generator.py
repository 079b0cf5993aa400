"""Generators: what they are given is checked, what they give is in range."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from dcgan_eval.core import CheckpointError, DataError, SettingsError, build, rng_for
from dcgan_eval.models import Generator, GeneratorSpec, load_family, write_sample_sheet
from tests.make.networks import randomise


def spec(**values: Any) -> GeneratorSpec:
    return GeneratorSpec(**{"z_dim": 4, "image_shape": (1, 2, 2), **values})


class Fixed(nn.Module):
    """Gives what it is given: the first four numbers of z are the pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return z[:, :4] * self.scale


def conditional() -> Generator:
    pair = load_family("mnist_conditional", {"width": 4, "dense": 16, "z_dim": 6}).pair()
    return Generator(randomise(pair.generator.module, "conditional"), pair.generator.takes)


def test_pixels_are_rounded_from_the_output_range() -> None:
    z = np.array([[-1, 1, 0, 0.5]], np.float32)
    drawn = Generator(Fixed(), spec())
    np.testing.assert_array_equal(drawn.sample_float(z)[0, :, :, 0], [[0, 1], [0.5, 0.75]])
    np.testing.assert_array_equal(drawn.sample(z)[0, :, :, 0], [[0, 255], [128, 191]])
    unit = Generator(Fixed(), spec(output_range=(0.0, 1.0)))
    np.testing.assert_array_equal(unit.sample(np.abs(z))[0, :, :, 0], [[255, 255], [0, 128]])


def test_images_are_height_width_channels() -> None:
    drawn = Generator(Fixed(), spec(image_shape=(2, 1, 2)))
    z = np.array([[-1, -0.5, 0.5, 1]], np.float32)
    expected = [[[[0.0, 0.75], [0.25, 1.0]]]]
    np.testing.assert_array_equal(drawn.sample_float(z), expected)


def test_samples_out_of_range_are_refused() -> None:
    drawn = Generator(Fixed(), spec(output_range=(0.0, 1.0)))
    with pytest.raises(DataError, match=r"lie in \[-0.5, 1\], outside the output range \[0, 1\]"):
        drawn.sample(np.array([[0, 1, 0, -0.5]], np.float32))


def test_samples_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(DataError, match="NaN"):
        Generator(Fixed(), spec()).sample(np.full((1, 4), np.nan, np.float32))


@pytest.mark.parametrize(("kind", "low"), [("uniform", -1.0), ("normal", -np.inf)])
def test_z_has_its_distribution(kind: str, low: float) -> None:
    drawn = Generator(Fixed(), spec(z=kind))
    z = drawn.latent(20_000, rng_for("test"))
    assert z.shape == (20_000, 4)
    assert z.dtype == np.float32
    assert z.min() >= low
    assert float(z.mean()) == pytest.approx(0, abs=0.02)
    assert float(z.std()) == pytest.approx(1 if kind == "normal" else 3**-0.5, rel=0.02)
    np.testing.assert_array_equal(drawn.latent(20_000, rng_for("test")), z)


@pytest.mark.parametrize(
    ("z", "labels", "message"),
    [
        ((4, 5), range(4), r"z is \(4, 5\); this generator takes \(n, 6\)"),
        ((0, 6), range(0), r"z is \(0, 6\)"),
        ((6,), range(6), r"z is \(6,\)"),
        ((4, 6), None, r"takes labels 0 … 9"),
        ((4, 6), range(3), r"labels are \(3,\); expected \(4,\)"),
        ((4, 6), range(7, 11), "labels lie in 7 … 10"),
        ((4, 6), range(-1, 3), "labels lie in -1 … 2"),
        ((1, 6), range(1), "draw at least two"),
    ],
)
def test_input_that_it_does_not_take_is_refused(
    z: tuple[int, ...], labels: range | None, message: str
) -> None:
    given = None if labels is None else np.array(labels, np.int64)
    with pytest.raises(DataError, match=message):
        conditional().sample(np.zeros(z, np.float32), given)


def test_labels_given_in_vain_are_refused() -> None:
    with pytest.raises(DataError, match="takes no labels"):
        Generator(Fixed(), spec()).sample(np.zeros((2, 4), np.float32), np.zeros(2, np.int64))


def test_batch_statistics_make_a_sample_depend_on_its_batch_and_leave_no_trace() -> None:
    drawn = conditional()
    z, labels = drawn.latent(6, rng_for("test")), np.arange(6)
    whole = drawn.sample_float(z, labels)
    part = drawn.sample_float(z[:3], labels[:3])
    assert np.abs(whole[:3] - part).max() > 1e-3
    np.testing.assert_array_equal(drawn.sample_float(z, labels), whole)


def test_stored_statistics_make_samples_independent() -> None:
    drawn = load_family("dcgan8").pair().generator
    network = randomise(drawn.module, "stored")
    chosen = drawn.takes.model_copy(update={"batch_statistics": False})
    drawn = Generator(network, chosen)
    z = drawn.latent(6, rng_for("test"))
    np.testing.assert_allclose(drawn.sample_float(z)[:2], drawn.sample_float(z[:2]), atol=1e-5)


def test_the_label_decides_what_is_drawn() -> None:
    drawn = conditional()
    z = drawn.latent(4, rng_for("test"))
    one, other = (
        drawn.sample_float(z, np.array(labels)) for labels in ([0, 1, 2, 3], [0, 1, 2, 4])
    )
    assert np.abs(one[3] - other[3]).max() > 1e-3


def test_going_on_training_changes_nothing_here() -> None:
    network = Fixed().train()
    drawn = Generator(network, spec())
    before = drawn.sample(np.full((1, 4), 0.5, np.float32))
    with torch.no_grad():
        network.scale.zero_()
    assert network.training
    assert network.scale.requires_grad
    np.testing.assert_array_equal(drawn.sample(np.full((1, 4), 0.5, np.float32)), before)


def test_weights_that_are_no_numbers_are_refused() -> None:
    network = Fixed()
    with torch.no_grad():
        network.scale.fill_(float("nan"))
    with pytest.raises(CheckpointError, match="'scale' contain NaN"):
        Generator(network, spec())


@pytest.mark.parametrize(
    "values",
    [
        {"label": "one_hot"},
        {"n_classes": 10},
        {"output_range": [1.0, 0.0]},
        {"z": "gaussian"},
    ],
)
def test_specs_that_cannot_be_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        build(GeneratorSpec, {"image_shape": [1, 2, 2], **values})


def test_a_sheet_of_the_same_z_needs_classes(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="the same z in every row of a generator without class"):
        write_sample_sheet(tmp_path / "a.png", Generator(Fixed(), spec()), 2, 2, 0, 1, same_z=True)
    assert not (tmp_path / "a.png").exists()


def test_a_grid_is_stretched_only_when_asked(tmp_path: Path) -> None:
    """All of it by one factor about mid-grey, which is said in the file."""
    z_of_less_contrast = spec(output_range=(-4.0, 4.0))
    drawn = Generator(Fixed(), z_of_less_contrast)
    pictures = {}
    for stretch in (False, True):
        path = tmp_path / f"{stretch}.png"
        factor = write_sample_sheet(path, drawn, 6, 6, 0, 1, stretch=stretch)
        with Image.open(path) as picture:
            pictures[stretch] = np.asarray(picture).astype(float) - 127.5, picture.info, factor
    plain, said, factor = pictures[False]
    assert factor == 1 and not said
    more, said, factor = pictures[True]
    assert factor > 1.2
    assert said == {"Description": f"contrast stretched {factor:.2f} times about mid-grey"}
    np.testing.assert_allclose(more, (plain * factor).clip(-127.5, 127.5), atol=0.51)
    assert 0.97 < np.mean(np.abs(more) < 127.5) <= 1
