r"""Many classes: seconds and memory of 10, 100 and 1,000, beside LinearSVC.

    OMP_WAIT_POLICY=passive python benchmarks/l2svm_classes.py --features wide.npy --record

``wide.npy`` holds at least 6,000 × 7,168 real features (see ``benchmarks/l2svm.py``). The labels
are made by clustering 6,000 rows (mini-batch K-means of the features themselves, classes of fewer
than two rows left to their nearest): no data set at hand has 1,000 classes, and such labels are
easier than people's. C = 1e-3, tol = 1e-3 (LinearSVC: 0.3, its loosest of ``benchmarks/l2svm.py``).
Both take an array in memory, and ours has fitted once before: neither reads a disk, and no kernel
is loaded within the time. ``--Cs`` above 1 takes the file as a map, as large problems are.

Keys: ``seconds_K``, ``cpu_seconds_K``, ``memory_gb_K`` (RssAnon beside X), ``over_linearsvc_K``:
LinearSVC's seconds of three classes, each against the rest, times K / 3, over ours.
``--Cs 7`` fits seven values of C around 1e-3 together, and leaves LinearSVC out; such a run is
recorded beside, under the name of its shape:

    python benchmarks/l2svm_classes.py --features train.npy --rows 50000 --columns 12288 \
        --classes 100 --Cs 7 --record
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from common import Benchmark, PeakMemory
from sklearn.cluster import MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from dcgan_eval.core import Timer
from dcgan_eval.probes import l2svm_path

C = 1e-3
PEER_CLASSES = 3


def clustered(X: Any, classes: int) -> np.ndarray:
    """Labels 0…classes−1, each of at least one row."""
    columns = np.linspace(0, X.shape[1] - 1, 500).astype(int)
    part = np.ascontiguousarray(X[:, columns], dtype=np.float32)
    model = MiniBatchKMeans(classes, random_state=0, n_init=1, batch_size=4096)
    labels = model.fit_predict(part)
    labels[model.transform(part).argmin(axis=0)] = np.arange(classes)
    return labels


def peer(X: Any, y: np.ndarray) -> tuple[float, float]:
    """LinearSVC's seconds and CPU seconds of a few classes, each against the rest."""
    timer = Timer()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for label in range(PEER_CLASSES):
            LinearSVC(C=C, tol=0.3, dual=True, random_state=0).fit(X, y == label)
    return timer.took()


def main() -> None:
    """Fit, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--columns", type=int, help="the first so many only")
    parser.add_argument("--classes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--Cs", type=int, default=1)
    benchmark = Benchmark("l2svm_classes", parser)
    options = benchmark.options
    X = np.load(options.features, mmap_mode="r")[: options.rows, : options.columns]
    if options.Cs == 1:
        X = np.array(X)
    l2svm_path(np.array(X[:2500, :500]), clustered(X[:2500], 10), [C], method="deflated")
    Cs = [C * 10 ** ((i - options.Cs // 2) / 2) for i in range(options.Cs)]
    figures: dict[str, float] = {}
    details: dict[str, Any] = {"rows": len(X), "columns": X.shape[1], "Cs": Cs}
    for classes in options.classes:
        y = clustered(X, classes)
        with PeakMemory() as memory:
            timer = Timer()
            path = l2svm_path(X, y, Cs)
            seconds, cpu = timer.took()
        figures[f"seconds_{classes}"] = round(seconds, 2)
        figures[f"cpu_seconds_{classes}"] = round(cpu, 2)
        figures[f"memory_gb_{classes}"] = round(memory.risen / 1e9, 2)
        details[f"worst_gap_{classes}"] = float(path.gap.max())
        details[f"mean_passes_{classes}"] = path.passes.mean(axis=(0, 2)).round(1).tolist()
        if options.Cs == 1:
            taken, peer_cpu = peer(X, y)
            scale = classes / PEER_CLASSES
            figures[f"over_linearsvc_{classes}"] = round(taken * scale / seconds, 1)
            figures[f"over_linearsvc_{classes}_cpu"] = round(peer_cpu * scale / cpu, 1)
        print(figures, details, flush=True)
    if options.Cs > 1:
        benchmark.name += f"_{len(X)}x{X.shape[1]}x{options.Cs}"
    benchmark.record(figures, details)


if __name__ == "__main__":
    main()
