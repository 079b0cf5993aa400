"""A generator that has collapsed costs no more than one that has not."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan_eval.probes import NearestNeighborScorer

from .nearest_cases import brute_force


def _seconds(queries: NDArray[np.float32], samples: NDArray[np.float32]) -> float:
    """Processor time: other work on the machine counts less than on the clock."""
    start = time.process_time()
    NearestNeighborScorer(queries).partial_fit(samples, np.zeros(len(samples), int))
    return time.process_time() - start


@pytest.fixture(scope="module")
def diverse() -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """Queries, samples of a generator that has not collapsed, and what they cost."""
    rng = np.random.default_rng(2)
    queries = rng.random((2000, 784), dtype=np.float32)
    samples = rng.random((6000, 784), dtype=np.float32)
    _seconds(queries[:50], samples[:50])  # compiles
    return queries, samples, min(_seconds(queries, samples) for _ in range(2))


@pytest.mark.parametrize(("modes", "noise"), [(1, 0.0), (10, 0.0), (1, 1e-6), (10, 1e-4)])
def test_collapsed_generator(
    diverse: tuple[NDArray[np.float32], NDArray[np.float32], float], modes: int, noise: float
) -> None:
    queries, samples, ordinary = diverse
    rng = np.random.default_rng(3)
    collapsed = samples[rng.integers(0, modes, len(samples))]
    collapsed += np.float32(noise) * rng.standard_normal(collapsed.shape, dtype=np.float32)
    assert min(_seconds(queries, collapsed) for _ in range(2)) < 2 * ordinary
    ids = np.arange(len(collapsed))
    found = NearestNeighborScorer(queries[:20]).partial_fit(collapsed, ids).neighbors()
    np.testing.assert_array_equal(found.ids, brute_force(queries[:20], collapsed, ids)[1])
