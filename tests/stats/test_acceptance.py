"""A small run of section 7; the whole one is ``python -m benchmarks.simulate_statistics``."""

import numpy as np
import pytest
from scipy.stats import t

from benchmarks import error_model
from dcgan_eval.core import rng_for
from dcgan_eval.stats import (
    Design,
    compare_paired,
    detectable_difference,
    draw_tests,
    group_codes,
    two_methods,
    two_way,
)

pytestmark = pytest.mark.slow

REPLICATES = 400
CELLS = [
    ("interaction", 100, 400),
    ("items", 20, 500),
    ("draws", 5, 2000),
    ("draws", 10, 2000),
    ("all", 20, 500),
    ("all", 100, 400),
]


def covered(rows, truth):
    mean, variance, df = np.array(rows).T
    return 100 * np.mean(np.abs(mean - truth) <= t.ppf(0.975, df) * np.sqrt(variance))


def moments(estimate):
    return estimate.mean, estimate.variance, estimate.df


def difference(a, b):
    return b.view(np.int8) - a.view(np.int8)


@pytest.fixture(scope="module")
def simulated():
    """Coverage in each cell, of ours and of what is not used."""
    coverage = {}
    for name, d, n in CELLS:
        truth, rng = error_model.TRUTHS[name], rng_for("test", name, d, n)
        rows = {key: [] for key in ("two_way", "items_only", "draws_only", "pooled")}
        for _ in range(REPLICATES):
            x = difference(*error_model.draw_pair(rng, truth, (d, d), n, (0.0, 0.05)))
            m = x.mean()
            rows["two_way"].append(moments(two_way(x)))
            rows["items_only"].append((m, x.mean(axis=0).var(ddof=1) / n, n - 1))
            rows["draws_only"].append((m, x.mean(axis=1).var(ddof=1) / d, d - 1))
            rows["pooled"].append((m, x.var(ddof=1) / (d * n), d * n - 1))
        true = truth.error(0.05) - truth.error(0.0)
        for key, values in rows.items():
            coverage[key, name, d] = covered(values, true)
    return coverage


@pytest.mark.parametrize(("name", "d", "n"), CELLS)
def test_two_way_interval_covers(simulated, name, d, n):
    assert 92.5 <= simulated["two_way", name, d] <= 98


@pytest.mark.parametrize("rival", ["items_only", "draws_only", "pooled"])
def test_what_is_not_used_fails_somewhere(simulated, rival):
    assert min(value for (key, *_), value in simulated.items() if key == rival) < 75


def test_false_alarms_of_the_whole_comparison():
    truth, rng = error_model.TRUTHS["all"], rng_for("test", "null")
    alarms = sum(
        compare_paired(
            *error_model.draw_pair(rng, truth, (20, 20), 500, (0.0, 0.0)), Design("draws")
        ).p
        < 0.05
        for _ in range(REPLICATES)
    )
    assert 100 * alarms / REPLICATES <= 6


@pytest.mark.parametrize(("name", "d", "n"), [("draws", 5, 2000), ("all", 20, 500)])
def test_power_at_the_detectable_difference(name, d, n):
    truth, rng = error_model.TRUTHS[name], rng_for("test", "power", name)
    delta = 0.03
    for _ in range(3):
        rows = []
        for _ in range(REPLICATES):
            c = truth.c_for(truth.error(0.0) + delta)
            x = difference(*error_model.draw_pair(rng, truth, (d, d), n, (0.0, c)))
            rows.append(moments(two_way(x)))
        power = 100 - covered(rows, 0.0)
        _, variance, df = np.array(rows).T
        delta = detectable_difference(np.sqrt(variance.mean()), df=np.median(df))
    assert 76 <= power <= 84


def test_groups_are_needed_for_one_error():
    truth, rng = error_model.Truth(0.05, 0.3, 0.3, 0.0), rng_for("test", "groups")
    with_groups, without = [], []
    for _ in range(REPLICATES):
        ids = error_model.photo_groups(600, rng)
        a, _ = error_model.draw_pair(rng, truth, (8, 8), 600, (0.0, 0.0), groups=ids, shared=0.8)
        with_groups.append(moments(two_way(a, group_codes(ids, 600))))
        without.append(moments(two_way(a)))
    assert 92.5 <= covered(with_groups, truth.error(0.0)) <= 98
    assert covered(without, truth.error(0.0)) < 88


def test_methods_cover():
    truth, rng = error_model.Truth(0.0, 0.3, 0.3, 0.08), rng_for("test", "methods")
    rows = [
        moments(two_methods(*error_model.draw_pair(rng, truth, (3, 5), 800, (0.0, 0.05))))
        for _ in range(REPLICATES)
    ]
    assert 92.5 <= covered(rows, truth.error(0.05) - truth.error(0.0)) <= 98


def test_tests_over_draws_hold_their_level_on_these_items():
    rng = rng_for("test", "over draws")
    u, own = np.repeat(rng.standard_normal(100), 2), 0.5 * rng.standard_normal((100, 2))
    item = np.stack([u + own.ravel(), u + own[:, ::-1].ravel()])  # mirrored: truth is 0 on these
    alarms = []
    for _ in range(2 * REPLICATES):
        v = 0.15 * rng.standard_normal((2, 10))
        noise = 0.3 * rng.standard_normal((2, 10, 200))
        rows = (item[:, None] + v[..., None] + noise > 1).mean(axis=2)
        tests = draw_tests(rows[1] - rows[0])
        alarms.append(((tests.t_p or 1) < 0.05, (tests.sign_p or 1) < 0.05))
    t_alarms, sign_alarms = 100 * np.mean(alarms, axis=0)
    assert t_alarms <= 6
    assert sign_alarms <= 6
