"""Tables, comparisons and pages of many records; the start of a command; units of a journal.

    python -m benchmarks.reporting --record

Seconds are processor time, the least of three: of a fresh process, its imports included, where a
command is timed. Other work on the machine can only add to them.

Keys of the record: ``start_seconds`` (the command line, nothing asked of it), ``table_seconds``,
``compare_two_seconds`` and ``report_seconds`` (of a folder of ``records`` records with 2,000 test
items each), ``compare_predictions_seconds`` (two .csv of 50,000 rows, one of targets, with ids in
three orders), ``all_pairs_seconds`` (p-values of all pairs of as many rows) and
``journal_units_per_second`` (units of 2,000 predictions, read).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.common import Benchmark
from dcgan_eval.core import Timer, rng_for
from dcgan_eval.records import Journal
from dcgan_eval.stats import Design, all_pairs_pvalues
from tests.make.records import save

REPEATS = 3
ITEMS = 2000
ROWS = 50_000
# What a fresh process does with the folder of records in `sys.argv[1]`.
COMMANDS = {
    "start": "from dcgan_eval.cli.main import make_app; make_app()",
    "table": "from dcgan_eval.reporting import table; table(sys.argv[1])",
    "compare_two": "from dcgan_eval.reporting import compare\n"
    "compare(['row 3', 'row 4'], within=sys.argv[1]).render('md')",
    "compare_predictions": "import os; from dcgan_eval.cli import main; os.chdir(sys.argv[1])\n"
    "main('compare --predictions a.csv --predictions b.csv --targets y.csv'.split())",
    "report": "from dcgan_eval.reporting import make_report; make_report(sys.argv[1])",
}


def process_seconds(code: str, folder: Path) -> float:
    """Processor time of a fresh process."""
    command = [sys.executable, "-c", f"import sys\n{code}", str(folder)]
    return cpu_seconds(lambda: subprocess.run(command, check=True, capture_output=True))


def cpu_seconds(work: Callable[[], object]) -> float:
    """Processor time of a call, and of the processes that it waits for."""
    timer = Timer()
    work()
    return timer.took()[1]


def fill(folder: Path, records: int) -> None:
    """Write as many records of one protocol."""
    for i in range(records):
        error = 0.2 + 0.25 * i / records
        save(folder, f"row {i}", error, n_items=ITEMS, draw=i, weights=f"w{i}")


def fill_predictions(folder: Path) -> None:
    """Write the predictions of two models and the targets, each in an order of its own."""
    rng = rng_for("benchmark", "predictions")
    targets = rng.integers(0, 10, ROWS)
    for name, error in (("y", 0.0), ("a", 0.2), ("b", 0.21)):
        answers = np.where(rng.random(ROWS) < error, (targets + 1) % 10, targets)
        lines = (f"{i:05d}.png,{answers[i]}" for i in rng.permutation(ROWS))
        (folder / f"{name}.csv").write_text("\n".join(["id,label", *lines]))


def all_pairs_seconds(rows: int) -> float:
    """p-values of all pairs of rows with one repeat."""
    rng = rng_for("benchmark", "pairs")
    errors = [rng.random((1, ITEMS)) < 0.3 for _ in range(rows)]
    return min(cpu_seconds(lambda: all_pairs_pvalues(errors, Design("none"))) for _ in range(3))


def journal_rate(folder: Path, units: int = 200) -> float:
    """Units read a second."""
    journal = Journal(folder)
    for i in range(units):
        journal.put(f"draw {i}", {"predictions": np.zeros(ITEMS, np.uint8)})

    def read() -> None:
        for i in range(units):
            assert journal.get(f"draw {i}") is not None

    return units / min(cpu_seconds(read) for _ in range(REPEATS))


def main() -> None:
    """Measure, print, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=500)
    benchmark = Benchmark("reporting", parser)
    options = benchmark.options
    figures = {}
    with TemporaryDirectory() as name:
        folder = Path(name) / "records"
        fill(folder, options.records)
        fill_predictions(folder)
        for command, code in COMMANDS.items():
            seconds = min(process_seconds(code, folder) for _ in range(REPEATS))
            figures[f"{command}_seconds"] = seconds
            print(f"{command}_seconds {seconds:.2f}", flush=True)
        figures["all_pairs_seconds"] = all_pairs_seconds(options.records)
        figures["journal_units_per_second"] = journal_rate(Path(name) / "journal")
    print(f"all_pairs_seconds {figures['all_pairs_seconds']:.2f}")
    print(f"journal_units_per_second {figures['journal_units_per_second']:.0f}")
    benchmark.record(figures, {"records": options.records, "items": ITEMS})


if __name__ == "__main__":
    main()
