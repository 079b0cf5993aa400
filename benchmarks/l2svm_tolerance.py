r"""What a relative duality gap does to predictions: test accuracy at several tolerances.

    OMP_WAIT_POLICY=passive python benchmarks/l2svm_tolerance.py --features train.npy \
        --labels train_labels.npy --test test.npy --test-labels test_labels.npy --record

The first 6,000 rows of CIFAR-10 features are fitted at C = 1e-4, 1e-3, 1e-2 with each tolerance.
Keys: ``changed_at_TOL`` (percent of test predictions that differ from those at 1e-5, the worst C)
and ``accuracy_moved_at_TOL`` (percentage points of accuracy, the worst C).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import Benchmark

from dcgan_eval.probes import l2svm_path

CS = [1e-4, 1e-3, 1e-2]
TOLERANCES = [1e-1, 1e-2, 1e-3, 1e-4]


def main() -> None:
    """Fit, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("features", "labels", "test", "test-labels"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=6000)
    benchmark = Benchmark("l2svm_tolerance", parser)
    options = benchmark.options
    X = np.load(options.features, mmap_mode="r")[: options.rows]
    y = np.load(options.labels)[: options.rows]
    test, labels = np.load(options.test, mmap_mode="r"), np.load(options.test_labels)

    exact = l2svm_path(X, y, CS, tol=1e-5, max_passes=1000).predict(test)[0]
    right = 100 * (exact == labels).mean(axis=1)
    figures: dict[str, float] = {}
    details = {"rows": options.rows, "test_rows": len(test), "Cs": CS, "accuracy": right.tolist()}
    for tol in TOLERANCES:
        found = l2svm_path(X, y, CS, tol=tol).predict(test)[0]
        moved = 100 * (found == labels).mean(axis=1) - right
        figures[f"changed_at_{tol:g}"] = round(float(100 * (found != exact).mean(axis=1).max()), 3)
        figures[f"accuracy_moved_at_{tol:g}"] = round(float(np.abs(moved).max()), 3)
    for key, value in {**figures, **details}.items():
        print(f"{key}: {value}")
    benchmark.record(figures, details)


if __name__ == "__main__":
    main()
