"""What the benchmarks share: environment, memory, the rate of a large product, the record.

A record is ``results/benchmarks/NAME.json``: ``figures`` (key → number), ``environment``,
``command``, ``date`` and ``details``.

Run them with ``OMP_WAIT_POLICY=passive``: spinning threads wait long for each other when another
process wants a core.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import sys
import threading
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dcgan_eval.core import write_json

RESULTS = Path(__file__).resolve().parent.parent / "results" / "benchmarks"
_PACKAGES = ("numpy", "scipy", "torch", "scikit-learn", "numba", "snapml", "faiss-cpu")


def environment() -> dict[str, Any]:
    """Processor, memory and versions; nothing that names the machine."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "torch_threads": torch.get_num_threads(),
        "idle_threads": os.environ.get("OMP_WAIT_POLICY", "spin"),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": versions,
        "load_before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    """Name of the processor."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def command_line() -> str:
    """The command that was given, files by their names alone."""
    arguments = [Path(word).name if os.sep in word else word for word in sys.argv[1:]]
    module = sys.modules["__main__"].__spec__
    name = f"-m {module.name}" if module else f"benchmarks/{Path(sys.argv[0]).name}"
    return " ".join(["python", name, *arguments])


def anonymous_memory() -> int:
    """Bytes of anonymous memory of this process (RssAnon); mapped files are not counted."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no RssAnon: run this on Linux")


class PeakMemory:
    """Peak of anonymous memory within a ``with`` block, sampled every 20 ms.

    Attributes
    ----------
    before, peak
        Bytes at entry, and the largest seen.
    """

    def __enter__(self) -> PeakMemory:
        self.before = self.peak = anonymous_memory()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        """Sample until the block ends."""
        while not self._done.wait(0.02):
            self.peak = max(self.peak, anonymous_memory())

    @property
    def risen(self) -> int:
        """Bytes taken within the block, at most."""
        return self.peak - self.before


def matmul_rate(size: int = 3000, repeats: int = 5) -> dict[str, float]:
    """GFLOP/s of a plain large float32 product, by NumPy and by torch: the best of `repeats`."""
    a = np.random.default_rng(0).standard_normal((size, size)).astype(np.float32)
    t = torch.from_numpy(a)
    rates = {}
    for name, product in (("numpy", lambda: a @ a), ("torch", lambda: t @ t)):
        product()
        best = float("inf")
        for _ in range(repeats):
            begun = time.perf_counter()
            product()
            best = min(best, time.perf_counter() - begun)
        rates[name] = 2 * size**3 / best / 1e9
    return rates


def record(name: str, figures: Mapping[str, float], details: Mapping[str, Any]) -> Path:
    """Write ``results/benchmarks/NAME.json`` and return its path."""
    path = RESULTS / f"{name}.json"
    now = datetime.datetime.now(datetime.UTC)
    write_json(
        path,
        {
            "figures": dict(figures),
            "details": dict(details),
            "environment": environment(),
            "command": command_line(),
            "date": now.strftime("%Y-%m-%d"),
        },
    )
    return path


def recorded(name: str) -> dict[str, Any]:
    """``details`` of a committed record; empty where there is none."""
    path = RESULTS / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text())["details"] if path.exists() else {}
    return found
