import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dcgan_eval.core import DataError
from dcgan_eval.stats import two_methods

fractions = st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0])


@st.composite
def seed_rows(draw):
    n = draw(st.integers(2, 10))
    s_a, s_b = draw(st.integers(3, 5)), draw(st.integers(3, 5))
    return tuple(draw(arrays(np.float64, (s, n), elements=fractions)) for s in (s_a, s_b))


def parts_by_loops(x):
    s, n = x.shape
    m = x.mean()
    s2 = sum((x[i].mean() - m) ** 2 for i in range(s)) / (s - 1)
    e2 = sum((x[i, j] - x[i].mean() - x[:, j].mean() + m) ** 2 for i in range(s) for j in range(n))
    return s2 / s, e2 / ((s - 1) * (n - 1)) / (s * n)


@given(seed_rows())
def test_variance_and_welch_df_are_those_of_a_plain_loop(pair):
    a, b = pair
    n = a.shape[1]
    of_a, e_a = parts_by_loops(a)
    of_b, e_b = parts_by_loops(b)
    columns = [b[:, j].mean() - a[:, j].mean() for j in range(n)]
    m = sum(columns) / n
    of_i = sum((c - m) ** 2 for c in columns) / (n - 1) / n
    v = max(of_a, of_b, of_i, of_a + of_b + of_i - e_a - e_b)
    got = two_methods(a, b)
    assert got.mean == pytest.approx(m, abs=1e-12)
    assert got.variance == pytest.approx(v, rel=1e-9, abs=1e-15)
    if v > 1e-12:
        below = of_a**2 / (len(a) - 1) + of_b**2 / (len(b) - 1) + of_i**2 / (n - 1)
        below += e_a**2 / ((len(a) - 1) * (n - 1)) + e_b**2 / ((len(b) - 1) * (n - 1))
        assert got.df == pytest.approx(v * v / below, rel=1e-9)
        if v > max(of_a, of_b, of_i):
            assert sum(part.share for part in got.parts) == pytest.approx(v, rel=1e-9)


@given(seed_rows())
def test_swapping_the_methods_turns_the_sign(pair):
    there, back = two_methods(*pair), two_methods(*pair[::-1])
    assert back.mean == -there.mean
    assert back.variance == pytest.approx(there.variance, rel=1e-12, abs=1e-18)


def test_without_item_and_interaction_it_is_welch():
    from scipy.stats import ttest_ind

    rates_a, rates_b = np.array([0.2, 0.25, 0.3]), np.array([0.3, 0.31, 0.36, 0.5])
    # Every item of a seed has the seed's rate: only seeds vary.
    a, b = (np.repeat(r[:, None], 50, axis=1) for r in (rates_a, rates_b))
    got = two_methods(a, b)
    welch = ttest_ind(rates_b, rates_a, equal_var=False)
    assert got.mean / np.sqrt(got.variance) == pytest.approx(welch.statistic)
    assert got.df == pytest.approx(welch.df)


def test_two_seeds_are_refused():
    with pytest.raises(DataError, match="at least 3 training seeds"):
        two_methods(np.zeros((2, 9)), np.zeros((5, 9)))
