"""Protocols and probes that cannot be: one line that says what to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.make.commands import call, refused
from tests.make.pipelines import write_pipeline


def full_labels(**keys: Any) -> dict[str, Any]:
    return {"kind": "full_labels", **keys}


# The protocol of a pipeline, and what the message says.
WRONG_SETTINGS: dict[str, tuple[Any, list[str]]] = {
    "a misspelt key inside": (
        full_labels(train_sise=100),
        ["protocol: unknown key 'train_sise'", "did you mean 'train_size'?"],
    ),
    "a text for a number": (full_labels(seed="3"), ["protocol.seed", "found '3'", "integer"]),
    "a protocol that is none": (
        "full_label",
        ["unknown protocol 'full_label'", "did you mean 'full_labels'?"],
    ),
    "a preset that is none": (
        full_labels(preset="cifar"),
        ["unknown preset 'cifar'", "did you mean 'cifar10'?"],
    ),
    "a probe that is none": (
        full_labels(probe="l2svn"),
        ["unknown probe 'l2svn'", "did you mean 'l2svm'?"],
    ),
    "a probe's key that is none": (
        full_labels(probe={"kind": "l2svm", "toll": 1e-3}),
        ["unknown key 'toll'", "did you mean 'tol'?"],
    ),
    "a descending grid": (full_labels(grid=[0.1, 0.01]), ["protocol.grid", "ascending"]),
    "an endless number": (full_labels(grid=[0.1, float("inf")]), ["protocol.grid"]),
    "a number that is none": (full_labels(grid=[float("nan")]), ["protocol.grid"]),
    "more training images than there are": (
        full_labels(train_size=5000),
        ["5000", "1437", "choose"],
    ),
    "a validation part that is everything": (
        full_labels(validation=1437),
        ["1437", "choose from 1 to 1436"],
    ),
    "a validation part larger than the set": (
        {"kind": "few_labels", "per_class": 5},
        ["10,000 of 1,437 images", "give validation from 1 to 1436", "selection: within_draw"],
    ),
    "an empty validation part": (full_labels(validation=0), ["0", "choose"]),
    "more labels a class than there are": (
        {"kind": "few_labels", "per_class": 500, "validation": 100},
        ["500", "choose fewer"],
    ),
    "folds that nothing fills": (
        {"kind": "few_labels", "per_class": 3, "selection": "within_draw"},
        ["5 folds", "per_class is 3"],
    ),
    "a key without effect": (
        {"kind": "few_labels", "per_class": 3, "folds": 3},
        ["folds has no effect"],
    ),
}


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_wrong_settings(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    protocol, fragments = WRONG_SETTINGS[case]
    refused(call(["run", write_pipeline(protocol=protocol)], capsys), 2, *fragments)
