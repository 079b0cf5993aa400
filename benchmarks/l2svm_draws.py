r"""The SVHN protocol's fits: 7 values of C × 10 draws, then 100 draws, of 1,000 × 7,168.

    OMP_WAIT_POLICY=passive python benchmarks/l2svm_draws.py --features train.npy \
        --labels train_labels.npy --test test.npy --test-labels test_labels.npy --record

The features are made by ``dcgan-eval extract pipelines/svhn_subset.yaml --out FOLDER``. Both steps
are timed as the protocol does them: fit every draw, score it on validation rows (10 draws) or on
the test rows (100 draws). ``--own-gram`` forbids the draws to share a Gram matrix, as draws from
a pool of 63,257 rows would not.

Keys of the record: ``seconds``; ``over_linearsvc`` (LinearSVC's seconds for the same fits,
extrapolated from five of its fits in the same run, over ours).
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
from common import Benchmark, PeakMemory, matmul_rate
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from dcgan_eval.core import Timer, rng_for
from dcgan_eval.probes import l2svm_path
from dcgan_eval.probes.l2svm import gram

CS = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2]
PEER_FITS = [1e-4, 5e-4, 5e-4, 1e-3, 1e-2]


def draw(labels: np.ndarray, number: int) -> np.ndarray:
    """100 rows of each class."""
    rng = rng_for("benchmark", "draw", number)
    return np.concatenate(
        [rng.choice(np.flatnonzero(labels == k), 100, replace=False) for k in np.unique(labels)]
    )


def main() -> None:
    """Fit, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("features", "labels", "test", "test-labels"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--own-gram", action="store_true")
    benchmark = Benchmark("l2svm_draws", parser)
    options = benchmark.options

    X, y = np.load(options.features, mmap_mode="r"), np.load(options.labels)
    test, test_y = np.load(options.test, mmap_mode="r"), np.load(options.test_labels)
    if options.own_gram:
        gram.shared_pool = lambda subsets: None
    pool = np.sort(rng_for("benchmark", "pool").permutation(len(y))[len(y) // 4 :])
    held = np.setdiff1d(np.arange(len(y)), pool)
    draws = [pool[draw(y[pool], number)] for number in range(110)]
    rates = matmul_rate()

    with PeakMemory() as memory:
        timer = Timer()
        search = l2svm_path(X, y, CS, subsets=draws[:10])
        errors = 1 - search.score(X, y[held], held).mean(axis=0)
        best = CS[int(errors.argmin())]
        searching, _ = timer.took()
        final = l2svm_path(X, y, [best], subsets=draws[10:])
        accuracy = final.score(test, test_y)
        seconds, cpu = timer.took()

    peer: list[tuple[float, float]] = []
    for number, C in enumerate(PEER_FITS):
        rows = draws[number]
        model = LinearSVC(C=C)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            timer = Timer()
            model.fit(X[rows], y[rows])
            peer.append(timer.took())
    peer_seconds, peer_cpu = map(sum, zip(*peer, strict=True))
    # 70 fits over the whole grid and 100 at the middle of it.
    by_C = {C: np.mean([s for (s, _), c in zip(peer, PEER_FITS, strict=True) if c == C]) for C in CS
            if C in PEER_FITS}  # fmt: skip
    extrapolated = 70 * np.mean(list(by_C.values())) + 100 * by_C[5e-4]
    figures = {
        "seconds": round(seconds, 2),
        "over_linearsvc": round(float(extrapolated / seconds), 1),
    }
    details = {
        "seconds_search": round(searching, 2),
        "seconds_final": round(seconds - searching, 2),
        "cpu_seconds": round(cpu, 1),
        "own_gram": options.own_gram,
        "pool_rows": len(pool),
        "test_rows": len(test),
        "worst_gap": float(max(search.gap.max(), final.gap.max())),
        "validation_error": dict(zip(map(str, CS), (100 * errors).round(2).tolist(), strict=True)),
        "C": best,
        "test_error": round(float(100 * (1 - accuracy.mean())), 2),
        "linearsvc_seconds_per_fit": [round(s, 3) for s, _ in peer],
        "linearsvc_cpu_over_seconds": round(peer_cpu / peer_seconds, 2),
        "linearsvc_seconds_extrapolated": round(float(extrapolated), 1),
        "rss_gb": round(memory.peak / 1e9, 2),
        "matmul_gflops": {name: round(rate, 1) for name, rate in rates.items()},
    }
    for key, value in {**figures, **details}.items():
        print(f"{key}: {value}")
    benchmark.record(figures, details)


if __name__ == "__main__":
    main()
