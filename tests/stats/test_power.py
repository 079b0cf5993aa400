import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, chi2, nct, norm, t

import dcgan_eval.stats.power as module
from benchmarks.simulate_power import CASES, mean_pilot
from dcgan_eval.core import DataError, rng_for
from dcgan_eval.stats import (
    Design,
    Pilot,
    compare_paired,
    mcnemar_exact,
    mcnemar_midp,
    mcnemar_power,
)
from dcgan_eval.stats.wilson import wilson


def enumerated(test, n, psi, delta, alpha):
    """P(p < alpha) over all pairs of discordant counts."""
    total = 0.0
    for m in range(1, n + 1):
        only_b = np.arange(m + 1)
        rejects = test(m - only_b, only_b) < alpha
        chance = binom.pmf(only_b, m, (psi + delta) / (2 * psi))
        total += binom.pmf(m, n, psi) * chance[rejects].sum()
    return total


def draws_pilot(**changes):
    """Of ten draws and 2,000 items, all of which vary."""
    rng = np.random.default_rng(2)
    item, row = rng.standard_normal((2, 1, 2000)), 0.03 * rng.standard_normal((2, 10, 1))
    a, b = item[0] + 0.4 * item + row + 0.3 * rng.standard_normal((2, 10, 2000)) > 1
    found = compare_paired(a, b, Design("draws"), **changes)
    return found, Pilot.of(found)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 6])
@pytest.mark.parametrize(("n", "psi", "delta"), [(9, 0.9, 0.8), (60, 0.3, 0.2), (200, 0.05, 0.05)])
def test_mcnemars_power_is_the_sum_over_all_outcomes(n, psi, delta, alpha):
    exact = enumerated(mcnemar_exact, n, psi, delta, alpha)
    assert mcnemar_power(psi, delta, n, alpha) == pytest.approx(exact, abs=1e-9)
    midp = enumerated(mcnemar_midp, n, psi, delta, alpha)
    assert mcnemar_power(psi, delta, n, alpha, midp=True) == pytest.approx(midp, abs=1e-9)
    assert midp >= exact


@pytest.mark.parametrize("midp", [False, True])
@pytest.mark.parametrize("psi", [0.01, 0.2, 0.9])
def test_many_discordant_items_are_normal_within_a_tenth_of_a_point(psi, midp, monkeypatch):
    n = math.ceil(module.EXACT_UP_TO / psi)
    for away in (1.5, 2.8, 3.5):
        delta = away * math.sqrt(psi / n)
        by_normal = mcnemar_power(psi, delta, n + 1, 0.05, midp=midp)
        monkeypatch.setattr(module, "EXACT_UP_TO", 1e9)
        summed = mcnemar_power(psi, delta, n + 1, 0.05, midp=midp)
        monkeypatch.undo()
        assert by_normal != summed and by_normal == pytest.approx(summed, abs=0.001)


def test_discordance_is_at_least_the_difference():
    assert mcnemar_power(0.01, 0.05, 400, 0.05) == mcnemar_power(0.05, 0.05, 400, 0.05)


def test_rows_alone_give_the_noncentral_t():
    _, pilot = draws_pilot()
    rows_only = replace(pilot, items=1e-9, rows=(0.0016,), cells=(0.0,))
    for n_rows, delta in ((3, 0.08), (6, 0.05), (20, 0.02)):
        away, df = delta / math.sqrt(0.0016 / n_rows), n_rows - 1
        edge = t.ppf(0.975, df)
        expected = nct.sf(edge, df, away) + nct.cdf(-edge, df, away)
        assert rows_only.power(delta, 2000, n_rows) == pytest.approx(expected, abs=0.01)


def test_items_in_groups_give_the_normal_power():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 600)) < 0.3
    found = compare_paired(a, b, Design("none"), groups=np.arange(600) // 3)
    pilot = Pilot.of(found)
    for n in (600, 2400):
        away = 0.05 / (found.standard_error * math.sqrt(600 / n))
        expected = norm.sf(1.96 - away) + norm.cdf(-1.96 - away)
        assert pilot.power(0.05, n) == pytest.approx(expected, abs=1e-4)
    assert pilot.items_needed(0.9) == 6  # two groups of three
    assert pilot.rows_needed(0.05) is None


@pytest.mark.parametrize("pairs", [1, 6])
def test_it_agrees_with_what_a_comparison_calls_detectable(pairs):
    found, pilot = draws_pilot(pairs=pairs)
    assert pilot.power(found.detectable) == pytest.approx(0.8, abs=0.02)
    rng = np.random.default_rng(3)
    a, b = (rng.random((n, 400)) < 0.3 + 0.05 * rng.standard_normal((n, 1)) for n in (3, 8))
    methods = compare_paired(a, b, Design("seeds", setting="method"), pairs=pairs)
    assert Pilot.of(methods).power(methods.detectable) == pytest.approx(0.8, abs=1e-6)
    one = compare_paired(a[0] > 0, b[0] > 0, Design("none"), pairs=pairs)
    assert Pilot.of(one).power(one.detectable) == pytest.approx(0.8, abs=0.03)


def test_what_is_needed_is_the_smallest_that_is_enough():
    found, pilot = draws_pilot()
    delta = found.detectable
    n = pilot.items_needed(delta)
    assert n == pytest.approx(2000, rel=0.05)
    assert pilot.power(delta, n) >= 0.8 > pilot.power(delta, n - 1)
    rows = pilot.rows_needed(delta)
    assert rows in (10, 11)
    assert pilot.power(delta, None, rows) >= 0.8 > pilot.power(delta, None, rows - 1)
    assert pilot.items_needed(delta, 20) < n < pilot.items_needed(delta, power=0.85)


def test_draws_that_vary_too_much_cannot_be_mended_by_items():
    rates = np.array([0.1, 0.5, 0.3, 0.6])
    b = np.random.default_rng(0).random((4, 500)) < rates[:, None]
    pilot = Pilot.of(compare_paired(b * 0, b, Design("draws")))
    assert pilot.items_needed(0.01) is None
    assert pilot.items_needed(0.01, 100_000) is not None
    items_vary, _ = draws_pilot()
    assert Pilot.of(items_vary).rows_needed(0.001) is None


def test_seeds_are_as_many_as_the_test_takes():
    rng = np.random.default_rng(3)
    a, b = rng.random((2, 5, 400)) < 0.3
    assert Pilot.of(compare_paired(a, b, Design("seeds", setting="method"))).rows_needed(0.5) == 3
    assert Pilot.of(compare_paired(a, b, Design("seeds"))).rows_needed(0.5) == 3
    assert Pilot.of(compare_paired(a, b, Design("draws"))).rows_needed(0.5) == 2


def test_extremes_are_those_of_the_discordance():
    rng = np.random.default_rng(1)
    found = compare_paired(*(rng.random((2, 500)) < 0.2), Design("none"))
    low, high = Pilot.of(found).extremes
    psi = sum(found.discordant) / 500
    assert (low.items, high.items) == pytest.approx(wilson(psi, 500))


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_extremes_of_a_t_test_are_those_of_its_degrees_of_freedom(level):
    found, pilot = draws_pilot(level=level)
    low, high = (found.df / chi2.ppf(tail, found.df) for tail in ((1 + level) / 2, (1 - level) / 2))
    for one, factor in zip(pilot.extremes, (low, high), strict=True):
        assert one.items == pytest.approx(factor * pilot.items)
        assert one.rows == pytest.approx((factor * pilot.rows[0],))
        assert one.cells == pytest.approx((factor * pilot.cells[0],))
    assert low < 1 < high


def test_few_items_that_differ_leave_much_open():
    """Of items 1 % differ: what 2,000 say of their variance is what 20 say, in round numbers."""
    rng = np.random.default_rng(0)
    spread = []
    for seed in range(300):
        x = np.random.default_rng(seed).choice([-1, 0, 1], p=[0.005, 0.99, 0.005], size=2000)
        spread.append(x.var(ddof=1))
    a = rng.random((2, 2000)) < 0.3
    b = a ^ (rng.random((1, 2000)) < 0.01)  # two seeds: the test is z over items
    low, high = Pilot.of(compare_paired(a, b, Design("seeds"))).scatter
    inside = [low <= 0.01 / one <= high for one in spread]
    assert 0.93 <= np.mean(inside) <= 1 and high - low < 1.5


def test_a_pilot_without_disagreement_says_what_is_known():
    a = np.random.default_rng(0).random((1, 300)) < 0.2
    with pytest.raises(DataError, match=r"never disagree on 300 items.*at most 0\.99 %"):
        Pilot.of(compare_paired(a, a, Design("none")))
    with pytest.raises(DataError, match=r"never disagree on 100 groups"):
        Pilot.of(compare_paired(a, a, Design("none"), groups=np.arange(300) // 3))


def test_a_pilot_that_differs_everywhere_alike_is_refused():
    with pytest.raises(DataError, match="the same in every row and item"):
        Pilot.of(compare_paired(np.zeros((4, 50)), np.ones((4, 50)), Design("draws")))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "what"),
    [("McNemar, exact", 1), ("interaction", 10), ("draws", 20), ("all", 20), ("methods", 5)],
)
def test_a_comparison_reaches_the_power_that_was_promised(name, what):
    """As in `results/benchmarks/power.json`, with few replicates: 5 points are 2.5 sd."""
    case = next(one for one in CASES if one.name == name)
    rng = rng_for("test", "power", name)
    pilot = mean_pilot([Pilot.of(case.compared(rng, case.pilot)) for _ in range(60)])
    n = pilot.items_needed(case.difference, what)
    p = [case.compared(rng, (what, n)).p for _ in range(400)]
    assert 100 * np.mean(np.array(p) < 0.05) == pytest.approx(80, abs=5)
