"""The committed record of the full simulation, and what the documentation says of it."""

import json
from pathlib import Path

import pytest

from benchmarks import statistics_table

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "results" / "benchmarks" / "statistics.json"


@pytest.fixture(scope="module")
def record():
    return json.loads(RECORD.read_text())


def test_every_figure_is_within_its_limits(record):
    assert record["details"]["misses"] == []
    for start, (low, high) in record["details"]["limits"].items():
        found = {k: v for k, v in record["figures"].items() if k.startswith(start)}
        assert found, f"nothing was simulated for {start}"
        assert all(low <= value <= high for value in found.values())


def test_all_cells_are_there_with_enough_replicates(record):
    cells = [key for key in record["figures"] if key.startswith("coverage/two_way/")]
    assert len(cells) == 16
    assert record["details"]["replicates"] >= 4000  # power: half


def test_the_documentation_shows_the_record(record):
    text = (ROOT / "docs" / "statistics.md").read_text()
    for table in statistics_table.tables(record["figures"]):
        assert table in text
