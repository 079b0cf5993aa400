"""Real images: whole numbers decide, and their float copies say the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan_eval.data import load_images
from dcgan_eval.probes import NearestNeighborScorer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def digits(data_root: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]]:
    if not (data_root / "mnist").is_dir():
        pytest.skip("no MNIST among the real data sets")
    test = load_images("mnist", "test", roots=[data_root])
    pixels = test.images(0, len(test)).reshape(len(test), -1)
    return pixels[:60], pixels[60:3000], test.y[60:3000]


def _by_integers(queries: NDArray[np.uint8], samples: NDArray[np.uint8]) -> NDArray[np.intp]:
    wide = samples.astype(np.int32)
    return np.array([np.square(wide - query).sum(axis=1).argmin() for query in queries])


def test_neighbours_of_digits(
    digits: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]],
) -> None:
    queries, samples, labels = digits
    samples, labels = np.tile(samples, (2, 1)), np.tile(labels, 2)  # every image twice
    nearest = _by_integers(queries, samples)
    assert nearest.max() < len(samples) // 2
    found = NearestNeighborScorer(queries, block_rows=500).partial_fit(samples, labels).neighbors()
    np.testing.assert_array_equal(found.ids, nearest)
    np.testing.assert_array_equal(found.labels, labels[nearest])
    exact = np.square(queries.astype(np.int64) - samples[nearest]).sum(axis=1)
    np.testing.assert_array_equal(found.distances, np.sqrt(exact))
