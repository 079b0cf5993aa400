"""Rows of one network that differ in layers: extracted once, the same bits as each alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

from dcgan_eval.core import Progress, Work
from dcgan_eval.data import ImageSet
from dcgan_eval.features import EncoderRepresentation, Narrower, Representation
from dcgan_eval.pipeline import Options, make_plan, pipeline_from, run_pipeline
from dcgan_eval.subjects import Module, Place, SubjectSettings

NETWORK = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}

LAYERS = ("1", "2", "3", "12", "13", "23", "123")
ROWS = [
    {**NETWORK, "layers": [f"layer{digit}" for digit in digits], "name": digits}
    for digits in LAYERS
]


def pipeline(rows: list[dict[str, Any]], **others: object) -> Any:
    return pipeline_from(
        {
            "name": "layers",
            "data": {"name": "digits"},
            "representations": rows,
            "protocol": {"kind": "full_labels", "train_size": 300, "grid": [0.01]},
            "results": "r",
            **others,
        }
    )


def options(folder: Path) -> Options:
    return Options(cache=folder / "cache", results=folder / "results")


@pytest.mark.slow
def test_rows_that_differ_in_layers_are_one_extraction_and_one_statistics_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    fit = EncoderRepresentation.fit

    def counted(self: Any, reference: ImageSet, device: str, progress: Progress) -> Any:
        passes.append(len(reference))
        return fit(self, reference, device, progress)

    monkeypatch.setattr(EncoderRepresentation, "fit", counted)
    together = run_pipeline(pipeline(ROWS), options(tmp_path / "together"))
    # Of one batch each when a fitted state is checked.
    assert len([n for n in passes if n > 128]) == 1
    features = tmp_path / "together" / "cache" / "features"
    assert len(list(features.glob("*/values.bin"))) == 2  # training and test images
    for row, record in zip(ROWS, together, strict=True):
        (alone,) = run_pipeline(pipeline([row]), options(tmp_path / str(row["name"])))
        assert alone.id == record.id
        assert alone.record.outcome == record.record.outcome


def test_features_are_the_bits_of_each_row_alone(tmp_path: Path) -> None:
    plan = make_plan(pipeline(ROWS), options(tmp_path / "a"))
    for row, job in zip(ROWS, plan.all_jobs(), strict=True):
        assert isinstance(job.subject, Narrower) == (row["name"] != "123")
        alone = make_plan(pipeline([row]), options(tmp_path / "b"))
        found = []
        for place, one in ((plan, job), (alone, *alone.all_jobs())):
            assert isinstance(one.subject, Representation)
            matrix = one.subject.features(
                place.test_rows, place.reference, Work(place.options.cache)
            )
            found.append((dict(matrix.spans), matrix[:].tobytes()))
        assert found[0] == found[1]


def test_ablations_are_stored_as_the_pipeline_says(tmp_path: Path) -> None:
    rows = [{**NETWORK, "ablate": ["each"]}]
    plan = make_plan(pipeline(rows, dtype="float16"), options(tmp_path))
    for job in plan.all_jobs():
        assert isinstance(job.subject, Representation)
        matrix = job.subject.features(plan.test_rows, plan.reference, Work(plan.options.cache))
        assert matrix.dtype == np.float16
    assert len(list((tmp_path / "cache" / "features").glob("*/values.bin"))) == 1


def test_other_networks_and_other_columns_are_not_shared(tmp_path: Path) -> None:
    rows = [
        {**NETWORK, "layers": ["layer1"]},
        {**NETWORK, "layers": ["layer2"], "grid": 2},
        {**NETWORK, "layers": ["layer3"], "batch_norm": "batch"},
        {**NETWORK, "layers": ["layer3"], "pool": "avg"},
    ]
    plan = make_plan(pipeline(rows), options(tmp_path))
    assert not any(isinstance(job.subject, Narrower) for job in plan.all_jobs())


def test_layers_that_stop_the_folding_of_others_are_not_shared() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3))
    shape = (1, 8, 8)
    rows = [Module(network, layers=layers, input=shape) for layers in (["0", "2"], ["2"], ["2"])]
    wide, own, _ = (row.representation(0, Place()) for row in rows)
    assert not wide.has_columns_of(own)
    union: SubjectSettings = rows[1].with_layers_of(rows)
    assert isinstance(union, Module)
    assert union.layers == ("0", "2")
