"""Sets on which a nearest-neighbour search goes wrong, and the search that cannot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Pair = tuple[NDArray[np.generic], NDArray[np.generic]]
COLUMNS = 784


def brute_force(
    queries: NDArray[np.generic], samples: NDArray[np.generic], ids: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Squared distances and ids by direct float64 differences; ties to the lowest id."""
    order = np.argsort(ids)
    ordered = samples[order].astype(np.float64)
    squared, nearest = [], []
    for query in queries.astype(np.float64):
        distances = np.sum((query - ordered) ** 2, axis=1)
        position = int(distances.argmin())
        squared.append(distances[position])
        nearest.append(ids[order][position])
    return np.array(squared), np.array(nearest)


def near_copies(
    noise: float, dtype: str = "float32", offset: float = 0.0, span: float = 1.0
) -> Callable[[np.random.Generator], Pair]:
    """20 noisy copies of each query, the case on which a fixed number of candidates fails."""

    def make(rng: np.random.Generator) -> Pair:
        queries = rng.random((40, COLUMNS)) * span
        samples = np.repeat(queries, 20, axis=0)
        samples = samples + noise * rng.standard_normal(samples.shape)
        return (queries + offset).astype(dtype), (samples + offset).astype(dtype)

    return make


def _collapsed(rng: np.random.Generator, modes: int, noise: float) -> Pair:
    centers = rng.random((modes, COLUMNS))
    samples = centers[rng.integers(0, modes, 1200)]
    samples = samples + noise * rng.standard_normal(samples.shape)
    return rng.random((40, COLUMNS)).astype("f4"), samples.astype("f4")


def _wild(rng: np.random.Generator) -> Pair:
    """Samples of all sizes that float32 has, among them a tight cluster far away."""
    sizes = 10.0 ** rng.integers(-30, 37, (900, 1))
    samples = rng.standard_normal((900, COLUMNS)) * sizes
    samples[:100] = 1e30 * (1.0 + 1e-6 * rng.standard_normal((100, COLUMNS)))
    return rng.random((40, COLUMNS)).astype("f4"), samples.astype("f4")


def _permutations(rng: np.random.Generator) -> Pair:
    """All samples at one distance up to rounding: float64's own rounding decides."""
    samples = np.array([rng.permutation(33) for _ in range(600)]) / 7
    return np.full((8, 33), 0.5, "f4"), samples.astype("f4")


CASES: dict[str, Callable[[np.random.Generator], Pair]] = {
    "noise 0.02": near_copies(0.02),
    "noise 0.001": near_copies(0.001),
    "noise 0.00001": near_copies(1e-5),
    "0 to 255, noise 1": near_copies(1.0, span=255.0),
    "offset 100": near_copies(0.001, offset=100.0),
    "offset 10000": near_copies(0.02, offset=1e4),
    "float64, offset a million": near_copies(1e-9, "float64", offset=1e6),
    "float16": near_copies(0.001, "float16"),
    "uint8": lambda rng: (
        rng.integers(0, 256, (40, COLUMNS), "u1"),
        rng.integers(0, 256, (1200, COLUMNS), "u1"),
    ),
    "uint8, two grey values": lambda rng: (
        rng.integers(7, 9, (60, 20), "u1"),
        rng.integers(7, 9, (1200, 20), "u1"),
    ),
    "identical points": lambda rng: (
        rng.random((40, COLUMNS)).astype("f4"),
        np.repeat(rng.random((3, COLUMNS)).astype("f4"), 300, axis=0),
    ),
    "samples are the queries": lambda rng: (lambda x: (x, np.tile(x, (20, 1))))(
        rng.random((40, COLUMNS)).astype("f4")
    ),
    "all zero": lambda rng: (np.zeros((10, COLUMNS), "f4"), np.zeros((900, COLUMNS), "f4")),
    "zeros of both signs": lambda rng: (
        np.ones((10, 50), "f4"),
        np.where(rng.random((900, 50)) < 0.5, -0.0, 0.0).astype("f4"),
    ),
    "denormals": lambda rng: (
        (rng.random((30, COLUMNS)) * 1e-40).astype("f4"),
        (rng.random((900, COLUMNS)) * 1e-40).astype("f4"),
    ),
    "denormal samples": lambda rng: (
        rng.random((30, COLUMNS)).astype("f4"),
        (rng.random((900, COLUMNS)) * 1e-40).astype("f4"),
    ),
    "squares that underflow": lambda rng: (
        rng.random((30, 50)) * 1e-170,
        rng.random((900, 50)) * 1e-170,
    ),
    "one mode": lambda rng: _collapsed(rng, 1, 1e-6),
    "ten modes": lambda rng: _collapsed(rng, 10, 1e-4),
    "all sizes": _wild,
    "permutations": _permutations,
    "one column": lambda rng: (
        rng.integers(0, 50, (40, 1)).astype("f8"),
        rng.integers(0, 50, (900, 1)) + 0.5,
    ),
    "one query": lambda rng: (
        rng.random((1, 129)).astype("f4"),
        rng.random((900, 129)).astype("f4"),
    ),
}
