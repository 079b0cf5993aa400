from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.core import DataError
from dcgan_eval.data import load_images

Small = Callable[..., tuple[Path, np.ndarray, np.ndarray]]


def test_a_choice_of_a_choice(small: Small) -> None:
    root, train, _ = small()
    images = load_images("small", "train", roots=[root])
    rows = np.array([7, 3, 28, 3])
    chosen = images.take(rows).take(np.array([2, 0, 1]))
    assert np.array_equal(chosen.images(0, 3), train[[28, 7, 3]])
    assert chosen.y.tolist() == (np.array([28, 7, 3]) % 3).tolist() and len(chosen) == 3
    assert np.shares_memory(chosen.pixels, images.pixels)


def test_other_rows_another_fingerprint(small: Small) -> None:
    images = load_images("small", "train", roots=[small()[0]])
    a, b = images.take(np.array([0, 1])), images.take(np.array([1, 0]))
    assert len({images.fingerprint, a.fingerprint, b.fingerprint}) == 3
    direct = images.take(np.array([5, 6, 7])).take(np.array([0, 1]))
    assert direct.y.tolist() == images.take(np.array([5, 6])).y.tolist()


@pytest.mark.parametrize("row", [-1, 30])
def test_rows_outside(small: Small, row: int) -> None:
    images = load_images("small", "train", roots=[small()[0]])
    with pytest.raises(DataError, match="rows must lie in 0 … 29"):
        images.take(np.array([row]))
