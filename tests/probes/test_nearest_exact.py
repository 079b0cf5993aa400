"""The nearest samples are those of a float64 brute force, also where float32 fails."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dcgan_eval.probes import NearestNeighborScorer
from tests.make.neighbours import CASES, brute_force, near_copies

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

# "cpu:0" is the CPU as a torch device: the path of GPUs.
DEVICES = ("cpu", "cpu:0")


@pytest.mark.parametrize("name", CASES)
def test_same_as_brute_force(name: str) -> None:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    queries, samples = CASES[name](rng)
    ids = rng.permutation(10 * len(samples))[: len(samples)]
    labels = ids % 7  # equal images carry different labels
    squared, nearest = brute_force(queries, samples, ids)
    for device in DEVICES:
        for block_rows in (70, 256, 4096):
            scorer = NearestNeighborScorer(queries, block_rows=block_rows, device=device)
            for part in np.array_split(np.arange(len(samples)), 3)[::-1]:
                scorer.partial_fit(samples[part], labels[part], ids[part])
            found = scorer.neighbors()
            where = f"device {device}, blocks of {block_rows}"
            np.testing.assert_array_equal(found.ids, nearest, err_msg=where)
            np.testing.assert_array_equal(found.labels, nearest % 7, err_msg=where)
            np.testing.assert_array_equal(found.distances, np.sqrt(squared), err_msg=where)


def test_every_block_size_of_a_small_stream() -> None:
    rng = np.random.default_rng(1)
    samples = np.repeat(rng.random((12, 9)).astype("f4"), 3, axis=0)
    queries = samples[::5] + np.float32(1e-4)
    ids = rng.permutation(len(samples))
    _, nearest = brute_force(queries, samples, ids)
    for block_rows in range(1, len(samples) + 2):
        scorer = NearestNeighborScorer(queries, block_rows=block_rows)
        found = scorer.partial_fit(samples, ids, ids).neighbors()
        np.testing.assert_array_equal(found.ids, nearest)


def _expanded(queries: NDArray[np.float32], samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared distances the usual way, in float32: |x|² − 2 x·y + |y|²."""
    own = np.sum(queries**2, axis=1)[:, None] + np.sum(samples**2, axis=1)
    return own - 2 * queries @ samples.T


@pytest.mark.parametrize(
    ("noise", "offset", "span"), [(0.001, 0.0, 1.0), (0.001, 100.0, 1.0), (1.0, 0.0, 255.0)]
)
def test_where_plain_float32_fails(noise: float, offset: float, span: float) -> None:
    queries, samples = near_copies(noise, "float32", offset, span)(np.random.default_rng(3))
    ids = np.arange(len(samples))
    _, nearest = brute_force(queries, samples, ids)
    assert np.mean(_expanded(queries, samples).argmin(axis=1) != nearest) > 0.05
    found = NearestNeighborScorer(queries).partial_fit(samples, ids).neighbors()
    np.testing.assert_array_equal(found.ids, nearest)


@pytest.mark.parametrize(("noise", "offset"), [(0.001, 0.0), (0.001, 100.0)])
def test_where_eight_candidates_are_too_few(noise: float, offset: float) -> None:
    queries, samples = near_copies(noise, "float32", offset)(np.random.default_rng(4))
    ids = np.arange(len(samples))
    _, nearest = brute_force(queries, samples, ids)
    eight = np.argpartition(_expanded(queries, samples), 8, axis=1)[:, :8]
    assert np.mean(~np.any(eight == nearest[:, None], axis=1)) > 0.05
    found = NearestNeighborScorer(queries).partial_fit(samples, ids).neighbors()
    np.testing.assert_array_equal(found.ids, nearest)


def test_equal_images_of_two_classes_go_to_the_lower_id() -> None:
    image = np.full((1, 784), 0.25, "f4")
    for order in ([0, 1], [1, 0]):
        for together in (True, False):
            scorer = NearestNeighborScorer(image)
            samples, ids = np.repeat(image, 2, axis=0), np.array([30, 20])[order]
            labels = np.array([3, 2])[order]
            if together:
                scorer.partial_fit(samples, labels, ids)
            else:
                for k in (0, 1):
                    scorer.partial_fit(samples[k : k + 1], labels[k : k + 1], ids[k : k + 1])
            assert scorer.neighbors().labels == [2]


def test_read_only_maps_and_views_are_read_as_they_are() -> None:
    rng = np.random.default_rng(5)
    wide = rng.random((300, 40)).astype("f4")
    samples, queries = wide[::2, ::2], wide[1:20:2, ::2].astype(">f4")
    samples.flags.writeable = queries.flags.writeable = False
    before = wide.copy()
    _, nearest = brute_force(queries, samples, np.arange(150))
    scorer = NearestNeighborScorer(queries).partial_fit(samples, np.zeros(150, int))
    np.testing.assert_array_equal(scorer.neighbors().ids, nearest)
    np.testing.assert_array_equal(wide, before)


def test_where_denormals_are_flushed_to_zero() -> None:
    rng = np.random.default_rng(6)
    queries = (1e-36 * (0.5 + rng.random((30, 784)))).astype("f4")
    samples = np.repeat(queries, 10, axis=0)
    samples += (1e-38 * (1.5 + rng.random(samples.shape))).astype("f4")
    ids = np.arange(len(samples))
    _, nearest = brute_force(queries, samples, ids)
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush denormals")
    try:
        found = NearestNeighborScorer(queries, block_rows=64).partial_fit(samples, ids).neighbors()
    finally:
        torch.set_flush_denormal(False)
    np.testing.assert_array_equal(found.ids, nearest)


def test_the_search_on_the_cpu_needs_no_torch() -> None:
    script = (
        "import sys, numpy as np; from dcgan_eval.probes import NearestNeighborScorer as S;"
        "S(np.eye(3)).partial_fit(np.eye(3), np.arange(3)); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
