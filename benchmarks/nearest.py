"""Exact nearest neighbours: speed beside faiss, scikit-learn and a plain product; memory; MNIST.

    OMP_WAIT_POLICY=passive python benchmarks/nearest.py --data-root DATA --record

Samples come in rounds; every method of a round searches the same samples for the same queries, so
that other work on the machine weighs on all of them, and a ratio is the median over the rounds.
faiss (``pip install faiss-cpu``) and MNIST (``DATA/mnist``) are left out where they are absent.

Keys of the record: ``gflops_over_matmul`` (2 × queries × samples × columns a second over the same
of a plain large product, the faster of NumPy's and torch's), ``over_faiss``, ``over_sklearn`` and
``over_numpy`` (their seconds over ours), ``wrong_faiss`` and ``wrong_numpy`` (percent of queries,
near copies), ``collapsed_over_ordinary`` (seconds, the worst of the collapsed generators),
``fused_over_sum`` (seconds of drawing and searching as the protocol does them, over those of the
two one after another; the paper's convolutional generator),
``rss_growth_percent`` (peak RssAnon with ten times the samples), ``error_50000`` and
``error_60000`` (percent, MNIST as its own classifier) and ``differ_from_integers`` (queries).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from common import Benchmark, PeakMemory, matmul_rate
from sklearn.metrics import pairwise_distances_argmin

from dcgan_eval.core import DataError, Timer, Work, rng_for
from dcgan_eval.data import ImageSet, load_images
from dcgan_eval.models import Generator, initialise, load_family
from dcgan_eval.probes import NearestNeighborScorer
from dcgan_eval.protocols.sampling import search as search_samples
from dcgan_eval.records import Journal
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.samples.stream import rows_like, samples

try:
    import faiss
except ImportError:
    faiss = None

COLUMNS = 784
ROUND = 20_480
Figures = dict[str, float]


def seconds(work: Callable[[], Any]) -> float:
    """Wall-clock time of one call."""
    timer = Timer()
    work()
    return timer.took()[0]


def search(queries: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Ours, from nothing to ids."""
    scorer = NearestNeighborScorer(queries)
    return scorer.partial_fit(samples, np.zeros(len(samples), int)).neighbors().ids


def faiss_search(queries: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """The peer, its copy of the samples included."""
    index = faiss.IndexFlatL2(COLUMNS)
    index.add(samples)
    return index.search(queries, 1)[1][:, 0]


def numpy_search(queries: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """A blocked float32 expansion, as one writes it."""
    best = np.full(len(queries), np.inf, np.float32)
    ids = np.zeros(len(queries), np.int64)
    for start in range(0, len(samples), 1024):
        block = samples[start : start + 1024]
        scores = np.sum(block**2, axis=1) - 2 * queries @ block.T
        nearest = scores.argmin(axis=1)
        lowest = scores[np.arange(len(queries)), nearest]
        ids = np.where(lowest < best, nearest + start, ids)
        best = np.minimum(lowest, best)
    return ids


def speed(options: argparse.Namespace) -> tuple[Figures, dict[str, Any]]:
    """Ours over all samples in rounds; the slower peers every fifth round."""
    queries = rng_for("benchmark", "queries").random((options.queries, COLUMNS), np.float32)
    scorer = NearestNeighborScorer(queries)
    scorer.partial_fit(queries[:100], np.zeros(100, int), np.arange(100))  # compiles
    rows: list[dict[str, float]] = []
    for first in range(0, options.samples, ROUND):
        count = min(ROUND, options.samples - first)
        samples = rng_for("benchmark", "samples", first).random((count, COLUMNS), np.float32)
        labels, ids = np.zeros(count, int), np.arange(first, first + count)
        flops = 2e-9 * len(queries) * count * COLUMNS
        row = {}
        row["matmul"] = flops / max(matmul_rate(3000, 2).values())
        row["ours"] = seconds(lambda s=samples, y=labels, i=ids: scorer.partial_fit(s, y, i))
        if faiss is not None:
            row["faiss"] = seconds(lambda s=samples: faiss_search(queries, s))
        if first // ROUND % 5 == 4:
            row["sklearn"] = seconds(lambda s=samples: pairwise_distances_argmin(queries, s))
            row["numpy"] = seconds(lambda s=samples: numpy_search(queries, s))
        rows.append(row)
        print(f"{first + count:>8,}", *(f"{k} {v:.2f} s" for k, v in row.items()), flush=True)
    names = ("matmul", "faiss", "sklearn", "numpy")
    over = {
        name: median(row[name] / row["ours"] for row in rows if name in row)
        for name in names
        if any(name in row for row in rows)
    }
    figures = {("gflops_over_matmul" if k == "matmul" else f"over_{k}"): v for k, v in over.items()}
    return figures, {"seconds_by_round": rows, "seconds": sum(row["ours"] for row in rows)}


def exactness(options: argparse.Namespace) -> tuple[Figures, dict[str, Any]]:
    """Percent of 1,000 queries, 20 near copies of each, whose nearest a method misses."""
    rng = rng_for("benchmark", "copies")
    queries = rng.random((1000, COLUMNS), np.float32)
    samples = np.repeat(queries, 20, axis=0)
    samples += np.float32(1e-3) * rng.standard_normal(samples.shape, np.float32)
    nearest = np.empty(len(queries), int)
    for i, query in enumerate(queries):  # the truth is among the copies: others are far
        own = samples[20 * i : 20 * i + 20].astype(np.float64)
        nearest[i] = 20 * i + np.square(own - query).sum(axis=1).argmin()
    methods = {"ours": search, "numpy": numpy_search}
    if faiss is not None:
        methods["faiss"] = faiss_search
    return {
        f"wrong_{name}": 100 * float(np.mean(method(queries, samples) != nearest))
        for name, method in methods.items()
    }, {}


def collapse(options: argparse.Namespace) -> tuple[Figures, dict[str, Any]]:
    """Seconds for generators that have collapsed over those for one that has not."""
    rng = rng_for("benchmark", "collapse")
    queries = rng.random((options.queries, COLUMNS), np.float32)
    diverse = rng.random((ROUND, COLUMNS), np.float32)
    ratios = {}
    for modes in (1, 10, 100):
        for noise in (0.0, 1e-6, 1e-3):
            samples = diverse[rng.integers(0, modes, ROUND)]
            samples += np.float32(noise) * rng.standard_normal(samples.shape, np.float32)
            ordinary = seconds(lambda: search(queries, diverse))
            name = f"{modes} modes, noise {noise:g}"
            ratios[name] = seconds(lambda s=samples: search(queries, s)) / ordinary
            print(f"{name}: {ratios[name]:.2f} of the time of diverse samples", flush=True)
    return {"collapsed_over_ordinary": max(ratios.values())}, {"collapse": ratios}


def memory(options: argparse.Namespace) -> tuple[Figures, dict[str, Any]]:
    """Peak RssAnon at 100,000 and at 1 million samples, 2,000 queries."""
    queries = rng_for("benchmark", "queries").random((2000, COLUMNS), np.float32)
    scorer = NearestNeighborScorer(queries)
    labels = np.zeros(5000, int)

    def stream(total: int) -> int:
        """Search on up to a total; the peak in bytes."""
        with PeakMemory() as peak:
            while scorer.n_samples_seen_ < total:
                rng = rng_for("benchmark", "stream", scorer.n_samples_seen_)
                scorer.partial_fit(rng.random((5000, COLUMNS), np.float32), labels)
        return peak.peak

    scorer.partial_fit(queries[:0], labels[:0])
    peaks = [stream(100_000), stream(1_000_000)]
    return {"rss_growth_percent": 100 * (peaks[1] / peaks[0] - 1)}, {"rss_anon_bytes": peaks}


def fused(options: argparse.Namespace) -> tuple[Figures, dict[str, Any]]:
    """Drawing and searching in one, as the protocol does it, over the two one after another."""
    pair = load_family("mnist_conditional").pair()
    initialise(pair.generator.module, "benchmark")
    source = GeneratorSource(
        Generator(pair.generator.module, pair.generator.takes),
        kind="generator",
        name="the paper's pair, random weights",
        beyond_weights={},
    )
    pixels = rng_for("benchmark", "fused").integers(0, 256, (options.queries, 28, 28, 1), "uint8")
    names = tuple(map(str, range(10)))
    blank = ImageSet(
        name="blank",
        labels=np.arange(10),
        class_names=names,
        fingerprint="blank",
        pixels=pixels[:10],
    )
    count, rounds = 2 * 4096, []
    for seed in range(3):
        drawn: list[Any] = []
        row = {
            "draw": seconds(lambda s=seed, d=drawn: d.extend(samples(source, blank, s, 0, count)))
        }
        rows, labels = drawn[0].reshape(count, -1), drawn[1]
        queries = rows_like(pixels, rows)
        row["search"] = seconds(
            lambda q=queries, r=rows, y=labels: NearestNeighborScorer(q).partial_fit(r, y)
        )
        with TemporaryDirectory() as folder:
            work = Work(Path(folder), units=Journal(Path(folder)))
            row["both"] = seconds(
                lambda s=seed, w=work: search_samples(source, blank, pixels, s, [count], 1024, w)
            )
        rounds.append(row)
        print("fused", *(f"{name} {value:.2f} s" for name, value in row.items()), flush=True)
    ratio = median(row["both"] / (row["draw"] + row["search"]) for row in rounds)
    return {"fused_over_sum": ratio}, {"fused_seconds": rounds}


def digits(options: argparse.Namespace) -> tuple[Figures, dict[str, Any]]:
    """MNIST's training images as the classifier of its test images."""
    roots = [options.data_root] if options.data_root else []
    try:
        train, test = (load_images("mnist", part, roots=roots) for part in ("train", "test"))
    except DataError as error:
        print("no MNIST:", error)
        return {}, {}
    samples, queries = (s.images(0, len(s)).reshape(len(s), -1) for s in (train, test))
    scorer = NearestNeighborScorer(queries)
    figures = {}
    for start, stop in ((0, 50_000), (50_000, 60_000)):
        scorer.partial_fit(samples[start:stop], train.y[start:stop])
        found = scorer.neighbors()
        figures[f"error_{stop}"] = 100 * float(np.mean(found.labels != test.y))
    wrong = found.ids != _by_integers(queries, samples)
    figures["differ_from_integers"] = float(np.count_nonzero(wrong))
    return figures, {}


def _by_integers(queries: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Nearest by whole numbers: all sums are below 2^53, so these float64 products are exact."""
    y = samples.astype(np.float64)
    own = np.sum(y * y, axis=1)
    nearest = []
    for start in range(0, len(queries), 500):
        x = queries[start : start + 500].astype(np.float64)
        nearest.append((own - 2 * x @ y.T).argmin(axis=1))
    return np.concatenate(nearest)


PARTS = {
    "exactness": exactness,
    "digits": digits,
    "memory": memory,
    "collapse": collapse,
    "fused": fused,
    "speed": speed,
}


def main() -> None:
    """Run the parts, print, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=500_000)
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--only", choices=PARTS, help="one part, for a look; never recorded")
    benchmark = Benchmark("nearest", parser)
    options = benchmark.options
    if options.record and options.only:
        parser.error("--record writes the whole record: leave --only out")
    if faiss is not None:
        faiss.omp_set_num_threads(torch.get_num_threads())
    figures: Figures = {}
    details: dict[str, Any] = {"queries": options.queries, "samples": options.samples}
    for name, part in PARTS.items():
        if options.only in (None, name):
            more, about = part(options)
            figures |= more
            details |= about
            print(*(f"{key} {value:.4g}" for key, value in more.items()), sep="\n", flush=True)
    benchmark.record(figures, details)


if __name__ == "__main__":
    main()
