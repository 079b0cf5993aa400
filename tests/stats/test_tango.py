import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from dcgan_eval.stats import tango


def score(only_a, only_b, n, delta):
    """Score statistic with P(only A) from a numerical maximum of the likelihood under delta."""
    neither = n - only_a - only_b

    def minus_log_likelihood(q):
        terms = ((only_a, q), (only_b, q + delta), (neither, 1 - 2 * q - delta))
        return -sum(k * math.log(max(p, 1e-300)) for k, p in terms if k)

    low, high = max(0.0, -delta), (1 - delta) / 2
    q = minimize_scalar(
        minus_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-13}
    ).x
    return (only_b - only_a - n * delta) / math.sqrt(n * (2 * q + delta * (1 - delta)))


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 300))
def test_ends_are_where_the_score_test_turns(only_a, only_b, neither):
    n = only_a + only_b + neither
    assume(n > 0)
    low, high = tango(only_a, only_b, n)
    z = norm.ppf(0.975)
    assert low <= (only_b - only_a) / n <= high
    if low > -0.98:
        assert score(only_a, only_b, n, low) == pytest.approx(z, abs=1e-3)
    if high < 0.98:
        assert score(only_a, only_b, n, high) == pytest.approx(-z, abs=1e-3)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 300))
def test_swapping_turns_the_interval_round(only_a, only_b, neither):
    n = only_a + only_b + neither
    low, high = tango(only_a, only_b, n)
    assert tango(only_b, only_a, n) == pytest.approx((-high, -low), abs=1e-9)


def test_published_example():
    # Airway data of Bentur et al. 2009 in Fagerland, Lydersen & Laake 2014: -0.517 to -0.026.
    assert tango(7, 1, 21) == pytest.approx((-0.517, -0.026), abs=5e-4)


def test_without_disagreement_the_ends_have_a_closed_form():
    half = norm.ppf(0.975) ** 2 / (2001 + norm.ppf(0.975) ** 2)
    assert tango(0, 0, 2001) == pytest.approx((-half, half), rel=1e-9)


def test_all_disagree():
    low, high = tango(0, 10, 10)
    assert high == 1
    assert 0.3 < low < 0.6
