"""Weighted nearest neighbours against brute force in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dcgan_eval.core import SettingsError, Silent
from dcgan_eval.probes import Evaluation, Fits, read_probe
from dcgan_eval.probes.kinds import knn

KS = [1.0, 3.0, 8.0, 20.0]


def clouds(n: int, d: int, n_classes: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(1)
    y = rng.integers(0, n_classes, n)
    X = rng.normal(size=(n, d)) * 1.5 + rng.normal(size=(n_classes, d))[y]
    return X.astype(np.float32), y


def predict(X: Any, y: Any, subsets: Any, evaluations: Any, values: Any = KS, **keys: Any) -> Any:
    probe = read_probe({"kind": "knn", **keys})
    fits = Fits(X, y, values, subsets, evaluations)
    return probe.predict_path(fits, device="cpu", progress=Silent()).predictions


def by_hand(X: Any, y: Any, rows: Any, queries: Any, k: int, temperature: float) -> list[int]:
    """One query, one neighbour, one vote after another."""
    found = []
    for query in queries.astype(np.float64):
        similar = []
        for row in rows:
            x = X[row].astype(np.float64)
            lengths = np.sqrt((x * x).sum()) * np.sqrt((query * query).sum())
            similar.append((-(x @ query) / lengths if lengths else 0.0, row))
        votes = dict.fromkeys(range(int(y.max()) + 1), 0.0)
        for negative, row in sorted(similar)[:k]:
            votes[int(y[row])] += np.exp(-negative / temperature)
        found.append(max(votes, key=lambda label: votes[label]))
    return found


@pytest.mark.parametrize("temperature", [0.07, 1.0])
def test_votes_as_by_hand(temperature: float) -> None:
    X, y = clouds(90, 7, 4)
    X[5] = 0
    subsets = [np.arange(0, 90, 2), np.arange(30, 90)]
    queries = clouds(40, 7, 4)[0][::-1].copy()
    found = predict(X, y, subsets, [Evaluation(queries)], temperature=temperature)[0]
    for number, rows in enumerate(subsets):
        for at, k in enumerate(KS):
            wanted = by_hand(X, y, rows, queries, int(k), temperature)
            np.testing.assert_array_equal(found[number, at], wanted)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    n=st.integers(1, 60),
    k=st.integers(1, 60),
    rows=st.integers(1, 13),
    similarities=st.integers(1, 300),
)
def test_neighbours_are_exact_for_all_block_sizes(
    seed: int, n: int, k: int, rows: int, similarities: int
) -> None:
    """Vectors on a small grid of directions tie often; the lowest position must win."""
    rng = np.random.default_rng(seed)
    X = np.eye(4, dtype=np.float32)[rng.integers(0, 4, n)] * rng.integers(1, 3, (n, 1))
    queries = torch.eye(4)[rng.integers(0, 4, 5)]
    k = min(k, n)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(knn, "_block_rows", lambda columns: rows)
        patch.setattr(knn, "_SIMILARITIES", similarities)
        similar, where = knn.nearest(queries, X, np.arange(n), k)
    exact = queries.numpy() @ (X / np.linalg.norm(X, axis=1, keepdims=True)).T
    order = np.argsort(-exact, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(where.numpy(), order)
    np.testing.assert_array_equal(similar.numpy(), np.take_along_axis(exact, order, axis=1))


def test_length_does_not_count() -> None:
    X, y = clouds(90, 7, 4)
    rows = [np.arange(90)]
    longer = X * np.random.default_rng(2).uniform(1, 9, (90, 1)).astype(np.float32)
    queries = Evaluation(clouds(40, 7, 4)[0] + 0.5)
    one, other = predict(X, y, rows, [queries])[0], predict(longer, y, rows, [queries])[0]
    assert (one == other).mean() > 0.99


@pytest.mark.parametrize("k", [0.0, 2.5, 91.0])
def test_a_number_of_neighbours_that_cannot_be_had_is_refused(k: float) -> None:
    X, y = clouds(90, 7, 4)
    with pytest.raises(SettingsError, match="from 1 to the 90 fitted rows"):
        predict(X, y, [np.arange(90)], [Evaluation(X)], values=[k])


def test_the_grid_ends_where_the_rows_end() -> None:
    X, _ = clouds(90, 7, 4)
    probe = knn.KNNProbe()
    assert probe.auto_grid(X, np.arange(90)) == (5, 10, 20, 50)
    assert probe.auto_grid(X, np.arange(3)) == (1,)
    assert probe.extend((5.0, 10.0), True) == ()
    assert probe.extend((5.0, 10.0), False) == (1, 3)
    assert probe.extend((1.0, 3.0), False) == ()


def test_votes_are_no_decision_values() -> None:
    X, y = clouds(90, 7, 4)
    fits = Fits(X, y, [5.0], [np.arange(90)], [Evaluation(X)], n_classes=4, scored=1)
    assert read_probe("knn").predict_path(fits, device="cpu", progress=Silent()).scores == ()
