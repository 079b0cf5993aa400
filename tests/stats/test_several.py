import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from dcgan_eval.stats import bold_rows, holm, holm_matrix

NAN = float("nan")


@pytest.mark.slow
@settings(max_examples=15)  # statsmodels takes 0.1 s a call
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_agrees_with_statsmodels(p):
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)


def test_a_pair_that_never_disagrees_counts_and_stays_without_p():
    adjusted = holm([0.01, NAN, 0.04])
    assert adjusted[[0, 2]] == pytest.approx([0.03, 0.08])
    assert np.isnan(adjusted[1])


def matrix(rows, pairs):
    p = np.full((rows, rows), NAN)
    for (i, j), value in pairs.items():
        p[i, j] = p[j, i] = value
    return p


def test_holm_matrix_goes_over_pairs_not_cells():
    p = matrix(3, {(0, 1): 0.01, (0, 2): 0.02, (1, 2): 0.5})
    adjusted = holm_matrix(p)
    assert adjusted[0, 1] == adjusted[1, 0] == pytest.approx(0.03)
    assert adjusted[0, 2] == pytest.approx(0.04)
    assert np.isnan(np.diag(adjusted)).all()


def test_bold_is_the_best_and_what_is_not_worse():
    p = matrix(3, {(0, 1): 0.5, (0, 2): 0.001, (1, 2): 0.001})
    assert bold_rows([19.0, 19.4, 30.0], p, "low").tolist() == [True, True, False]
    assert bold_rows([81.0, 80.6, 70.0], p, "high").tolist() == [True, True, False]
    assert bold_rows([19.0, 19.4, 30.0], p, "high").tolist() == [False, False, True]


def test_no_bold_where_all_would_be():
    p = matrix(3, {(0, 1): 0.5, (0, 2): 0.04, (1, 2): 0.3})  # 0.04 is 0.12 after Holm
    assert not bold_rows([19.0, 19.4, 21.0], p, "low").any()
    assert bold_rows([19.0], matrix(1, {}), "low").tolist() == [False]
    assert bold_rows([], matrix(0, {}), "low").tolist() == []


def test_rows_that_never_disagree_are_bold_together():
    p = matrix(3, {(0, 2): 1e-6, (1, 2): 1e-6})
    assert bold_rows([5.0, 5.0, 9.0], p, "low").tolist() == [True, True, False]


@pytest.mark.slow
@given(st.permutations(range(5)), st.integers(0, 1000))
def test_bold_does_not_depend_on_the_order_of_rows(order, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 3, size=5) / 10
    p = rng.random((5, 5)) ** 6
    p = np.triu(p, 1) + np.triu(p, 1).T
    there = bold_rows(values, p, "low")[list(order)]
    assert (bold_rows(values[list(order)], p[np.ix_(order, order)], "low") == there).all()
