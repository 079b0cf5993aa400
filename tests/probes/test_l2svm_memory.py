"""The prediction of memory against what a process takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.probes import predict_memory

pytestmark = pytest.mark.slow

# The child measures its own peak of anonymous memory, in a process that does nothing else.
CHILD = """
import sys, threading, numpy as np
from dcgan_eval.probes import l2svm_path

def anonymous():
    for line in open("/proc/self/status"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024

X = np.load(sys.argv[1], mmap_mode="r")
y = np.arange(len(X)) % 3
rows = None if sys.argv[3] == "all" else [np.arange(1, len(X))]  # a subset's rows are copied
l2svm_path(X[:200], y[:200], [1e-3], method=sys.argv[2])
before = peak = anonymous()
done = threading.Event()
def watch():
    global peak
    while not done.wait(0.005):
        peak = max(peak, anonymous())
watcher = threading.Thread(target=watch)
watcher.start()
l2svm_path(X, y, [1e-3], method=sys.argv[2], tol=1e-2, subsets=rows)
done.set()
watcher.join()
print(peak - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's RssAnon")
@pytest.mark.parametrize(
    ("method", "n", "d", "rows"),
    [
        ("span", 1000, 6000, "all"),
        ("deflated", 8_000, 4000, "all"),
        ("deflated", 8_000, 4000, "picked"),
    ],
)
def test_a_fit_takes_no_more_than_was_predicted(
    tmp_path: Path, method: str, n: int, d: int, rows: str
) -> None:
    X = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float32, (n, d))
    rng = np.random.default_rng(0)
    for start in range(0, n, 1000):
        X[start : start + 1000] = rng.standard_normal((1000, d), dtype=np.float32)
        X[start : start + 1000] += np.linspace(0, 1, d, dtype=np.float32)
    X.flush()
    run = [sys.executable, "-c", CHILD, str(tmp_path / "X.npy"), method, rows]
    taken = int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
    predicted = predict_memory(n, d, 3, 1, method=method)
    print(f"predicted {predicted / 1e6:.0f} MB, taken {taken / 1e6:.0f} MB")
    assert taken <= predicted
    assert predicted <= 4 * taken + (1 << 29)  # an estimate, not a number that always suffices
