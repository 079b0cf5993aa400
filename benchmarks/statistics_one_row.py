"""Simulations with one prediction an item, and of the tests over draws given the items."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from benchmarks.error_model import C_OF_B, SIZES, Truth, draw_pair, photo_groups
from benchmarks.statistics_replicates import Figures, Moments, difference
from dcgan_eval.core import rng_for
from dcgan_eval.stats import (
    detectable_difference,
    draw_tests,
    group_codes,
    item_mean,
    mcnemar_exact,
    mcnemar_midp,
    paired_bootstrap,
    tango,
    wilson,
)


def one_prediction(replicates: int) -> Figures:
    """McNemar (enumerated), Tango and the paired bootstrap (simulated), Wilson (enumerated)."""
    figures: Figures = {}
    n = 2000
    tests = {"mcnemar_exact": mcnemar_exact, "mcnemar_midp": mcnemar_midp}
    percents = range(1, 21)
    for name, test in tests.items():
        alarms = []
        for percent in percents:
            psi = percent / 100
            alarms.append(100 * _rejection(test, n, psi, 0.0))
            delta = detectable_difference(math.sqrt(psi / n))
            if percent in (1, 2, 5, 10, 20):
                figures[f"power/{name}/discordance_{percent}"] = 100 * _rejection(
                    test, n, psi, delta
                )
        figures[f"false_alarms/{name}/mean_1_to_20"] = float(np.mean(alarms))
        figures[f"false_alarms/{name}/max_1_to_20"] = max(alarms)
    for percent in (1, 5, 20):
        rng = rng_for("statistics", "paired intervals", percent)
        psi, delta = percent / 100, 0.002
        p = [(psi - delta) / 2, (psi + delta) / 2, 1 - psi]
        hits = {"tango": 0, "bootstrap": 0}
        for only_a, only_b, neither in rng.multinomial(n, p, size=replicates):
            low, high = tango(int(only_a), int(only_b), n)
            hits["tango"] += low <= delta <= high
            x = np.repeat([-1.0, 1.0, 0.0], [only_a, only_b, neither])
            low, high = paired_bootstrap(x, None, rng, replicates=2000)
            hits["bootstrap"] += low <= delta <= high
        for name, hit in hits.items():
            figures[f"coverage/{name}/discordance_{percent}"] = 100 * hit / replicates
    k = np.arange(n + 1)
    ends = np.array([wilson(i / n, n) for i in k])
    covered = [
        100 * binom.pmf(k, n, p)[(ends[:, 0] <= p) & (p <= ends[:, 1])].sum()
        for p in np.linspace(0.01, 0.99, 197)
    ]
    figures["coverage/wilson/mean"] = float(np.mean(covered))
    figures["coverage/wilson/min"] = float(np.min(covered))
    return figures


def _rejection(test: Callable[..., NDArray[Any]], n: int, psi: float, delta: float) -> float:
    """Exact chance of p < 5 % with this discordance and true difference."""
    total = 0.0
    most = binom.ppf(1 - 1e-12, n, psi)
    for discordant in range(1, int(most) + 1):
        only_b = np.arange(discordant + 1)
        rejects = test(discordant - only_b, only_b) < 0.05
        chance = binom.pmf(only_b, discordant, (psi + delta) / (2 * psi))
        total += float(binom.pmf(discordant, n, psi)) * float(chance[rejects].sum())
    return total


def over_draws(replicates: int) -> Figures:
    """False alarms of the paired t and sign tests over draws, the items held fixed.

    The items are fixed and differ; they come in mirrored pairs (what item 2k is for A, item
    2k+1 is for B), so that the true difference on these items is zero.
    """
    figures: Figures = {}
    for d, n in SIZES:
        rng = rng_for("statistics", "over draws", d, n)
        u = np.repeat(rng.standard_normal(n // 2), 2)
        own = 0.5 * rng.standard_normal((n // 2, 2))
        item = np.stack([u + own.ravel(), u + own[:, ::-1].ravel()])
        alarms = {"t": 0, "sign": 0}
        for _ in range(replicates):
            v = 0.05 * rng.standard_normal(d) + 0.15 * rng.standard_normal((2, d))
            noise = 0.3 * rng.standard_normal((2, d, n), dtype=np.float32)
            errors = item[:, np.newaxis] + v[..., np.newaxis] + noise > 1
            rows = errors.mean(axis=2)
            tests = draw_tests(rows[1] - rows[0])
            alarms["t"] += tests.t_p is not None and tests.t_p < 0.05
            alarms["sign"] += tests.sign_p is not None and tests.sign_p < 0.05
        for test, count in alarms.items():
            figures[f"false_alarms/{test}_over_draws/{d}x{n}"] = 100 * count / replicates
    return figures


def grouped_z(replicates: int) -> Figures:
    """One prediction an item, items in groups: a truth without draws."""
    figures: Figures = {}
    n = 2000
    truth, rng = Truth(0.0, 0.3, 0.5, 0.0), rng_for("statistics", "grouped z")
    ours, null = Moments(), Moments()
    for _ in range(replicates):
        ids = photo_groups(n, rng)
        codes = group_codes(ids, n)
        for c, moments in ((C_OF_B, ours), (0.0, null)):
            a, b = draw_pair(rng, truth, (1, 1), n, (0.0, c), groups=ids)
            moments.add_estimate(item_mean(difference(a, b)[0].astype(np.float64), codes))
    figures["coverage/grouped_z/1x2000"] = ours.covered(truth.error(C_OF_B) - truth.error(0.0))
    figures["false_alarms/grouped_z/1x2000"] = null.rejected()
    return figures
