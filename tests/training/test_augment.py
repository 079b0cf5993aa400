"""Augmentation against a hand's computation of each image, and that gradients pass."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from dcgan_eval.core import build
from dcgan_eval.training import Augment

IMAGES = torch.rand((60, 3, 8, 8), generator=torch.Generator().manual_seed(1)) * 2 - 1


def stream() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def augmented(images: torch.Tensor = IMAGES, **values: Any) -> torch.Tensor:
    return build(Augment, values).apply(images, stream())


def test_nothing_is_changed_unless_asked() -> None:
    assert augmented() is IMAGES


def test_half_of_the_images_are_mirrored() -> None:
    mirrored = torch.rand(60, generator=stream()) < 0.5
    assert 20 <= mirrored.sum() <= 40
    for image, found, turned in zip(IMAGES, augmented(flip=True), mirrored, strict=True):
        assert torch.equal(found, image[:, :, range(7, -1, -1)] if turned else image)


def test_shifted_images_repeat_their_edges() -> None:
    moves = torch.randint(-2, 3, (2, 60), generator=stream()).T.tolist()
    assert {step for move in moves for step in move} == {-2, -1, 0, 1, 2}
    padded = torch.nn.functional.pad(IMAGES, (2, 2, 2, 2), mode="replicate")
    for image, found, (down, right) in zip(padded, augmented(shift=2), moves, strict=True):
        assert torch.equal(found, image[:, 2 + down : 10 + down, 2 + right : 10 + right])


def test_colours_are_those_of_diffaugment() -> None:
    drawn = torch.rand((3, 60), generator=stream()).T.tolist()
    for image, found, (u, v, w) in zip(IMAGES, augmented(colour=0.5), drawn, strict=True):
        wanted = image + (u - 0.5)
        wanted = (wanted - wanted.mean(0)) * (v * 2) + wanted.mean(0)
        wanted = (wanted - wanted.mean()) * (w + 0.5) + wanted.mean()
        torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("side", [3, 4])
def test_a_square_is_cut_out_around_a_pixel(side: int) -> None:
    generator = stream()
    rows, columns = (torch.randint(8, (60,), generator=generator).tolist() for _ in range(2))
    assert set(rows) == set(columns) == set(range(8))
    found = augmented(cutout=side)
    for image, cut, row, column in zip(IMAGES, found, rows, columns, strict=True):
        wanted = image.clone()
        top, left = row - side // 2, column - side // 2
        wanted[:, max(top, 0) : top + side, max(left, 0) : left + side] = 0
        assert torch.equal(cut, wanted)


@pytest.mark.parametrize(
    "values", [{"flip": True}, {"shift": 2}, {"colour": 0.5}, {"cutout": 3}], ids=str
)
def test_gradients_pass_as_numerical_differences_say(values: dict[str, Any]) -> None:
    images = IMAGES[:2, :, :4, :4].double().requires_grad_()
    assert torch.autograd.gradcheck(lambda given: augmented(given, **values), images)
