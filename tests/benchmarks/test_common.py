from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest

from benchmarks import common


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where records go."""
    monkeypatch.setattr(common, "RESULTS", tmp_path)
    return tmp_path


def begin(monkeypatch: pytest.MonkeyPatch, load: float | None, *words: str) -> common.Benchmark:
    """A benchmark that is started with these words at this load."""
    monkeypatch.setattr(common, "load_average", lambda: load)
    monkeypatch.setattr("sys.argv", ["benchmarks/some.py", *words])
    return common.Benchmark("some", ArgumentParser())


def said(results: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((results / "some.json").read_text())
    return found


def test_a_busy_machine_is_refused_before_any_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        begin(monkeypatch, 0.51, "--record")
    assert refused.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "0.51" in line and "0.5:" in line and "--loaded" in line


def test_a_record_says_the_load_before_and_what_it_took(
    monkeypatch: pytest.MonkeyPatch, results: Path
) -> None:
    benchmark = begin(monkeypatch, 0.5, "--record")
    monkeypatch.setattr(common, "load_average", lambda: 9.0)  # of the benchmark's own work
    time.sleep(0.3)
    benchmark.record({"rate": 2.0}, {"rows": 5})
    record = said(results)
    assert record["figures"] == {"rate": 2.0} and record["details"] == {"rows": 5}
    assert record["load_before"] == 0.5 and record["loaded"] is False
    assert record["cpu_seconds"] < record["seconds"]


def test_a_record_beside_other_work_is_marked(
    monkeypatch: pytest.MonkeyPatch, results: Path
) -> None:
    begin(monkeypatch, 3.0, "--record", "--loaded").record({}, {})
    assert said(results)["loaded"] is True and said(results)["load_before"] == 3.0


def test_nothing_is_written_unasked(monkeypatch: pytest.MonkeyPatch, results: Path) -> None:
    begin(monkeypatch, 3.0).record({}, {})
    assert not list(results.iterdir())


@pytest.mark.parametrize("before", [{"loaded": True}, {"loaded": False}, {}])
def test_parts_of_a_record_that_is_kept_are_as_loaded_as_they_were(
    before: dict[str, bool], monkeypatch: pytest.MonkeyPatch, results: Path
) -> None:
    old = {"figures": {"a": 1.0}, "details": {"b": 2}, **before}
    (results / "some.json").write_text(json.dumps(old))
    benchmark = begin(monkeypatch, None, "--record")
    figures, details = benchmark.kept()
    benchmark.record(figures, details)
    assert said(results)["figures"] == {"a": 1.0} and said(results)["details"] == {"b": 2}
    # A record that does not say may have been made beside anything.
    assert said(results)["loaded"] is before.get("loaded", True)
