"""500 records in one folder: table and comparison in two seconds, report in ten, start included.

Seconds of processor time of the whole process, the least of three: other work on the machine can
only add to them.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from .made import save

RECORDS = 500


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    for i in range(RECORDS):
        save(folder, f"row {i}", 0.2 + 0.0005 * i, n_items=2000, draw=i, weights=f"w{i}")
    return folder


def cpu_seconds(code: str, *arguments: str) -> float:
    """Processor time of a fresh process that runs some code, which must not import torch."""
    whole = f"import sys\n{code}\nassert 'torch' not in sys.modules, 'torch was imported'"
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", whole, *arguments], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(seconds)


def test_table(folder: Path) -> None:
    code = "from dcgan_eval.reporting import table; assert len(table(sys.argv[1])) > 20_000"
    assert cpu_seconds(code, str(folder)) < 2


def test_compare_two(folder: Path) -> None:
    code = (
        "from dcgan_eval.reporting import compare\n"
        "assert 'better' in compare(['row 3', 'row 400'], within=sys.argv[1]).render('md')"
    )
    assert cpu_seconds(code, str(folder)) < 2


def test_report(folder: Path, tmp_path: Path) -> None:
    code = "from dcgan_eval.reporting import make_report\nassert '<h2' in make_report(sys.argv[1])"
    assert cpu_seconds(code, str(folder), str(tmp_path / "page.html")) < 10


def test_the_command_line_starts_without_torch_and_plots() -> None:
    code = (
        "from dcgan_eval.cli.main import make_app; make_app()\n"
        "assert not {'matplotlib', 'pandas', 'scipy', 'sklearn'} & set(sys.modules)"
    )
    assert cpu_seconds(code) < 1.5
