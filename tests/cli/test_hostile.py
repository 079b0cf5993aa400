"""Files that are made to hang or to fill the memory of whoever reads them: one line each.

Each may take half a gigabyte; what it takes stands in the record of `benchmarks.hostile`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.make.hostile import HOSTILE, read_by_copies

ROOT = Path(__file__).parents[2]
MOST_MEGABYTES, MOST_SECONDS = 512, 10


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_hostile_files_are_one_line(tmp_path: Path) -> None:
    wrong = {}
    for name, told in read_by_copies(HOSTILE, tmp_path, MOST_MEGABYTES << 20).items():
        err = told.err
        one_line = err.count("\n") == 1 and "Traceback" not in err and "a bug" not in err
        if not (one_line and told.code in (1, 2) and HOSTILE[name].words in err):
            wrong[name] = (told.code, err)
        elif told.seconds >= MOST_SECONDS:
            wrong[name] = (told.seconds, err)
    assert not wrong


def test_what_each_reader_takes_is_recorded() -> None:
    record = json.loads((ROOT / "results" / "benchmarks" / "hostile.json").read_text())
    assert set(record["details"]) == set(HOSTILE)
    for name, one in record["details"].items():
        assert one["megabytes"] < MOST_MEGABYTES and one["seconds"] < MOST_SECONDS, name
    said = (ROOT / "docs" / "index.md").read_text()
    for reader in {one.reader for one in HOSTILE.values()}:
        figures = (record["figures"][f"{reader}: {unit}"] for unit in ("megabytes", "seconds"))
        megabytes, seconds = figures
        assert f"| {reader} | {megabytes:.0f} | {seconds:.1f} |" in said, reader
