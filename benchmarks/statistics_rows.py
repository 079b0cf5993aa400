"""Simulations where rows and items are sampled: the 16 cells, groups, methods, power."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.error_model import C_OF_B, SIZES, TRUTHS, Truth, draw_pair, photo_groups
from benchmarks.statistics_replicates import Figures, Moments, difference
from dcgan_eval.core import rng_for
from dcgan_eval.stats import group_codes, two_methods, two_way

METHODS = Truth(0.0, 0.3, 0.3, 0.08)
"""Items, training seeds and seed x item; no draws, which methods hold fixed."""
SEEDS = ((3, 3), (5, 5), (3, 8))


Sampler = Callable[[np.random.Generator, float], tuple[NDArray[np.uint8], NDArray[np.uint8]]]


def row_sampler(truth: Truth, n_draws: int, n_items: int) -> Sampler:
    """Pairs of errors, by the c of B."""
    return lambda rng, c: draw_pair(rng, truth, (n_draws, n_draws), n_items, (0.0, c))


def rivals(x: NDArray[np.int8]) -> dict[str, tuple[float, float]]:
    """Variance and df of what is not used: items only, draws only, cells pooled."""
    d, n = x.shape
    rows, columns = x.mean(axis=1), x.mean(axis=0)
    return {
        "items_only": (columns.var(ddof=1) / n, n - 1),
        "draws_only": (rows.var(ddof=1) / d, d - 1),
        "pooled": (float(x.var()) / (d * n - 1), d * n - 1),
    }


def cells(replicates: int) -> Figures:
    """Coverage and false alarms of the two-way interval in the 16 cells, and of its rivals."""
    figures: Figures = {}
    for name, truth in TRUTHS.items():
        for d, n in SIZES:
            sample, cell = row_sampler(truth, d, n), f"{name}/{d}x{n}"
            ours, single, null = Moments(), Moments(), Moments()
            others = {rival: Moments() for rival in ("items_only", "draws_only", "pooled")}
            rng = rng_for("statistics", "cells", name, d, n)
            for _ in range(replicates):
                a, b = sample(rng, C_OF_B)
                x = difference(a, b)
                ours.add_estimate(two_way(x))
                single.add_estimate(two_way(a))
                for rival, (variance, df) in rivals(x).items():
                    others[rival].add(float(x.mean()), variance, df)
                null.add_estimate(two_way(difference(*sample(rng, 0.0))))
            true = truth.error(C_OF_B) - truth.error(0.0)
            figures[f"coverage/two_way/{cell}"] = ours.covered(true)
            figures[f"coverage/one_error/{cell}"] = single.covered(truth.error(0.0))
            figures[f"false_alarms/two_way/{cell}"] = null.rejected()
            for rival, moments in others.items():
                figures[f"coverage/{rival}/{cell}"] = moments.covered(true)
            print(cell, round(figures[f"coverage/two_way/{cell}"], 2), flush=True)
    return figures


def power(replicates: int) -> Figures:
    """Power of the two-way test in every cell when the true difference is δ80."""
    figures: Figures = {}
    for name, truth in TRUTHS.items():
        for d, n in SIZES:
            sample = row_sampler(truth, d, n)
            for kind in ("two_way", "reported", "normal_quantiles"):
                rng = rng_for("statistics", "power", name, d, n, kind)
                delta = 0.01
                for size in (500, 1000, replicates):  # two steps towards δ80, then the test
                    moments = Moments()
                    for _ in range(size):
                        pair = sample(rng, truth.c_for(truth.error(0.0) + delta))
                        moments.add_estimate(two_way(difference(*pair)))
                    delta = moments.detectable(kind)
                figures[f"power/{kind}/{name}/{d}x{n}"] = moments.rejected()
            print("power", name, d, n, figures[f"power/two_way/{name}/{d}x{n}"], flush=True)
    return figures


def method_moments(
    rng: np.random.Generator, seeds: tuple[int, int], c: float, replicates: int
) -> Moments:
    """Replicates of two methods with these numbers of training seeds."""
    moments = Moments()
    for _ in range(replicates):
        moments.add_estimate(two_methods(*draw_pair(rng, METHODS, seeds, 2000, (0.0, c))))
    return moments


def methods(replicates: int) -> Figures:
    """Coverage, false alarms and power where rows are training seeds of two methods."""
    figures: Figures = {}
    for seeds in SEEDS:
        cell = f"{seeds[0]}+{seeds[1]}x2000"
        rng = rng_for("statistics", "methods", *seeds)
        true = METHODS.error(C_OF_B) - METHODS.error(0.0)
        figures[f"coverage/methods/{cell}"] = method_moments(
            rng, seeds, C_OF_B, replicates
        ).covered(true)
        figures[f"false_alarms/methods/{cell}"] = method_moments(
            rng, seeds, 0.0, replicates
        ).rejected()
        for kind in ("two_way", "reported", "t_quantiles"):
            delta = 0.01
            for size in (500, 1000, replicates // 2):
                c = METHODS.c_for(METHODS.error(0.0) + delta)
                moments = method_moments(rng, seeds, c, size)
                delta = moments.detectable(kind)
            name = "methods" if kind == "two_way" else f"methods_{kind}"
            figures[f"power/{name}/{cell}"] = moments.rejected()
        print("methods", cell, figures[f"coverage/methods/{cell}"], flush=True)
    return figures


def groups(replicates: int) -> Figures:
    """Item groups: half of each item's effects is its group's.

    ``groups_noise`` is beyond the definition: half of the draw x item noise is the group's too.
    """
    figures: Figures = {}
    truth, n = TRUTHS["all"], 2000
    for label, d, shared_noise in (("groups", 10, 0.0), ("groups_noise", 10, 0.5)):
        rng = rng_for("statistics", label, d)
        with_groups, without, single, single_without, null = (Moments() for _ in range(5))
        for _ in range(replicates):
            ids = photo_groups(n, rng)
            codes = group_codes(ids, n)
            for c in (C_OF_B, 0.0):
                a, b = draw_pair(
                    rng, truth, (d, d), n, (0.0, c), groups=ids, shared_noise=shared_noise
                )
                x = difference(a, b)
                (with_groups if c else null).add_estimate(two_way(x, codes))
                if c:
                    without.add_estimate(two_way(x))
                    single.add_estimate(two_way(a, codes))
                    single_without.add_estimate(two_way(a))
        true = truth.error(C_OF_B) - truth.error(0.0)
        figures[f"coverage/{label}/all/{d}x{n}"] = with_groups.covered(true)
        figures[f"coverage/{label}_ignored/all/{d}x{n}"] = without.covered(true)
        figures[f"coverage/{label}_one_error/all/{d}x{n}"] = single.covered(truth.error(0.0))
        figures[f"coverage/{label}_ignored_one_error/all/{d}x{n}"] = single_without.covered(
            truth.error(0.0)
        )
        figures[f"false_alarms/{label}/all/{d}x{n}"] = null.rejected()
    print("groups", figures, flush=True)
    return figures
