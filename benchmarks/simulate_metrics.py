"""Coverage and false alarms of the metrics beyond accuracy, by simulation.

Run from the root of the repository (one core, some minutes):

    OMP_NUM_THREADS=1 python -m benchmarks.simulate_metrics --record

Figures are in percent, but for those that begin with ``seconds/``; ``misses`` in the record names
those outside their ``limits``. Scores of four classes are drawn from a model with effects of
items, of draws (or training seeds) and of both; the truth is the metric of a great many items, the
mean over a great many draws.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import Benchmark
from benchmarks.error_model import photo_groups
from benchmarks.statistics_replicates import Figures
from dcgan_eval.core import rng_for
from dcgan_eval.stats import METRICS, Design, compare_paired, interval_for, recall_of, top_k

Floats = NDArray[np.float32]

SHARES = np.array([0.4, 0.3, 0.25, 0.05])
"""How common the classes are: in the smallest cell the rarest has some 25 items."""
SIGNAL = (1.5, 1.6, 1.5)
"""What the true class has more, of A, of B, and of an A' that is no better than A."""
TOLD = (
    METRICS["balanced_accuracy"],
    METRICS["macro_f1"],
    top_k(2),
    recall_of(3),
    METRICS["auroc"],
    METRICS["ece_softmax"],
)
# Limits by the beginning of a figure's name, the first that fits: lowest and highest percent.
LIMITS = {
    "coverage/one/": (93.5, 96.5),
    "coverage/difference/": (93.5, 96.5),
    "false_alarms/": (0.0, 6.5),
    "seconds/": (0.0, 3.0),
}


@dataclass(frozen=True)
class Cell:
    """A design, its sizes, and the standard deviations of what is added to the scores."""

    name: str
    design: Design
    rows: int
    items: int
    row: float = 0.0
    """Of each draw (or seed) and class: in common to A, B and A', and as much of their own."""
    grouped: bool = False
    sharpness: float = 2.0
    """All logits are multiplied by it: at 1, without rows, their softmax is calibrated."""

    @property
    def methods(self) -> bool:
        """Whether rows are training seeds, of A and B independent."""
        return self.design.setting == "method"


CELLS = (
    Cell("items/1x2000", Design("none"), 1, 2000),
    Cell("items/1x500", Design("none"), 1, 500),
    Cell("calibrated/1x2000", Design("none"), 1, 2000, sharpness=1.0),
    Cell("groups/1x2000", Design("none"), 1, 2000, grouped=True),
    Cell("draws/10x500", Design("draws"), 10, 500, row=0.15),
    Cell("draws/5x1000", Design("draws"), 5, 1000, row=0.15),
    Cell("methods/5+5x500", Design("seeds", "method"), 5, 500, row=0.15),
)
ITEM, OWN, NOISE = 1.0, 0.5, 0.5


def draw(
    cell: Cell, rng: np.random.Generator, n_items: int, n_rows: int
) -> tuple[NDArray[np.intp], list[Floats], NDArray[np.intp] | None]:
    """Targets, the scores of A, B and A' (rows x items x classes), and groups."""
    k = len(SHARES)
    groups = photo_groups(n_items, rng) if cell.grouped else None

    def normal(*shape: int) -> Floats:
        return rng.standard_normal(shape, dtype=np.float32)

    def of_items(sd: float) -> Floats:
        own = normal(n_items, k)
        if groups is not None:
            common = normal(int(groups.max()) + 1, k)[groups]
            own = np.float32(np.sqrt(0.5)) * (own + common)
        return np.float32(sd) * own

    targets = rng.choice(k, size=n_items, p=SHARES)
    is_true = (targets[:, np.newaxis] == np.arange(k)).astype(np.float32)
    of_all = of_items(ITEM)
    of_rows = np.float32(cell.row) * normal(n_rows, 1, k)
    scores = []
    for signal in SIGNAL:
        if cell.methods:
            of_rows = np.float32(cell.row) * normal(n_rows, 1, k)
        rows = of_rows + np.float32(cell.row) * normal(n_rows, 1, k)
        noise = np.float32(NOISE) * normal(n_rows, n_items, k)
        found = np.float32(signal) * is_true + of_all + of_items(OWN) + rows + noise
        found += np.log(SHARES).astype(np.float32)
        scores.append(np.float32(cell.sharpness) * found)
    return targets, scores, groups


def truths(cell: Cell) -> dict[str, tuple[float, float]]:
    """The metric of A and of B, by its name."""
    rng = rng_for("metrics", "truth", cell.name)
    n_times, n_items = (1000, 10_000) if cell.row else (1, 1_000_000)
    one = replace(cell, grouped=False)
    values: dict[str, list[tuple[float, float]]] = {metric.name: [] for metric in TOLD}
    for _ in range(n_times):
        targets, scores, _ = draw(one, rng, n_items, 1)
        for metric in TOLD:
            a, b = (metric.value(targets, x[0].argmax(axis=1), x[0]) for x in scores[:2])
            values[metric.name].append((a, b))
    means = {name: np.mean(pairs, axis=0) for name, pairs in values.items()}
    return {name: (float(a), float(b)) for name, (a, b) in means.items()}


def covered(cell: Cell, replicates: int) -> Figures:
    """Coverage of one row and of a difference, and false alarms, of every metric."""
    true, rng = truths(cell), rng_for("metrics", cell.name)
    hits = {metric.name: np.zeros(3) for metric in TOLD}
    for _ in range(replicates):
        targets, scores, groups = draw(cell, rng, cell.items, cell.rows)
        predictions = [x.argmax(axis=2) for x in scores]
        for metric in TOLD:
            a, b, same = (
                metric.losses(targets, p, x) for p, x in zip(predictions, scores, strict=True)
            )
            of = None if groups is None else groups[metric.items(targets)]
            value_a, value_b = true[metric.name]
            if metric.higher_is_better:
                value_a, value_b = 1 - value_a, 1 - value_b
            one = interval_for(a, cell.design, groups=of)
            two = compare_paired(a, b, cell.design, groups=of)
            null = compare_paired(a, same, cell.design, groups=of)
            hits[metric.name] += (
                one.low <= value_a <= one.high,
                two.interval is not None
                and two.interval.low <= value_b - value_a <= two.interval.high,
                null.p is not None and null.p < 0.05,
            )
    figures: Figures = {}
    for name, found in hits.items():
        one, two, alarms = 100 * found / replicates
        figures[f"coverage/one/{name}/{cell.name}"] = one
        figures[f"coverage/difference/{name}/{cell.name}"] = two
        figures[f"false_alarms/{name}/{cell.name}"] = alarms
    return figures


def bootstrap(replicates: int, resamples: int = 400) -> Figures:
    """What is not used: percentiles of items drawn again, one row of 500 items."""
    cell = CELLS[1]
    true, rng = truths(cell), rng_for("metrics", "bootstrap")
    told = (METRICS["balanced_accuracy"], METRICS["macro_f1"], METRICS["auroc"])
    hits = {metric.name: 0 for metric in told}
    for _ in range(replicates):
        targets, (scores, *_), _ = draw(cell, rng, cell.items, 1)
        predictions = scores[0].argmax(axis=1)
        shares = np.full(cell.items, 1 / cell.items)
        weights = rng.multinomial(cell.items, shares, size=resamples)
        for metric in told:
            drawn = [metric.value(targets, predictions, scores[0], w) for w in weights]
            low, high = np.quantile(drawn, [0.025, 0.975])
            hits[metric.name] += low <= true[metric.name][0] <= high
    return {
        f"coverage/bootstrap/{name}/{cell.name}": 100 * hit / replicates
        for name, hit in hits.items()
    }


def seconds(n_items: int = 50_000, n_classes: int = 10) -> Figures:
    """How long it takes to compare two files of predictions, intervals included."""
    rng = rng_for("metrics", "seconds")
    targets = rng.integers(n_classes, size=n_items)
    pair = [rng.normal(size=(n_items, n_classes)) for _ in range(2)]
    figures: Figures = {}
    for metric in (METRICS["macro_f1"], METRICS["auroc"], top_k(5)):
        begun = time.perf_counter()
        a, b = (metric.losses(targets, x.argmax(axis=1), x) for x in pair)
        for one in (a, b):
            interval_for(one, Design("none"))
        compare_paired(a, b, Design("none"))
        figures[f"seconds/{metric.name}/{n_items}x{n_classes}"] = time.perf_counter() - begun
    return figures


def misses(figures: Figures) -> list[str]:
    """Figures outside their limits, with both; docs/statistics.md says why."""
    missed = []
    for name, value in figures.items():
        limits = (found for start, found in LIMITS.items() if name.startswith(start))
        low, high = next(limits, (0.0, 100.0))
        if not low <= value <= high:
            missed.append(f"{name}: {value:.2f} is not in [{low}, {high}]")
    return missed


def main() -> None:
    """Simulate, print what misses its limits, record."""
    parts: dict[str, Callable[[int], Figures]] = {
        "seconds": lambda n: seconds(),
        **{cell.name: partial(covered, cell) for cell in CELLS},
        "bootstrap": lambda n: bootstrap(max(1, n // 8)),
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument(
        "--only",
        choices=parts,
        help="simulate one part again and keep the others of the record; each part has random "
        "numbers of its own, so that the figures are those of a whole run",
    )
    benchmark = Benchmark("metrics", parser)
    n, only = benchmark.options.replicates, benchmark.options.only
    figures, details = benchmark.kept() if only else ({}, {})
    if only and details.get("replicates") != n:
        parser.error(f"{benchmark.path} is not of {n} replicates: give those, or leave --only out")
    for name, part in parts.items():
        if only in (None, name):
            found = {key: float(value) for key, value in part(n).items()}
            print(name, *misses(found), sep="\n  ", flush=True)
            figures |= found
    missed = misses(figures)
    print(*(missed or ["every figure is within its limits"]), sep="\n")
    benchmark.record(figures, {"replicates": n, "limits": LIMITS, "misses": missed})


if __name__ == "__main__":
    main()
