"""Small records whose every number is made up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dcgan_eval.records import (
    DataInfo,
    Layout,
    Metric,
    MetricInterval,
    Outcome,
    Predictions,
    ProtocolInfo,
    Record,
    Repeat,
    RepresentationInfo,
    RunInfo,
    Selection,
    SelectionPoint,
    SetInfo,
    Value,
    record_id,
)

ROWS, ITEMS, CLASSES = 3, 40, 10


@pytest.fixture
def predictions() -> Predictions:
    random = np.random.default_rng(5)
    return Predictions(
        values=random.integers(0, CLASSES, (ROWS, ITEMS)),
        targets=random.integers(0, CLASSES, ITEMS),
        item_ids=np.arange(ITEMS),
        groups=np.arange(ITEMS) // 4,
        n_classes=CLASSES,
    )


@pytest.fixture
def make_record() -> Callable[..., Record]:
    """A record; a keyword replaces the field of that name wherever it stands."""

    def make(**changes: Any) -> Record:
        def pick(name: str, default: Any) -> Any:
            return changes.get(name, default)

        protocol = ProtocolInfo(
            kind=pick("kind", "few_labels"),
            version=pick("version", 1),
            preset="svhn1000",
            settings=pick("settings", {"draws": ROWS, "grid": [0.001, 0.01]}),
        )
        data = DataInfo(
            name="svhn",
            train=SetInfo(fingerprint=pick("train", "a" * 64), size=100, shape=(32, 32, 3)),
            test=SetInfo(fingerprint="b" * 64, size=ITEMS, shape=(32, 32, 3)),
            class_names=tuple("0123456789"),
            subset=pick("subset", None),
        )
        representation = RepresentationInfo(
            kind="checkpoint",
            name=pick("name", "DCGAN (authors)"),
            weights=pick("weights", "c" * 64),
            layers=("layer1", "layer2"),
            columns=3072,
            identity=pick("identity", {"grid": 4, "batch_norm": "dataset"}),
            seed=pick("seed", None),
        )
        interval = MetricInterval(
            low=80.5, high=95.25, method="two-way t", covers="other items", given="the weights"
        )
        outcome = Outcome(
            protocol=protocol,
            data=data,
            representation=representation,
            metrics=(
                Metric(
                    name="error",
                    value=pick("value", 88.125),
                    better="low",
                    interval=interval,
                    sd=1.5,
                    n_repeats=ROWS,
                    headline=True,
                    spread=2.4,
                ),
            ),
            selection=(
                Selection(
                    parameter="C",
                    scored_on="validation",
                    metric="error",
                    better="low",
                    curve=(
                        SelectionPoint(value=0.001, score=20.5, scores=(20.0, 21.0)),
                        SelectionPoint(value=0.01, score=21.5, scores=(21.0, 22.0)),
                    ),
                    chosen=0.001,
                    at_end=True,
                ),
            ),
            repeats=tuple(
                Repeat(name=f"draw {i}", values=(Value(name="error", value=88.0 + i),))
                for i in range(ROWS)
            ),
            predictions=Layout(
                rows="draws",
                n_rows=ROWS,
                n_items=ITEMS,
                items="d" * 64,
                row_ids="e" * 64,
                grouped=True,
            ),
            notes=("C chosen on 10,000 validation labels",),
            details=pick("details", {"probe": {"iterations": 12}}),
        )
        run = RunInfo(
            started=pick("started", "2026-01-02T03:04:05+00:00"),
            seconds={"features": 10.5, "protocol": 2.25},
            environment={"python": "3.11.9", "device": "cpu", "torch": "2.11.0"},
            settings={"name": "svhn1000"},
            command="dcgan-eval run pipelines/svhn1000.yaml",
            git_revision="0" * 40,
        )
        identity = record_id(protocol, data, representation)
        return Record(id=identity, outcome=outcome, run=run)

    return make
