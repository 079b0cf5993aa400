"""Records whose predictions are drawn from a model: no images, no networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import digest_json
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
    ResultStore,
    RunInfo,
    Selection,
    SelectionPoint,
    SetInfo,
    Value,
    record_id,
)
from dcgan_eval.stats import Design as StatisticalDesign
from dcgan_eval.stats import interval_for

CLASSES = 10
GRID = (0.0001, 0.001, 0.01, 0.1)


def make_predictions(
    error: float, rows: int = 1, items: int = 400, seed: int = 0, grouped: bool = False
) -> Predictions:
    """Predictions with about this error: some items are hard for everybody."""
    common = np.random.default_rng(99)
    targets = common.integers(0, CLASSES, items)
    hard = common.normal(size=items)
    own = np.random.default_rng([seed, rows, 7])
    score = hard + own.normal(scale=0.7, size=(rows, items))
    wrong = score > np.quantile(score, 1 - error) if error else np.zeros((rows, items), bool)
    values = np.where(wrong, (targets + own.integers(1, CLASSES, (rows, items))) % CLASSES, targets)
    groups = np.arange(items) // 2 if grouped else None
    return Predictions(values, targets, np.arange(items), groups, CLASSES)


def make_record(
    predictions: Predictions,
    name: str = "pixels",
    *,
    protocol: str = "full_labels",
    dataset: str = "cifar10",
    preset: str | None = None,
    settings: dict[str, Any] | None = None,
    version: int = 1,
    subset: str | None = None,
    method: str | None = None,
    seed: int | None = None,
    step: int | None = None,
    weights: str | None = None,
    layers: tuple[str, ...] = ("conv1", "conv2"),
    score: float = 50.0,
    environment: dict[str, str] | None = None,
    notes: tuple[str, ...] = (),
    row_ids: str = "draws of seed 0",
    items: str = "all",
    train: str = "train",
    identity: dict[str, Any] | None = None,
    details: dict[str, Any] | None = None,
    started: str = "2026-01-02T03:04:05+00:00",
    cpu_seconds: dict[str, float] | None = None,
    load: float | None = None,
) -> Record:
    """The record of some predictions, as a protocol would have made it."""
    n_rows, n_items = predictions.values.shape
    accuracy = protocol == "full_labels"
    rows: Literal["none", "draws"] = "none" if accuracy else "draws"
    errors = predictions.errors
    interval = interval_for(errors, StatisticalDesign(rows), groups=predictions.groups)
    low, high = 100 * interval.low, 100 * interval.high
    by_row = 100 * errors.mean(axis=1)
    info = ProtocolInfo(kind=protocol, version=version, preset=preset, settings=settings or {})
    data = DataInfo(
        name=dataset,
        train=SetInfo(fingerprint=train, size=1000, shape=(32, 32, 3)),
        test=SetInfo(fingerprint=f"{dataset} test", size=n_items, shape=(32, 32, 3)),
        class_names=tuple(f"class {i}" for i in range(CLASSES)),
        subset=subset,
    )
    representation = RepresentationInfo(
        kind="checkpoint",
        name=name,
        method=method,
        seed=seed,
        step=step,
        weights=weights or digest_json([method or name, seed, step]),
        layers=layers,
        columns=1024 * len(layers),
        identity=identity or {"weights": weights or name, "grid": 4, "layers": list(layers)},
    )
    metric = Metric(
        name="accuracy" if accuracy else "error",
        value=100 * (1 - float(errors.mean())) if accuracy else 100 * float(errors.mean()),
        better="high" if accuracy else "low",
        headline=True,
        n_repeats=n_rows,
        spread=float(1.96 * by_row.std()) if n_rows > 1 else None,
        interval=MetricInterval(
            low=100 - high if accuracy else low,
            high=100 - low if accuracy else high,
            method=interval.method,
            covers=interval.covers,
            given=interval.given,
        ),
    )
    curve = tuple(
        SelectionPoint(value=C, score=score - 3.0 * abs(i - 1)) for i, C in enumerate(GRID)
    )
    repeats = tuple(
        Repeat(name=f"draw {i}", values=(Value(name="error", value=float(value)),))
        for i, value in enumerate(by_row)
        if n_rows > 1
    )
    return Record(
        id=record_id(info, data, representation),
        outcome=Outcome(
            protocol=info,
            data=data,
            representation=representation,
            metrics=(metric,),
            selection=(
                Selection(
                    parameter="C",
                    scored_on="validation",
                    metric=metric.name,
                    better="high",
                    curve=curve,
                    chosen=GRID[1],
                    at_end=False,
                ),
            ),
            repeats=repeats,
            predictions=Layout(
                rows=rows,
                n_rows=n_rows,
                n_items=n_items,
                items=f"{dataset} {items}",
                row_ids=row_ids,
                grouped=predictions.groups is not None,
            ),
            notes=notes,
            details=details or {},
        ),
        run=RunInfo(
            started=started,
            seconds={"features": 1.5, "protocol": 2.25},
            cpu_seconds=cpu_seconds or {},
            load=load,
            environment=environment or {"python": "3.11.9", "device": "cpu", "torch": "2.11.0"},
            settings={},
            command="dcgan-eval run pipelines/made.yaml",
            git_revision="0" * 40,
        ),
    )


def exhibits(predictions: Predictions) -> dict[str, NDArray[Any]]:
    """What a protocol leaves for reports."""
    random = np.random.default_rng(3)
    n = predictions.values.shape[1]
    confusion = np.zeros((CLASSES, CLASSES), dtype=np.int64)
    for row in predictions.values:
        np.add.at(confusion, (predictions.targets, row), 1)
    shown = min(n, 300)
    view = random.normal(size=(shown, 2)) + predictions.targets[:shown, None] % 3
    return {
        "confusion": confusion,
        "projection": view.astype(np.float32),
        "projection_rows": np.arange(shown, dtype=np.int64),
    }


def save(
    folder: Path, name: str = "pixels", error: float = 0.3, rows: int = 1, **changes: Any
) -> Path:
    """Store a record with its predictions and exhibits; `make_record` takes the changes."""
    items = changes.pop("n_items", 400)
    grouped = changes.pop("grouped", False)
    draw = changes.pop("draw", sum(map(ord, name)) + (changes.get("seed") or 0))
    predictions = make_predictions(error, rows, items, draw, grouped)
    record = make_record(predictions, name, **changes)
    stored = ResultStore(folder).save(record, predictions, exhibits(predictions))
    assert stored.path is not None
    return stored.path


def save_bare(folder: Path, name: str, error: float, **changes: Any) -> None:
    """Store a record whose protocol leaves no predictions; `make_record` takes the changes."""
    record = make_record(make_predictions(error), name, **changes)
    outcome = record.outcome.model_copy(update={"predictions": None})
    ResultStore(folder).save(record.model_copy(update={"outcome": outcome}), None, {})


def sign(path: Path, values: dict[str, Any]) -> None:
    """Store a record's edited values with the digest that their outcome has."""
    values["digests"]["outcome"] = digest_json(values["outcome"])
    path.write_text(json.dumps(values))


def save_rungs(folder: Path, name: str, errors: dict[int, float], **changes: Any) -> None:
    """A record that tells an error at several numbers of samples, its predictions at the last."""
    predictions = make_predictions(errors[max(errors)], seed=len(name))
    record = make_record(predictions, name, protocol="few_labels", dataset="mnist", **changes)
    last = record.outcome.metrics[0]
    metrics = [
        last.model_copy(
            update={
                "at": {"samples": rung},
                "value": last.value if rung == max(errors) else error,
                "headline": rung == max(errors),
            }
        )
        for rung, error in errors.items()
    ]
    copied = last.model_copy(update={"name": "copied", "value": 1.25, "headline": False})
    protocol = record.outcome.protocol.model_copy(update={"kind": "nearest_samples"})
    parts = {"metrics": (*metrics, copied), "protocol": protocol, "selection": ()}
    outcome = record.outcome.model_copy(update=parts)
    ResultStore(folder).save(record.model_copy(update={"outcome": outcome}), predictions, {})
