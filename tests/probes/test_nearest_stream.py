"""Blocks, shards, threads and interruptions do not change the answer."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dcgan_eval.core import DataError
from dcgan_eval.probes import NearestNeighborScorer
from dcgan_eval.probes.nearest import Neighbors
from tests.make.neighbours import brute_force


def _same(left: Neighbors, right: Neighbors) -> None:
    for a, b in zip(left, right, strict=True):
        np.testing.assert_array_equal(a, b)


def _stream(seed: int, dtype: str, grid: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Queries and samples on a coarse grid, so that ties and repeats abound."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, grid, (9, 6)).astype(dtype), rng.integers(0, grid, (70, 6)).astype(dtype)


cuts = st.lists(st.integers(0, 70), max_size=6).map(lambda inner: [0, *sorted(inner), 70])


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from(["u1", "f4", "f8"]),
    grid=st.integers(1, 40),
    edges=cuts,
    block_rows=st.integers(1, 80),
    threads=st.integers(1, 3),
    data=st.data(),
)
def test_any_partition_order_shards_and_resumption(
    seed: int, dtype: str, grid: int, edges: list[int], block_rows: int, threads: int, data: Any
) -> None:
    queries, samples = _stream(seed, dtype, grid)
    ids = np.random.default_rng(seed).permutation(70)
    squared, nearest = brute_force(queries, samples, ids)
    expected = Neighbors(np.sqrt(squared), nearest, nearest % 3)

    def scorer() -> NearestNeighborScorer:
        return NearestNeighborScorer(queries, block_rows=block_rows, threads=threads)

    parts = [np.arange(a, b) for a, b in pairwise(edges)]
    parts = data.draw(st.permutations(parts))
    shards = [scorer(), scorer()]
    for part in parts:
        k = data.draw(st.integers(0, 1))
        shards[k].partial_fit(samples[part], ids[part] % 3, ids[part])
        if data.draw(st.booleans()):
            shards[k] = scorer().load_state_dict(_saved(shards[k].state_dict()))
    merged = shards[0].merge(shards[1])
    _same(merged.neighbors(), expected)
    assert merged.n_samples_seen_ == 70


def _saved(state: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Through a file and back, without pickles."""
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **state)
    stream.seek(0)
    with np.load(stream, allow_pickle=False) as arrays:
        return dict(arrays)


def test_neighbors_at_any_time_is_the_answer_for_the_prefix() -> None:
    queries, samples = _stream(5, "f4", 9)
    scorer = NearestNeighborScorer(queries)
    for stop in range(10, 71, 10):
        scorer.partial_fit(samples[stop - 10 : stop], np.zeros(10, int))
        _, nearest = brute_force(queries, samples[:stop], np.arange(stop))
        np.testing.assert_array_equal(scorer.neighbors().ids, nearest)


def test_own_numbering_goes_on_after_a_resumption() -> None:
    queries, samples = _stream(6, "f4", 30)
    whole = NearestNeighborScorer(queries).partial_fit(samples, np.arange(70))
    half = NearestNeighborScorer(queries).partial_fit(samples[:33], np.arange(33))
    rest = NearestNeighborScorer(queries).load_state_dict(half.state_dict())
    rest.partial_fit(samples[33:], np.arange(33, 70))
    _same(rest.neighbors(), whole.neighbors())


def test_a_state_is_a_copy() -> None:
    queries, samples = _stream(7, "f4", 30)
    scorer = NearestNeighborScorer(queries).partial_fit(samples[:20], np.zeros(20, int))
    state = scorer.state_dict()
    before = {name: array.copy() for name, array in state.items()}
    scorer.partial_fit(samples[20:], np.zeros(50, int))
    for name, array in before.items():
        np.testing.assert_array_equal(state[name], array)


def test_shards_that_number_themselves_are_refused() -> None:
    queries, samples = _stream(8, "f4", 30)
    left = NearestNeighborScorer(queries).partial_fit(samples, np.zeros(70, int))
    right = NearestNeighborScorer(queries).partial_fit(samples, np.zeros(70, int))
    with pytest.raises(DataError, match="numbered their samples from 0"):
        left.merge(right)


def test_states_of_other_queries_are_refused() -> None:
    queries, samples = _stream(9, "f4", 30)
    scorer = NearestNeighborScorer(queries).partial_fit(samples, np.zeros(70, int))
    other = NearestNeighborScorer(queries[::-1])
    with pytest.raises(DataError, match="other queries"):
        other.load_state_dict(scorer.state_dict())
    with pytest.raises(DataError, match="other queries"):
        other.merge(scorer)
