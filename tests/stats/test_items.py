import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from dcgan_eval.core import DataError
from dcgan_eval.stats import group_codes, item_mean, t_pvalue

values = arrays(np.float64, st.integers(2, 30), elements=st.sampled_from([-1.0, 0.0, 1.0]))


@given(values, st.data())
def test_grouped_z_is_the_formula(x, data):
    groups = data.draw(arrays(np.int64, x.size, elements=st.integers(0, 4)))
    groups[0], groups[-1] = 8, 9
    m, ids = x.mean(), np.unique(groups)
    squares = sum((x[groups == g].sum() - (groups == g).sum() * m) ** 2 for g in ids)
    got = item_mean(x, group_codes(groups, x.size))
    if squares < 1e-20:
        assert got.variance < 1e-20
        return
    z = x.sum() / math.sqrt(len(ids) / (len(ids) - 1) * squares)
    assert t_pvalue(got) == pytest.approx(2 * norm.sf(abs(z)), rel=1e-9)
    assert math.isinf(got.df)


def test_groups_part_finds_what_items_of_a_group_share():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(4000), 3)
    x = rng.normal(size=4000)[groups] * 0.3 + rng.normal(size=12000) * 0.4
    parts = {p.name: p for p in item_mean(x, group_codes(groups, x.size)).parts}
    assert parts["groups"].component == pytest.approx(0.09, rel=0.05)
    assert parts["items"].component == pytest.approx(0.25, rel=0.05)


def test_group_names_may_be_anything():
    numbers = np.array([3, 3, 9, 9, 9, 1])
    names = np.array(["b", "b", "c", "c", "c", "a"])
    assert (group_codes(numbers, 6) == group_codes(names, 6)).all()


def test_wrong_groups_are_refused():
    with pytest.raises(DataError, match="one group id an item"):
        group_codes(np.zeros(3), 4)
    with pytest.raises(DataError, match="of one group"):
        group_codes(np.zeros(4), 4)
