import math
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t

from dcgan_eval.core import DataError, SettingsError
from dcgan_eval.stats import (
    Design,
    compare_paired,
    interval_for,
    mcnemar_exact,
    mcnemar_midp,
    tango,
    two_methods,
    two_way,
    wilson,
)

DRAWS, NONE = Design("draws"), Design("none")
DESIGNS = [(NONE, 1), (DRAWS, 1), (DRAWS, 4), (Design("seeds"), 2), (Design("seeds", "method"), 3)]


@st.composite
def compared(draw):
    """A design with errors of A and B and, sometimes, groups."""
    design, rows = draw(st.sampled_from(DESIGNS))
    n = draw(st.integers(4, 12))
    a, b = (draw(arrays(np.uint8, (rows, n), elements=st.integers(0, 1))) for _ in range(2))
    groups = draw(st.one_of(st.none(), arrays(np.int64, n, elements=st.integers(0, 3))))
    if groups is not None:
        groups[:2] = (5, 6)
    return a, b, design, groups


def errors(rows, n, seed=0, rate=0.3):
    return (np.random.default_rng(seed).random((2, rows, n)) < rate).astype(np.uint8)


@pytest.mark.slow
@given(compared())
def test_swapping_turns_signs_and_nothing_else(case):
    a, b, design, groups = case
    there = compare_paired(a, b, design, groups=groups)
    back = compare_paired(b, a, design, groups=groups)
    assert back.difference == pytest.approx(-there.difference, abs=1e-15)
    assert (back.p is None) == (there.p is None)
    if there.p is not None:
        assert back.p == pytest.approx(there.p, rel=1e-9)
        assert back.detectable == pytest.approx(there.detectable, rel=1e-9)
    if there.interval is not None:
        turned = (-back.interval.high, -back.interval.low)
        assert turned == pytest.approx((there.interval.low, there.interval.high), abs=1e-9)
    if there.discordant is not None:
        assert back.discordant == there.discordant[::-1]


@pytest.mark.slow
@given(compared(), st.randoms(use_true_random=False))
def test_order_of_rows_and_items_changes_nothing(case, random):
    a, b, design, groups = case
    rows, items = list(range(len(a))), list(range(a.shape[1]))
    random.shuffle(rows)
    random.shuffle(items)
    there = compare_paired(a, b, design, groups=groups)
    moved = compare_paired(
        a[rows][:, items],
        b[rows][:, items],
        design,
        groups=None if groups is None else groups[items],
    )
    assert moved.difference == pytest.approx(there.difference, abs=1e-12)
    assert (moved.p is None) == (there.p is None)
    if there.p is not None:
        assert moved.p == pytest.approx(there.p, rel=1e-6)
        assert moved.detectable == pytest.approx(there.detectable, rel=1e-6)


@given(compared())
def test_interval_and_estimate_are_possible_values(case):
    a, b, design, groups = case
    found = compare_paired(a, b, design, groups=groups)
    if found.interval is not None:
        assert -1 <= found.interval.low <= found.difference + 1e-12
        assert found.difference - 1e-12 <= found.interval.high <= 1
    for x, mean in ((a, found.error_a), (b, found.error_b)):
        one = interval_for(x, design, groups=groups)
        assert 0 <= one.low <= mean + 1e-12
        assert mean - 1e-12 <= one.high <= 1


@pytest.mark.slow
@given(compared())
def test_interval_excludes_zero_where_p_is_small(case):
    a, b, design, groups = case
    found = compare_paired(a, b, design, groups=groups)
    if found.p is not None and found.discordant is None and abs(found.p - 0.05) > 1e-6:
        inside = found.interval.low <= 0 <= found.interval.high
        assert inside == (found.p > 0.05)


def test_draws_are_the_two_way_interval():
    a, b = errors(6, 300)
    found = compare_paired(a, b, DRAWS, pairs=3)
    x = b.astype(float) - a
    expected = two_way(x)
    half = t.ppf(0.975, expected.df) * math.sqrt(expected.variance)
    assert found.difference == pytest.approx(x.mean(), abs=1e-15)
    assert found.interval.low == pytest.approx(x.mean() - half, rel=1e-9)
    assert found.interval.high == pytest.approx(x.mean() + half, rel=1e-9)
    p = 2 * t.sf(abs(x.mean()) / math.sqrt(expected.variance), expected.df)
    assert found.p == pytest.approx(p, rel=1e-9)
    factor = t.ppf(1 - 0.025 / 3, expected.df) + t.ppf(0.8, expected.df)
    assert found.detectable == pytest.approx(factor * math.sqrt(expected.variance))
    assert (found.n_rows_a, found.n_items, found.n_groups) == (6, 300, None)
    assert found.over_rows.t_df == 5
    assert found.notes == ()


def test_bool_uint8_and_float_errors_are_the_same():
    a, b = errors(4, 50)
    expected = asdict(compare_paired(a, b, DRAWS))
    for dtype in (bool, np.int64, np.float32, np.float64):
        assert asdict(compare_paired(a.astype(dtype), b.astype(dtype), DRAWS)) == expected


def test_one_prediction_is_mcnemar_and_tango():
    a, b = errors(1, 400)
    only_a, only_b = int((a > b).sum()), int((b > a).sum())
    found = compare_paired(a[0], b[0], NONE)
    assert found.discordant == (only_a, only_b)
    assert found.p == float(mcnemar_exact(only_a, only_b))
    assert (found.interval.low, found.interval.high) == tango(only_a, only_b, 400)
    assert found.standard_error == pytest.approx(math.sqrt(only_a + only_b) / 400)
    assert found.over_rows is None
    assert compare_paired(a, b, NONE, mid_p=True).p == float(mcnemar_midp(only_a, only_b))


def test_bootstrap_is_close_to_the_score_and_normal_intervals():
    a, b = errors(1, 2000)
    groups = np.arange(2000) // 3
    for ids in (None, groups):
        usual = compare_paired(a, b, NONE, groups=ids)
        drawn = compare_paired(a, b, NONE, groups=ids, bootstrap=True)
        assert drawn.interval.method.startswith("bootstrap over")
        assert drawn.p == usual.p
        assert drawn.interval.low == pytest.approx(usual.interval.low, abs=0.003)
        assert drawn.interval.high == pytest.approx(usual.interval.high, abs=0.003)
        again = compare_paired(a, b, NONE, groups=ids, bootstrap=True)
        assert again == drawn


def test_options_without_an_effect_are_refused():
    a, b = errors(3, 60)
    with pytest.raises(SettingsError, match="mid-p belongs to McNemar"):
        compare_paired(a, b, DRAWS, mid_p=True)
    with pytest.raises(SettingsError, match="mid-p belongs to McNemar"):
        compare_paired(a[0], b[0], NONE, groups=np.arange(60) // 2, mid_p=True)
    with pytest.raises(SettingsError, match="for one prediction an item"):
        compare_paired(a, b, DRAWS, bootstrap=True)


def test_one_draw_says_what_is_missing():
    a, b = errors(1, 100)
    found = compare_paired(a, b, DRAWS)
    assert found.method == "McNemar, exact"
    assert any("which labels were drawn" in note for note in found.notes)


def test_methods_are_welch_over_seeds():
    rng = np.random.default_rng(0)
    a, b = rng.random((3, 80)), rng.random((5, 80))
    found = compare_paired(a, b, Design("seeds", "method"))
    expected = two_methods(a, b)
    assert found.standard_error == pytest.approx(math.sqrt(expected.variance))
    assert found.df == pytest.approx(expected.df)
    assert (found.n_rows_a, found.n_rows_b) == (3, 5)
    assert "other training seeds" in found.interval.covers


def test_one_training_seed_compares_checkpoints():
    rng = np.random.default_rng(0)
    found = compare_paired(rng.random((1, 80)), rng.random((5, 80)), Design("seeds", "method"))
    assert any(note.startswith("Only checkpoints were compared") for note in found.notes)
    assert "the seeds" in found.interval.given
    assert "seeds" not in found.interval.covers


def test_never_disagree():
    a, _ = errors(5, 60)
    found = compare_paired(a, a, DRAWS)
    assert found.never_disagree
    assert (found.difference, found.p, found.interval, found.detectable) == (0, None, None, None)
    one = compare_paired(a[0], a[0], NONE)
    assert one.never_disagree
    assert one.p is None
    assert one.interval.high == pytest.approx(-one.interval.low)


def test_always_disagree_has_no_p_and_no_interval():
    a, b = np.zeros((4, 30), np.uint8), np.ones((4, 30), np.uint8)
    found = compare_paired(a, b, DRAWS)
    assert not found.never_disagree
    assert (found.difference, found.p, found.interval) == (1, None, None)


def test_one_error_of_one_prediction_is_wilson():
    a, _ = errors(1, 200)
    got = interval_for(a[0], NONE)
    assert (got.low, got.high) == wilson(float(a.mean()), 200)
    assert got.method == "Wilson"


def test_no_errors_at_all_still_have_an_interval():
    for rows in (1, 10):
        got = interval_for(np.zeros((rows, 500), np.uint8), DRAWS)
        assert (got.low, got.high) == wilson(0.0, 500)
    grouped = interval_for(np.zeros((1, 500)), NONE, groups=np.arange(500) // 5)
    assert (grouped.low, grouped.high) == wilson(0.0, 100)


def test_groups_that_share_errors_widen_the_interval_of_one_error():
    per_photo = np.random.default_rng(0).random(300) < 0.3
    x, groups = np.repeat(per_photo, 4), np.repeat(np.arange(300), 4)
    got = interval_for(x, NONE, groups=groups)
    # Four equal digits a photo are worth one.
    low, high = wilson(float(x.mean()), 300)
    assert (got.low, got.high) == pytest.approx((low, high), abs=1e-3)
    assert "groups" in got.covers


@pytest.mark.parametrize(
    ("a", "b", "design", "message"),
    [
        (np.zeros((2, 5)), np.zeros((2, 6)), DRAWS, "same items"),
        (np.zeros((2, 5)), np.zeros((3, 5)), DRAWS, "same draws"),
        (np.zeros((2, 5)), np.zeros((2, 5)), NONE, "one prediction an item"),
        (np.full((1, 5), np.nan), np.zeros((1, 5)), NONE, "without NaN"),
        (np.full((1, 5), 2), np.zeros((1, 5)), NONE, "in \\[0, 1\\]"),
        (np.zeros((1, 1, 5)), np.zeros((1, 5)), NONE, "rows x items"),
        (np.zeros((1, 1)), np.zeros((1, 1)), NONE, "at least 2 items"),
        (np.array([["a", "b"]]), np.zeros((1, 2)), NONE, "numbers"),
    ],
)
def test_what_does_not_fit_is_refused(a, b, design, message):
    with pytest.raises(DataError, match=message):
        compare_paired(a, b, design)


def test_levels_and_pairs_out_of_range_are_refused():
    a, b = errors(1, 20)
    with pytest.raises(DataError, match="pairs compared at once"):
        compare_paired(a, b, NONE, pairs=0)
    with pytest.raises(DataError, match="level"):
        compare_paired(a, b, NONE, level=95)
    with pytest.raises(DataError, match="level"):
        interval_for(a, NONE, level=0)


def test_import_is_light():
    # scipy.stats alone takes longer to import than everything else here together.
    heavy = "('torch', 'scipy.stats')"
    code = f"import sys, dcgan_eval.stats; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
