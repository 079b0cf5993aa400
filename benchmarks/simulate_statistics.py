"""Acceptance of the statistics by simulation: coverage, false alarms, power, references.

Run from the root of the repository (one core, about twenty minutes):

    python -m benchmarks.simulate_statistics --record

Figures are in percent (``agreement/...``: the largest absolute difference); ``misses`` in the
record names those outside their ``limits``.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from benchmarks.common import Benchmark
from benchmarks.statistics_one_row import grouped_z, one_prediction, over_draws
from benchmarks.statistics_replicates import Figures
from benchmarks.statistics_rows import cells, groups, methods, power
from dcgan_eval.core import rng_for
from dcgan_eval.stats import mcnemar_exact, two_way, wilson

RIVALS = ("items_only", "draws_only", "pooled")
PARTS = {
    "cells": cells,
    "methods": methods,
    "groups": groups,
    "grouped_z": grouped_z,
    "one_prediction": one_prediction,
    "over_draws": over_draws,
    "power": power,
}
# Limits of the acceptance by the beginning of a figure's name: lowest and highest percent.
LIMITS = {
    "coverage/two_way/": (92.5, 98.0),
    "coverage/one_error/": (92.5, 98.0),
    "coverage/groups/": (92.5, 98.0),
    "coverage/methods/": (92.5, 98.0),
    "coverage/grouped_z/": (92.5, 98.0),
    "coverage/tango/": (92.5, 98.0),
    "coverage/wilson/mean": (92.5, 98.0),
    "false_alarms/two_way/": (0.0, 6.0),
    "false_alarms/groups/": (0.0, 6.0),
    "false_alarms/methods/": (0.0, 6.0),
    "false_alarms/grouped_z/": (0.0, 6.0),
    "false_alarms/mcnemar_exact/max": (0.0, 5.0),
    "false_alarms/mcnemar_midp/mean": (0.0, 5.5),
    "false_alarms/t_over_draws/": (0.0, 6.0),
    "false_alarms/sign_over_draws/": (0.0, 6.0),
    "power/two_way/": (76.0, 84.0),
    "power/methods/": (76.0, 84.0),
    "power/mcnemar_exact/": (76.0, 84.0),
    "worst/": (0.0, 92.5),
    "agreement/": (0.0, 1e-9),
}


def agreement() -> Figures:
    """Largest absolute differences from statsmodels, scipy and a plain loop."""
    counts = [(b, c) for b in range(40) for c in range(40) if b + c]
    tests = [
        abs(float(mcnemar_exact(b, c)) - mcnemar([[9, b], [c, 9]], exact=True).pvalue)
        for b, c in counts
    ]
    ends = []
    for n in (1, 7, 100, 26032):
        for k in sorted({0, 1, n // 3, n - 1, n}):
            ours = wilson(k / n, n)
            theirs = proportion_confint(k, n, method="wilson")
            scipy_ci = binomtest(k, n).proportion_ci(method="wilson")
            ends += np.abs(np.subtract(ours, theirs)).tolist()
            ends += np.abs(np.subtract(ours, (scipy_ci.low, scipy_ci.high))).tolist()
    x = rng_for("statistics", "agreement").integers(-1, 2, size=(7, 31))
    m, d, n = x.mean(), *x.shape
    s_d2 = sum((x[i].mean() - m) ** 2 for i in range(d)) / (d - 1)
    s_i2 = sum((x[:, j].mean() - m) ** 2 for j in range(n)) / (n - 1)
    s_e2 = sum(
        (x[i, j] - x[i].mean() - x[:, j].mean() + m) ** 2 for i in range(d) for j in range(n)
    ) / ((d - 1) * (n - 1))
    expected = {
        "items": s_i2 - s_e2 / d,
        "draws": s_d2 - s_e2 / n,
        "draw x item": s_e2,
    }
    parts = two_way(x).parts
    return {
        "agreement/mcnemar_statsmodels": max(tests),
        "agreement/wilson_statsmodels_scipy": max(ends),
        "agreement/variance_parts_loop": max(abs(p.component - expected[p.name]) for p in parts),
    }


def worst(figures: Figures) -> Figures:
    """The lowest coverage of each rival: each must fail somewhere, or the cells are too kind."""
    return {
        f"worst/{rival}": min(
            value for name, value in figures.items() if name.startswith(f"coverage/{rival}/")
        )
        for rival in RIVALS
    }


def misses(figures: Figures) -> list[str]:
    """Figures outside their limits, with both."""
    return [
        f"{name}: {value:.2f} is not in [{low}, {high}]"
        for name, value in figures.items()
        for start, (low, high) in LIMITS.items()
        if name.startswith(start) and not low <= value <= high
    ]


def simulate(names: list[str], n: int) -> Figures:
    """Figures of these parts; power takes half as many replicates."""
    figures: Figures = {}
    for name in names:
        figures |= PARTS[name](n // 2 if name == "power" else n)
    return figures


def main() -> None:
    """Simulate, print what misses its limits, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=10_000)
    parser.add_argument(
        "--only",
        choices=PARTS,
        help="simulate one part again and keep the others of the record; each part has random "
        "numbers of its own, so that the figures are those of a whole run",
    )
    benchmark = Benchmark("statistics", parser)
    n, only = benchmark.options.replicates, benchmark.options.only
    figures, details = benchmark.kept() if only else ({}, {})
    if only and details.get("replicates") != n:
        parser.error(f"{benchmark.path} is not of {n} replicates: give those, or leave --only out")
    figures |= agreement()
    figures |= simulate([only] if only else list(PARTS), n)
    figures |= worst(figures)
    missed = misses(figures)
    print(*(missed or ["every figure is within its limits"]), sep="\n")
    figures = {name: float(value) for name, value in figures.items()}
    benchmark.record(figures, {"replicates": n, "limits": LIMITS, "misses": missed})


if __name__ == "__main__":
    main()
