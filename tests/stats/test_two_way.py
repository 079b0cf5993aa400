import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from threadpoolctl import threadpool_limits

from dcgan_eval.core import DataError
from dcgan_eval.stats import group_codes, item_mean, two_way

shapes = st.tuples(st.integers(2, 6), st.integers(2, 12))
differences = shapes.flatmap(lambda s: arrays(np.int8, s, elements=st.integers(-1, 1)))


def by_loops(x, groups=None):
    """STATISTICS.md, section 2, cell by cell."""
    d, n = x.shape
    m = sum(float(v) for v in x.ravel()) / (d * n)
    rows = [sum(float(v) for v in x[i]) / n for i in range(d)]
    columns = [sum(float(v) for v in x[:, j]) / d for j in range(n)]
    s_d2 = sum((r - m) ** 2 for r in rows) / (d - 1)
    s_i2 = sum((c - m) ** 2 for c in columns) / (n - 1)
    s_e2 = sum((x[i, j] - rows[i] - columns[j] + m) ** 2 for i in range(d) for j in range(n))
    s_e2 /= (d - 1) * (n - 1)
    of_items, df_items = s_i2 / n, n - 1
    if groups is not None:
        ids = sorted(set(groups))
        g = len(ids)
        sums = [sum(columns[j] - m for j in range(n) if groups[j] == i) for i in ids]
        of_items, df_items = g / (g - 1) * sum(s * s for s in sums) / n**2, g - 1
    v = max(s_d2 / d, of_items, s_d2 / d + of_items - s_e2 / (d * n))
    below = (s_d2 / d) ** 2 / (d - 1) + of_items**2 / df_items
    below += (s_e2 / (d * n)) ** 2 / ((d - 1) * (n - 1))
    return m, v, (v * v / below if v > 0 else None), (s_d2, s_i2, s_e2)


@pytest.mark.slow
@given(differences)
def test_variance_and_df_are_those_of_a_plain_loop(x):
    m, v, df, (s_d2, s_i2, s_e2) = by_loops(x)
    got = two_way(x)
    assert got.mean == pytest.approx(m, abs=1e-14)
    assert got.variance == pytest.approx(v, rel=1e-9, abs=1e-15)
    if v > 1e-12:
        assert got.df == pytest.approx(df, rel=1e-9)
    parts = {part.name: part for part in got.parts}
    assert parts["items"].component == pytest.approx(s_i2 - s_e2 / len(x), abs=1e-12)
    assert parts["draws"].component == pytest.approx(s_d2 - s_e2 / x.shape[1], abs=1e-12)
    assert parts["draw x item"].component == pytest.approx(s_e2, abs=1e-12)
    shares = sum(part.share for part in got.parts)
    assert got.variance >= shares - 1e-15


@pytest.mark.slow
@given(differences, st.data())
def test_groups_are_those_of_a_plain_loop(x, data):
    n = x.shape[1]
    groups = data.draw(arrays(np.int64, n, elements=st.integers(-2, 3)))
    groups[:2] = (7, 8)
    m, v, df, _ = by_loops(x, groups.tolist())
    got = two_way(x, group_codes(groups, n))
    assert got.mean == pytest.approx(m, abs=1e-14)
    assert got.variance == pytest.approx(v, rel=1e-9, abs=1e-15)
    if v > 1e-12:
        assert got.df == pytest.approx(df, rel=1e-9)


@pytest.mark.slow
@given(differences)
def test_groups_of_one_item_are_no_groups(x):
    alone = two_way(x)
    got = two_way(x, group_codes(np.arange(x.shape[1])[::-1], x.shape[1]))
    assert got.variance == pytest.approx(alone.variance, rel=1e-12)
    assert got.df == pytest.approx(alone.df, rel=1e-9)


@pytest.mark.slow
@given(differences, st.randoms(use_true_random=False))
def test_order_of_draws_and_items_changes_nothing(x, random):
    rows, columns = list(range(x.shape[0])), list(range(x.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    a, b = two_way(x), two_way(x[rows][:, columns])
    assert (b.mean, b.variance) == pytest.approx((a.mean, a.variance), rel=1e-9, abs=1e-15)


@pytest.mark.slow
@given(differences)
def test_other_sign_is_the_same_variance(x):
    a, b = two_way(x), two_way(-x)
    assert b.mean == -a.mean
    assert b.variance == pytest.approx(a.variance, rel=1e-12)


def test_dtype_does_not_matter():
    x = np.random.default_rng(0).random((5, 40)) < 0.3
    for dtype in (np.uint8, np.int64, np.float32, np.float64):
        assert two_way(x.astype(dtype)) == two_way(x)


def test_no_variation_is_zero_variance():
    assert two_way(np.zeros((4, 9), np.int8)).variance == 0
    assert two_way(np.ones((4, 9), np.int8)).variance == 0


def test_one_draw_is_refused():
    with pytest.raises(DataError, match="at least 2 draws"):
        two_way(np.zeros((1, 9)))


def test_a_full_test_set_is_not_copied_to_float():
    x = (np.random.default_rng(0).random((100, 26_032)) < 0.2).astype(np.uint8)
    tracemalloc.start()
    two_way(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes  # a float64 copy would be eight times that


def test_bits_do_not_depend_on_the_number_of_threads():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20_000), 3)
    cases = [rng.normal(size=(2, groups.size)) for _ in range(5)]

    def computed(threads):
        with threadpool_limits(threads):
            estimates = [
                estimate
                for x in cases
                for estimate in (
                    two_way(x),
                    two_way(x, group_codes(groups, groups.size)),
                    item_mean(x[0], group_codes(groups, groups.size)),
                )
            ]
        return [(one.variance, one.df, [p.component for p in one.parts]) for one in estimates]

    assert computed(1) == computed(2) == computed(3)
