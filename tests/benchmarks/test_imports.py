"""Benchmarks are run by hand: that they still find what they measure is seen here."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("name", sorted(path.stem for path in BENCHMARKS.glob("*.py")))
def test_a_benchmark_imports_and_records_as_all_do(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    module = importlib.import_module(f"benchmarks.{name}")
    # All read --record and --loaded, and leave their record, in one way.
    assert hasattr(module, "main") == hasattr(module, "Benchmark") or name == "common"
