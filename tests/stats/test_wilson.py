import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from dcgan_eval.stats import wilson


@pytest.mark.slow
@given(st.integers(1, 30_000), st.data(), st.sampled_from([0.9, 0.95, 0.99]))
def test_agrees_with_statsmodels_and_scipy(n, data, level):
    k = data.draw(st.integers(0, n))
    got = wilson(k / n, n, level)
    theirs = proportion_confint(k, n, alpha=1 - level, method="wilson")
    ci = binomtest(k, n).proportion_ci(level, method="wilson")
    assert got == pytest.approx(theirs, abs=1e-12)
    assert got == pytest.approx((ci.low, ci.high), abs=1e-12)


def test_no_error_has_an_upper_end():
    low, high = wilson(0.0, 2001)
    assert low == 0
    assert 0.001 < high < 0.003
    assert wilson(1.0, 2001) == pytest.approx((1 - high, 1.0), abs=1e-15)
