"""What is wrong with the input is said in one line, and nothing is counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dcgan_eval.core import DataError, SettingsError
from dcgan_eval.probes import NearestNeighborScorer

QUERIES = np.linspace(0, 1, 40, dtype="f4").reshape(4, 10)
LABELS = np.zeros(6, int)


def _samples(**changes: Any) -> Any:
    samples = np.ones((6, 10), "f4")
    for value in changes.values():
        samples[3, 2] = samples[4, 2] = value
    return samples


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_first_bad_sample_is_named(value: float) -> None:
    scorer = NearestNeighborScorer(QUERIES)
    with pytest.raises(DataError, match=r"sample 103 has a value that is not finite"):
        scorer.partial_fit(_samples(bad=value), LABELS, np.arange(100, 106))
    assert scorer.n_samples_seen_ == 0


def test_values_beyond_the_bound_are_refused() -> None:
    samples = _samples(bad=1.0).astype("f8")
    samples[5] = 1e100
    with pytest.raises(DataError, match=r"sample 5 .* beyond 2\^300"):
        NearestNeighborScorer(QUERIES).partial_fit(samples, LABELS)


@pytest.mark.parametrize(
    ("samples", "labels", "ids", "message"),
    [
        (np.ones((6, 9), "f4"), LABELS, None, "samples have 9 columns, the queries 10"),
        (np.ones((6, 5, 2), "f4"), LABELS, None, "samples have 3 dimensions, 2 are needed"),
        (np.ones((6, 10), "i4"), LABELS, None, "samples are int32, uint8 or a float dtype"),
        (np.ones((6, 10), "u1"), LABELS, None, "samples are uint8, the queries float32"),
        (np.ones((6, 10), "f4"), LABELS[:5], None, r"labels are int64 of shape \(5,\)"),
        (np.ones((6, 10), "f4"), LABELS + 0.5, None, "labels are float64"),
        (np.ones((6, 10), "f4"), LABELS, [[1]], r"ids are int64 of shape \(1, 1\)"),
        (np.ones((6, 10), "f4"), LABELS, LABELS - 1, "ids go down to -1"),
    ],
)
def test_samples_that_do_not_fit(samples: Any, labels: Any, ids: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as raised:
        NearestNeighborScorer(QUERIES).partial_fit(samples, labels, ids)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (np.ones((0, 10), "f4"), r"queries have shape \(0, 10\)"),
        (np.array([[0.0, 1.0], [np.nan, 1.0]]), "query 1 has a value that is not finite"),
        (np.ones(10), "queries have 1 dimensions"),
        (np.ones((1, 2**18 + 1), "u1"), "262,145 columns"),
    ],
)
def test_queries_that_cannot_be_searched(queries: Any, message: str) -> None:
    scorer = NearestNeighborScorer(queries)
    with pytest.raises(DataError, match=message):
        scorer.partial_fit(np.ones((6, 10), "f4"), LABELS)


def test_neighbors_before_samples() -> None:
    scorer = NearestNeighborScorer(QUERIES)
    with pytest.raises(DataError, match="call partial_fit first"):
        scorer.neighbors()
    scorer.partial_fit(np.ones((0, 10), "f4"), np.zeros(0, int))
    with pytest.raises(DataError, match="call partial_fit first"):
        scorer.neighbors()


@pytest.mark.parametrize("settings", [{"block_rows": 0}, {"threads": 0}])
def test_sizes_must_be_positive(settings: Any) -> None:
    with pytest.raises(SettingsError, match="at least 1"):
        NearestNeighborScorer(QUERIES, **settings).state_dict()


def test_a_device_that_is_not_there() -> None:
    with pytest.raises(SettingsError, match="device 'nonsense' cannot be used"):
        NearestNeighborScorer(QUERIES, device="nonsense").state_dict()


def test_lower_precision_products_are_refused_on_a_device() -> None:
    import torch

    torch.set_float32_matmul_precision("high")
    try:
        with pytest.raises(SettingsError, match="full float32"):
            NearestNeighborScorer(QUERIES, device="cpu:0").partial_fit(_samples(), LABELS)
    finally:
        torch.set_float32_matmul_precision("highest")
