"""The bound of docs/nearest.md: never above the truth, and near enough to it to be of use."""

from __future__ import annotations

import numpy as np
import pytest

from dcgan_eval.probes.nearest import kernels
from dcgan_eval.probes.nearest.block import prepare_block
from dcgan_eval.probes.nearest.scorer import NearestNeighborScorer
from tests.make.neighbours import CASES

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", [name for name in CASES if name != "all sizes"])
def test_no_bound_is_above_the_truth(name: str) -> None:
    rng = np.random.default_rng(11)
    queries, samples = CASES[name](rng)
    scorer = NearestNeighborScorer(queries)
    scorer.state_dict()  # prepares the queries
    ready, frame = scorer._queries, scorer._frame
    samples = samples if samples.dtype != np.float16 else samples.astype(np.float32)
    count = len(samples)
    block = prepare_block(samples, np.arange(count), np.zeros(count, int), frame)
    products = ready.factors @ block.factors.T
    lower = np.float32(products + block.lower).astype(np.longdouble)
    x = (ready.rows.astype(np.longdouble) - frame.center) * frame.scale
    y = (block.rows.astype(np.longdouble) - frame.center) * frame.scale
    for r, pivot in enumerate(block.pivots):
        run = slice(block.starts[r], block.starts[r + 1])
        q = np.zeros(x.shape[1], np.longdouble) if pivot < 0 else y[pivot]
        w = y[run] - q
        truth = np.sum(w * w, axis=1) + 2 * w @ q - 2 * x @ w.T
        assert np.all(lower[:, run] <= truth)
        sizes = np.sqrt(np.sum(w * w, axis=1))
        scale = sizes * (np.sqrt(np.sum(x * x, axis=1))[:, None] + sizes + 2 * np.sqrt(q @ q))
        assert np.all(truth - lower[:, run] <= 3 * (x.shape[1] + 12) * 2.0**-24 * scale + 1e-25)


@pytest.mark.parametrize("columns", [1, 7, 8, 127, 128, 129, 784, 785, 3072, 12289])
@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
def test_distance_has_the_bits_of_numpy(columns: int, dtype: str) -> None:
    rng = np.random.default_rng(columns)
    x, y = (255 * rng.random((2, columns))).astype(dtype)
    plan = kernels.summation_plan(columns)
    ours = kernels.squared_distance(x, y, plan, np.empty(columns), np.empty(64))
    squares = ((x.astype("f8") - y.astype("f8")) ** 2)[None]
    assert ours == np.sum(squares, axis=1)[0]
