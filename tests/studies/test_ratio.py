"""A ratio of means and its interval."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from dcgan_eval.records import Metric
from dcgan_eval.studies import ratio_metric


def ratio(values: np.ndarray, yardstick: np.ndarray, power: int = 1) -> Metric:
    return ratio_metric(
        "a", values, yardstick, power=power, unit="1", better="low", covers="rows", given=""
    )


def test_over_a_yardstick_that_does_not_vary_it_is_students_interval() -> None:
    values = np.random.default_rng(0).normal(5, 1, 12)
    found = ratio(values, np.full(12, 2.0), power=2)
    low, high = student.interval(0.95, 11, values.mean() / 4, values.std(ddof=1) / 4 / 12**0.5)
    assert found.interval is not None
    assert (found.value, found.interval.low, found.interval.high) == pytest.approx(
        (values.mean() / 4, low, high)
    )


def test_what_moves_with_the_yardstick_does_not_vary() -> None:
    yardstick = np.random.default_rng(0).uniform(1, 3, 20)
    found = ratio(3 * yardstick, yardstick)
    assert found.interval is not None
    assert found.value == pytest.approx(3)
    assert found.interval.high - found.interval.low == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("power", [1, 2])
def test_intervals_cover_what_they_say(power: int) -> None:
    rng = np.random.default_rng(power)
    inside = 0
    for _ in range(2000):
        size = rng.gamma(20, 0.1, 50)
        found = ratio(size**power * rng.gamma(4, 0.25, 50), rng.gamma(20, 0.1, 50) * 0.5, power)
        truth = 2.0**power * (1.05 if power == 2 else 1.0)
        assert found.interval is not None
        inside += found.interval.low <= truth <= found.interval.high
    assert 0.93 <= inside / 2000 <= 0.965
