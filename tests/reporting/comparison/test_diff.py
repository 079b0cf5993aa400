"""Which identity fields of two records differ, and what differs outside the id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dcgan_eval
from dcgan_eval.core import RecordError
from dcgan_eval.records import Record, record_id
from dcgan_eval.reporting import diff
from tests.make.records import make_predictions, make_record, save

PREDICTIONS = make_predictions(0.3)
COMMITTED = Path(__file__).parents[3] / "results"


def changed(part: str, **fields: Any) -> Record:
    """The same record with fields of one part of its outcome changed, and its own id."""
    record = make_record(PREDICTIONS)
    new = getattr(record.outcome, part).model_copy(update=fields)
    outcome = record.outcome.model_copy(update={part: new})
    own = record_id(outcome.protocol, outcome.data, outcome.representation)
    return record.model_copy(update={"outcome": outcome, "id": own})


def paths(a: Record, b: Record) -> list[str]:
    return [one.path for one in diff(a, b).identity]


def test_the_fields_that_decide_the_id_are_told_by_their_paths() -> None:
    here = make_record(PREDICTIONS, settings={"seed": 0, "probe": {"kind": "l2svm", "tol": 0.1}})
    there = make_record(
        PREDICTIONS,
        settings={"seed": 1, "probe": {"kind": "l2svm", "tol": 0.1}, "grid": [0.1, 1.0]},
        layers=("conv1",),
        train="other",
    )
    assert diff(here, there).lines() == [
        "protocol.settings.grid: absent in A, [0.1, 1.0] in B",
        "protocol.settings.seed: 0 in A, 1 in B",
        'data.train.fingerprint: "train" in A, "other" in B',
        'representation.layers: ["conv1", "conv2"] in A, ["conv1"] in B',
        'representation.identity.layers: ["conv1", "conv2"] in A, ["conv1"] in B',
    ]


SET = make_record(PREDICTIONS).outcome.data.test
CHANGES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("protocol", {"kind": "other"}, ["protocol.kind"]),
    ("protocol", {"version": 2}, ["protocol.version"]),
    ("data", {"subset": "limit"}, ["data.subset"]),
    (
        "data",
        {"test": SET.model_copy(update={"fingerprint": "x"})},
        ["data.test.fingerprint"],
    ),
    ("data", {"test": SET.model_copy(update={"groups": "x"})}, ["data.test.groups"]),
    ("representation", {"kind": "network"}, ["representation.kind"]),
    ("representation", {"weights": "x"}, ["representation.weights"]),
    ("representation", {"seed": 3}, ["representation.seed"]),
    ("representation", {"name": "other"}, []),
    ("representation", {"method": "other"}, []),
    ("data", {"name": "other", "class_names": ("a", "b")}, []),
]


@pytest.mark.parametrize(("part", "fields", "expected"), CHANGES)
def test_what_is_told_is_what_the_id_is_made_of(
    part: str, fields: dict[str, Any], expected: list[str]
) -> None:
    here, there = make_record(PREDICTIONS), changed(part, **fields)
    assert paths(here, there) == expected
    assert (here.id == there.id) == (not expected)
    if not expected:
        assert diff(here, there).lines()[0] == "same id"
        assert len(diff(here, there).lines()) > 1, "names are told outside the id"


KEYS = st.sampled_from("abc")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | KEYS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner),
    max_leaves=5,
)


@pytest.mark.slow
@given(a=st.dictionaries(KEYS, JSON), b=st.dictionaries(KEYS, JSON))
def test_no_difference_exactly_when_the_ids_are_the_same(
    a: dict[str, Any], b: dict[str, Any]
) -> None:
    here, there = (changed("representation", identity=one) for one in (a, b))
    assert (here.id == there.id) == (not paths(here, there))


def test_what_differs_outside_the_id_is_told_shortly() -> None:
    here = make_record(PREDICTIONS, environment={"device": "cpu", "torch": "2.11.0"})
    there = make_record(
        make_predictions(0.32, seed=5), environment={"device": "cuda", "torch": "2.11.0"}
    )
    lines = diff(here, there).lines()
    assert lines[0] == "same id"
    assert "device: cpu in A, cuda in B" in lines
    assert not any("torch" in line for line in lines)
    (metric,) = [line for line in lines if line.startswith("accuracy")]
    a, b = (one.outcome.headline.value for one in (here, there))
    assert metric == f"accuracy: {a:.2f} % in A, {b:.2f} % in B ({b - a:+.2f})"
    assert diff(here, here).lines() == ["same id"]


def test_records_are_found_as_compare_finds_them(tmp_path: Path) -> None:
    here = save(tmp_path, "pixels")
    there = save(tmp_path, "random", method="random weights", seed=1)
    save(tmp_path, "random 2", method="random weights", seed=2)
    found = diff(here, there)
    assert [one.record.outcome.representation.name for one in (found.a, found.b)] == [
        "pixels",
        "random",
    ]
    assert diff("pixels", "random", within=tmp_path).lines() == found.lines()
    assert diff(found.a.record.id[:12], there, within=tmp_path).lines() == found.lines()
    with pytest.raises(
        RecordError, match=r"'random weights': 2 records; give one .*: [0-9a-f]{12}, "
    ):
        diff("pixels", "random weights", within=tmp_path)
    with pytest.raises(RecordError, match=r"3 records; give one"):
        diff("pixels", tmp_path, within=tmp_path)
    with pytest.raises(RecordError, match=r"'pixel' is no file, .* did you mean 'pixels'"):
        diff("pixel", there, within=tmp_path)
    assert dcgan_eval.diff is diff


def test_committed_records() -> None:
    folder = COMMITTED / "svhn_subset"
    found = diff("DCGAN (authors)", "random weights, seed 0", within=folder)
    told = {one.path for one in found.identity}
    assert {"representation.kind", "representation.weights", "representation.seed"} <= told
    assert not any(path.startswith(("protocol", "data")) for path in told)
