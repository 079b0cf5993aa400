from __future__ import annotations

import pytest

from dcgan_eval.reporting.results.percent import (
    Better,
    difference_interval,
    metric_difference,
    metric_value,
    percent,
    share_of,
    value_interval,
)
from dcgan_eval.stats import Interval

INTERVAL = Interval(0.125, 0.25, 0.95, "m", "c", "g")


def test_shares_and_percents_are_each_others_inverse() -> None:
    assert percent(0.125) == 12.5 and share_of(12.5) == 0.125


def test_an_accuracy_rises_as_the_error_falls() -> None:
    assert metric_value(0.25, "low") == 25.0 and metric_value(0.25, "high") == 75.0
    assert metric_difference(0.25, "low") == 25.0 and metric_difference(0.25, "high") == -25.0
    assert str(metric_difference(0.0, "high")) == "0.0"


@pytest.mark.parametrize(("better", "ends"), [("low", (12.5, 25.0)), ("high", (75.0, 87.5))])
def test_an_interval_has_its_ends_in_order(better: Better, ends: tuple[float, float]) -> None:
    found = value_interval(INTERVAL, better)
    assert (found.low, found.high) == ends
    assert (found.level, found.method, found.covers, found.given) == (0.95, "m", "c", "g")


@pytest.mark.parametrize(("better", "ends"), [("low", (12.5, 25.0)), ("high", (-25.0, -12.5))])
def test_so_has_that_of_a_difference(better: Better, ends: tuple[float, float]) -> None:
    found = difference_interval(INTERVAL, better)
    assert (found.low, found.high) == ends
