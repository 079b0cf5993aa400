r"""The paper's full CIFAR-10 problem: 50,000 × 28,672, ten classes, seven values of C.

    OMP_WAIT_POLICY=passive python benchmarks/l2svm_full.py \
        --features train.npy --labels train_labels.npy --record

reads the features from a memory map. They are made by ``dcgan-eval extract PIPELINE.yaml --out
FOLDER`` from a pipeline whose only representation is the paper's network (``kind: network,
network: imagenet32``) on CIFAR-10.

Keys of the record: ``seconds`` (everything, certificate included), ``cpu_seconds``,
``seconds_to_1e-3`` (until all columns of C ≤ 1e-3 have reached the tolerance), ``passes``
(column-passes over X), ``worst_gap``, ``rss_gb`` (peak RssAnon of the process),
``gflops_over_matmul`` (arithmetic of all products with X per second of the whole run, over a plain
large product of the same run).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from common import Benchmark, PeakMemory, matmul_rate

from dcgan_eval.core import Silent, Timer
from dcgan_eval.probes import l2svm_path, predict_memory
from dcgan_eval.probes.l2svm.memory import choose_rank
from dcgan_eval.records import Journal

CS = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2]


class Clock(Silent):
    """Seconds since the start at which each line was said."""

    def __init__(self) -> None:
        self.timer = Timer()
        self.lines: list[tuple[float, str]] = []

    def say(self, line: str) -> None:
        """Note and print the line."""
        self.lines.append((self.timer.took()[0], line))
        print(f"{self.lines[-1][0]:8.1f} s  {line}", flush=True)

    def seconds_until(self, Cs: list[float]) -> float:
        """When the last of these values of C was done."""
        starts = tuple(f"L2-SVM: C={C:g} done" for C in Cs)
        return max(seconds for seconds, line in self.lines if line.startswith(starts))


def main() -> None:
    """Fit, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--rows", type=int, help="the first so many rows only")
    parser.add_argument("--tol", type=float, default=1e-3)
    parser.add_argument("--device", default="cpu")
    benchmark = Benchmark("l2svm_full", parser)
    options = benchmark.options

    X = np.load(options.features, mmap_mode="r")[: options.rows]
    y = np.load(options.labels)[: options.rows]
    (n, d), classes = X.shape, len(np.unique(y))
    before = matmul_rate()
    with tempfile.TemporaryDirectory() as folder, PeakMemory() as memory:
        clock = Clock()
        path = l2svm_path(
            X, y, CS, tol=options.tol, device=options.device, max_passes=400,
            progress=clock, units=Journal(Path(folder)),
        )  # fmt: skip
        seconds, cpu = clock.timer.took()
    rate = max(*before.values(), *matmul_rate().values())
    rank, _ = choose_rank(n, d, path.gap.size)
    columns = path.gap.size
    # Passes, the leading coordinates (half a pass a direction), and the float64 certificate.
    flops = 4.0 * n * d * (path.passes.sum() + rank / 2 + columns)
    figures = {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "seconds_to_1e-3": round(clock.seconds_until([C for C in CS if C <= 1e-3]), 1),
        "passes": float(path.passes.sum()),
        "worst_gap": float(path.gap.max()),
        "rss_gb": round(memory.peak / 1e9, 2),
        "gflops_over_matmul": round(flops / seconds / 1e9 / rate, 3),
    }
    details = {
        "rows": n,
        "columns": d,
        "tol": options.tol,
        "Cs": CS,
        "mean_passes": path.passes.mean(axis=(0, 2)).round(1).tolist(),
        "objective": path.objective.sum(axis=(0, 2)).tolist(),
        "seconds_until_done": {line.split()[1]: round(s, 1) for s, line in clock.lines},
        "matmul_gflops": round(rate, 1),
        "floor_seconds": round(flops / 1e9 / rate, 1),
        "predicted_gb": round(predict_memory(n, d, classes, len(CS)) / 1e9, 2),
    }
    for key, value in {**figures, **details}.items():
        print(f"{key}: {value}")
    benchmark.record(figures, details)


if __name__ == "__main__":
    main()
