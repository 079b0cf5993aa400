"""What the benchmarks share: environment, memory, the rate of a large product, the record.

A record is ``results/benchmarks/NAME.json``: ``figures`` (key → number), ``environment``,
``command``, ``date`` and ``details``; ``seconds`` and ``cpu_seconds`` of that command,
``load_before`` (the machine's load, average of a minute, when it began) and ``loaded``, true where
``--loaded`` let it be recorded beside other work.

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
from argparse import ArgumentParser
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dcgan_eval.core import Timer, load_average, write_json

RESULTS = Path(__file__).resolve().parent.parent / "results" / "benchmarks"
# The load average above which nothing is recorded: half a core of other work.
QUIET = 0.5
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


class Benchmark:
    """The command line of a benchmark, read before any work, and the record it may leave.

    It adds ``--record`` and ``--loaded``, and refuses to record beside other work.

    Attributes
    ----------
    options
        What was given.
    """

    def __init__(self, name: str, parser: ArgumentParser) -> None:
        parser.add_argument("--record", action="store_true", help=f"write {name}.json")
        parser.add_argument(
            "--loaded", action="store_true", help="record beside other work; the record says so"
        )
        self.name, self.options = name, parser.parse_args()
        self._timer, self._load, self._loaded = Timer(), load_average(), self.options.loaded
        if self.options.record and not self._loaded and (self._load or 0) > QUIET:
            parser.exit(
                2,
                f"the machine's load is {self._load} and --record wants at most {QUIET}: stop what "
                "else runs and wait two minutes, or add --loaded\n",
            )

    @property
    def path(self) -> Path:
        """Of the record."""
        return RESULTS / f"{self.name}.json"

    def kept(self) -> tuple[dict[str, float], dict[str, Any]]:
        """Figures and details of the record that is there, of which a part is measured again.

        Both are empty where there is none. The next record counts as loaded where the one that is
        there was, or does not say.
        """
        if not self.path.exists():
            return {}, {}
        found: dict[str, Any] = json.loads(self.path.read_text())
        self._loaded = self._loaded or found.get("loaded", True)
        return found["figures"], found["details"]

    def record(self, figures: Mapping[str, float], details: Mapping[str, Any]) -> None:
        """Write the record where it was asked for, and print its path."""
        if not self.options.record:
            return
        seconds, cpu_seconds = self._timer.took()
        values = {
            "figures": dict(figures),
            "details": dict(details),
            "environment": environment(),
            "command": command_line(),
            "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
            "seconds": round(seconds, 1),
            "cpu_seconds": round(cpu_seconds, 1),
            "load_before": self._load,
            "loaded": self._loaded,
        }
        write_json(self.path, values)
        print(self.path)
