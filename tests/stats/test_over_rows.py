import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binom, ttest_rel

from dcgan_eval.stats import authors_spread, draw_tests


def test_authors_spread_divides_by_n():
    x = [0.22, 0.25, 0.19, 0.24]
    m = sum(x) / 4
    assert authors_spread(x) == pytest.approx(1.96 * (sum((v - m) ** 2 for v in x) / 4) ** 0.5)
    assert authors_spread([0.3]) == 0


def test_t_is_scipys_paired_t():
    rng = np.random.default_rng(0)
    a, b = rng.random(12), rng.random(12)
    assert draw_tests(b - a).t_p == pytest.approx(ttest_rel(b, a).pvalue)


@given(arrays(np.float64, st.integers(1, 25), elements=st.sampled_from([-0.5, 0.0, 0.25])))
def test_sign_test_leaves_ties_out(x):
    up, down = int((x > 0).sum()), int((x < 0).sum())
    got = draw_tests(x)
    assert (got.sign_wins_a, got.sign_wins_b) == (up, down)
    if up + down == 0:
        assert got.sign_p is None
    else:
        tail = binom.cdf(min(up, down), up + down, 0.5)
        assert got.sign_p == pytest.approx(min(1.0, 2 * tail))


def test_constant_differences_have_no_t():
    assert draw_tests(np.zeros(5)).t_p is None
    assert draw_tests(np.full(5, 0.25)).t_p is None
    assert draw_tests(np.array([0.3])).t_p is None
