"""Records of schema 1 become records of today."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from dcgan_eval.core import RecordError
from dcgan_eval.records import SCHEMA_VERSION, Record, read_record
from dcgan_eval.records.migrations import STEPS, migrate

RESULTS = Path(__file__).parents[2] / "results"
# Records of schema 1; what a demo leaves here is of today's.
COMMITTED = [
    path
    for path in sorted(RESULTS.rglob("*.json"))
    if re.fullmatch(r".+\.[0-9a-f]{12}\.json", path.name)
    and json.loads(path.read_text())["schema_version"] == 1
]

# As small as a record of schema 1 can be; `RUNGS` has what only samples had.
SMALL: dict[str, Any] = {
    "schema_version": 1,
    "id": "a" * 64,
    "outcome": {
        "protocol": {"kind": "full_labels", "version": 1, "settings": {}},
        "data": {
            "name": "cifar10",
            "train": {"fingerprint": "b", "size": 9, "shape": [32, 32, 3]},
            "test": {"fingerprint": "c", "size": 3, "shape": [32, 32, 3]},
            "class_names": ["cat", "dog"],
        },
        "representation": {"kind": "pixels", "name": "pixels", "identity": {}},
        "metrics": [{"name": "accuracy", "value": 62.5, "better": "high"}],
        "design": {"rows": "none", "n_rows": 1, "n_items": 3, "items": "d", "row_ids": "e"},
    },
    "run": {"started": "", "seconds": {}, "environment": {}, "settings": {}, "command": ""},
}
RUNGS: dict[str, Any] = {
    **SMALL,
    "outcome": {
        **SMALL["outcome"],
        "metrics": [
            {"name": "error@1000", "value": 12.5, "better": "low", "n_repeats": 2},
            {"name": "error@50000", "value": 3.25, "better": "low", "headline": True},
            {"name": "copied", "value": 0.5, "better": "low"},
            {"name": "of@home", "value": 1.0, "better": "low"},
        ],
        "repeats": [{"name": "seed 0", "values": {"C": 0.5, "error@1000": 12.0}}],
    },
}


def test_a_small_record() -> None:
    record = Record.model_validate(migrate(SMALL))
    (metric,) = record.outcome.metrics
    assert (metric.name, metric.value, metric.at, metric.label) == (
        "accuracy",
        62.5,
        {},
        "accuracy",
    )
    assert record.outcome.predictions is not None and record.outcome.predictions.n_items == 3
    assert record.outcome.repeats == () and record.digests == {}
    assert record.schema_version == SCHEMA_VERSION


def test_names_with_a_number_become_coordinates() -> None:
    record = Record.model_validate(migrate(RUNGS))
    found = [(one.name, one.at, one.label) for one in record.outcome.metrics]
    assert found == [
        ("error", {"samples": 1000}, "error@1000"),
        ("error", {"samples": 50000}, "error@50000"),
        ("copied", {}, "copied"),
        ("of@home", {}, "of@home"),
    ]
    assert record.outcome.headline.label == "error@50000"
    (repeat,) = record.outcome.repeats
    told = {one.label: (one.name, one.value, one.at) for one in repeat.values}
    assert told == {"C": ("C", 0.5, {}), "error@1000": ("error", 12.0, {"samples": 1000})}


@pytest.mark.parametrize("values", [SMALL, RUNGS])
def test_steps_leave_what_they_are_given(values: dict[str, Any]) -> None:
    before = copy.deepcopy(values)
    assert migrate(values) == migrate(values)
    assert values == before


@pytest.mark.parametrize("place", ["outcome", "outcome.metrics", "outcome.design"])
def test_what_is_no_record_is_one_line(place: str, tmp_path: Path) -> None:
    for broken in (None, 3, "text", [1], [{}], {"x": 1}):
        values = copy.deepcopy(RUNGS)
        part = values if place == "outcome" else values["outcome"]
        part[place.rpartition(".")[2]] = broken
        (tmp_path / "x.json").write_text(json.dumps(values))
        if place == "outcome.design" and broken is None:
            continue  # no predictions
        with pytest.raises(RecordError, match=r"^x\.json: not a record") as caught:
            read_record(tmp_path / "x.json")
        assert "\n" not in str(caught.value)


def test_every_past_version_has_a_step() -> None:
    assert sorted(STEPS) == list(range(1, SCHEMA_VERSION))


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
def test_committed_records(path: Path) -> None:
    values = json.loads(path.read_text())
    record = read_record(path)
    before, after = values["outcome"], record.outcome
    assert [one["name"] for one in before["metrics"]] == [one.label for one in after.metrics]
    assert not any(re.search(r"@[0-9]", one.name) for one in after.metrics)
    assert [one["value"] for one in before["metrics"]] == [one.value for one in after.metrics]
    assert [one["values"] for one in before["repeats"]] == [
        {value.label: value.value for value in one.values} for one in after.repeats
    ]
    again = json.loads(after.model_dump_json())
    assert again["predictions"] == {"grouped": False, **before["design"]}
    for name in set(before) - {"metrics", "repeats", "design", "data"}:
        assert again[name] == before[name] or name == "representation", name
    assert values["run"]["command"] == record.run.command


def test_there_are_committed_records() -> None:
    assert COMMITTED
