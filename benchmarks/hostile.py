"""What the worst hostile files take of whoever reads them: memory at the peak, and time.

    python -m benchmarks.hostile --record

Each file of `tests.make.hostile` is read in a copy of a process that has imported all. Keys of the
record: for each reader ``READER: megabytes`` (resident memory at the peak, less what there was
before) and ``READER: seconds`` (of the CPU), of its worst file; ``details`` has both of each file.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import Benchmark
from tests.make.hostile import HOSTILE, read_by_copies

# Bytes beyond which nothing is given: what is measured is what would be taken.
MOST = 1 << 35


def main() -> None:
    """Read all, print, record."""
    benchmark = Benchmark("hostile", argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    figures: dict[str, float] = {}
    details = {}
    with TemporaryDirectory() as folder:
        found = read_by_copies(HOSTILE, Path(folder), MOST)
    for name, told in found.items():
        one = HOSTILE[name]
        details[name] = {
            "reader": one.reader,
            "megabytes": round(told.risen / 2**20),
            "seconds": round(told.seconds, 1),
        }
        print(name, details[name])
        for unit in ("megabytes", "seconds"):
            key = f"{one.reader}: {unit}"
            figures[key] = max(figures.get(key, 0.0), details[name][unit])
    print("\n| reader | MiB | s |\n| --- | --- | --- |")
    for reader in dict.fromkeys(one.reader for one in HOSTILE.values()):
        peak, seconds = (figures[f"{reader}: {unit}"] for unit in ("megabytes", "seconds"))
        print(f"| {reader} | {peak:.0f} | {seconds:.1f} |")
    benchmark.record(figures, details)


if __name__ == "__main__":
    main()
