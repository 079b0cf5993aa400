"""What must not change, computed from today's code: ids, cache keys, tables, comparisons, runs.

``python -m tests.net.making`` writes the fixtures anew, in a commit that says what changes on
purpose and lists the ids. Ids and keys are held by bytes. Texts are held by a digest of their
bytes, numbers of more than nine digits rounded to nine: processors differ in the last ones.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DcganEvalError, RecordError, Subject
from dcgan_eval.features import Representation
from dcgan_eval.pipeline import (
    Options,
    Plan,
    Results,
    make_plan,
    pipeline_from,
    read_pipeline,
    run_pipeline,
)
from dcgan_eval.records import Record, StoredRecord, read_record, read_records, record_id
from dcgan_eval.reporting import compare, make_report, table

REPOSITORY = Path(__file__).parents[2]
RESULTS = REPOSITORY / "results"
HERE = Path(__file__).parent
# ``demo`` in these fixtures.
DEMO = HERE / "demo.yaml"

FORMATS = ("md", "csv", "latex", "html")
VIEWS = ("representations", "pivot", "layers", "steps", "rungs")
COMPARISONS = ("md", "csv", "json", "latex", "html")

# Pipelines whose data and networks come with the package and the repository.
AT_HAND = ("demo", "digits")
# Folders of results/ that commands of the README make and nobody commits.
MADE_HERE = ("demo", "digits", "module")
# Pipelines that need published data sets and checkpoints.
PUBLISHED = (
    "cifar10",
    "cifar10_3000",
    "cifar10_400",
    "cifar10_kmeans",
    "mnist",
    "mnist_nn",
    "mnist_nn_ours",
    "mnist_nn_quick",
    "svhn_subset",
    "svhn_subset_supervised",
)

_DIGITS = {"name": "digits"}
_PIXELS = {"kind": "pixels"}
_RANDOM = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset", "seeds": 2}
_SMALL_GENERATOR = {
    "kind": "generator_module",
    "name": "drawn",
    "module": "tests.net.generators:drawn",
    "spec": {"image_shape": [1, 8, 8], "z_dim": 6, "n_classes": 10, "label": "one_hot"},
}

# A tiny run of each protocol and of each kind of representation.
RUNS: dict[str, dict[str, Any]] = {
    "full_labels": {
        "representations": [
            {"kind": "checkpoint", "path": "digits_dcgan8.safetensors", "ablate": ["each"]},
            {**_RANDOM, "batch_norm": "batch", "seeds": 1},
            {"kind": "kmeans", "maps": 5, "patch": 3, "patches": 500, "iterations": 3},
            _PIXELS,
        ],
        "protocol": {"kind": "full_labels", "train_size": 200, "grid": [0.003, 0.03, 0.3]},
    },
    "full_labels_knn": {
        "representations": [_PIXELS],
        "protocol": {"kind": "full_labels", "train_size": 200, "probe": "knn"},
    },
    "full_labels_logistic": {
        "representations": [_PIXELS],
        "protocol": {
            "kind": "full_labels",
            "train_size": 120,
            "grid": [0.1, 1.0],
            "probe": {"kind": "logistic", "standardize": True},
        },
    },
    "few_labels": {
        "representations": [_RANDOM, _PIXELS],
        "protocol": {
            "kind": "few_labels",
            "per_class": 5,
            "draws": 6,
            "selection_draws": 2,
            "validation": 200,
            "grid": [0.003, 0.03],
            "extend": False,
        },
    },
    "few_labels_within": {
        "representations": [_PIXELS],
        "protocol": {
            "kind": "few_labels",
            "per_class": 4,
            "draws": 3,
            "selection": "within_draw",
            "folds": 2,
            "grid": [0.01, 0.1],
        },
    },
    "supervised": {
        "representations": [{"kind": "architecture", "network": "dcgan8"}],
        "protocol": {
            "kind": "supervised",
            "per_class": 5,
            "validation": 100,
            "trials": 3,
            "rungs": [1],
            "kept": [2],
            "epochs": 2,
            "batch": 16,
        },
    },
    "nearest_samples": {
        "generators": [
            {"kind": "real"},
            {"kind": "deformed", "elastic": 0.3, "smoothness": 2.0},
            _SMALL_GENERATOR,
        ],
        "protocol": {
            "kind": "nearest_samples",
            "rungs": [100, 400],
            "seeds": 2,
            "compared": 100,
            "block": 128,
        },
    },
}


def digest(text: str) -> str:
    """A digest of a text that the last digits of its numbers do not decide."""
    rounded = re.sub(r"\d+\.\d{7,}(?:e[-+]\d+)?", lambda one: f"{float(one[0]):.9g}", text)
    return hashlib.sha256(rounded.encode()).hexdigest()[:32]


def committed() -> Iterator[tuple[str, Record]]:
    """Every record of ``results/`` by its path there."""
    folders = sorted(one for one in RESULTS.iterdir() if one.name not in MADE_HERE)
    found, _ = read_records(one for one in folders if one.is_dir())
    for stored in found:
        assert stored.path is not None
        yield stored.path.relative_to(RESULTS).as_posix(), stored.record


def record_ids() -> dict[str, str]:
    """The id of every committed record, made again of what it says of itself."""
    return {
        path: record_id(record.outcome.protocol, record.outcome.data, record.outcome.representation)
        for path, record in sorted(committed())
    }


def folders() -> list[str]:
    """Folders of ``results/`` with records in them."""
    return sorted({path.rpartition("/")[0] for path, _ in committed()})


def texts(folder: str) -> Iterator[tuple[str, str]]:
    """Every table, comparison and report of a results folder, in every format."""
    place = RESULTS / folder
    for view in VIEWS:
        for format in FORMATS:
            for metric in (None, "all") if view == "representations" else (None,):
                name = f"table {view} {metric or 'headline'} {format}"
                yield (
                    name,
                    _said(lambda v=view, f=format, m=metric: table(place, f, view=v, metric=m)),
                )
    for format in COMPARISONS:
        yield f"compare {format}", _said(lambda f=format: compare(place).render(f))


def report(folder: str) -> str:
    """The page of a results folder, with no images at hand."""
    return make_report(RESULTS / folder, title=folder)


def _said(make: Any) -> str:
    """A text, or the one line that says why there is none."""
    try:
        return str(make())
    except RecordError as error:
        return f"RecordError: {error}"


def plans(
    name: str,
    data_roots: tuple[Path, ...] = (),
    checkpoints: tuple[Path, ...] = (),
    cache: Path | None = None,
) -> list[dict[str, Any]]:
    """Ids and cache keys of the jobs of a committed pipeline."""
    with tempfile.TemporaryDirectory() as folder:
        plan = make_plan(
            read_pipeline(DEMO if name == "demo" else REPOSITORY / "pipelines" / f"{name}.yaml"),
            Options(
                cache=cache or Path(folder),
                data_roots=data_roots,
                checkpoint_roots=(*checkpoints, REPOSITORY / "zoo", REPOSITORY),
                allow_code=True,
            ),
        )
        return [
            {"name": job.subject.name, "id": job.id, "features": _keys(plan, job.subject)}
            for job in plan.all_jobs()
        ]


def _keys(plan: Plan, subject: Subject) -> list[str]:
    """Keys of the features of training and test items, where there are features."""
    if not isinstance(subject, Representation):
        return []
    return [subject.key(rows, plan.reference) for rows in (plan.train_rows, plan.test_rows)]


def run(name: str, folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """A tiny run: what came out of it as JSON values, and its predictions."""
    pipeline = pipeline_from({"name": name, "data": _DIGITS, "results": "r", **RUNS[name]})
    options = Options(
        cache=folder / "cache",
        results=folder / "results",
        checkpoint_roots=(REPOSITORY / "zoo",),
        allow_code=True,
    )
    return outcomes(run_pipeline(pipeline, options), folder)


def demo(folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The pipeline beside these fixtures."""
    options = Options(
        cache=folder / "cache", results=folder / "results", checkpoint_roots=(REPOSITORY / "zoo",)
    )
    return outcomes(run_pipeline(read_pipeline(DEMO), options), folder)


def outcomes(records: Results, folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Ids, choices, metrics and predictions of a run, and the keys in its cache."""
    found: dict[str, Any] = {"records": []}
    predictions: dict[str, NDArray[Any]] = {}
    for record in records:
        (path,) = (folder / "results").glob(f"*.{record.id[:12]}.json")
        again = read_record(path)
        assert again == record.record
        with np.load(path.with_name(path.name.removesuffix(".json") + ".predictions.npz")) as one:
            predictions[record.id] = one["values"]
        found["records"].append(
            {
                "id": record.id,
                "name": record.outcome.representation.name,
                "chosen": [selection.chosen for selection in record.outcome.selection],
                "metrics": metrics(record),
            }
        )
    keys = (folder / "cache" / "features").glob("*/about.json")
    found["features"] = sorted(path.parent.name for path in keys)
    return found, predictions


def metrics(record: StoredRecord) -> list[list[Any]]:
    """Name, value and bounds of every metric."""
    return [
        [
            metric.label,
            metric.value,
            *([metric.interval.low, metric.interval.high] if metric.interval else []),
        ]
        for metric in record.outcome.metrics
    ]


def write() -> None:
    """Write all fixtures that can be made here."""
    os.chdir(REPOSITORY)
    data = Path(os.environ.get("DCGAN_EVAL_DATA", REPOSITORY.parent / "shared" / "data"))
    checkpoints = Path(
        os.environ.get("DCGAN_EVAL_CHECKPOINTS", REPOSITORY.parent / "shared" / "checkpoints")
    )
    _write("records", record_ids())
    held = {folder: {name: digest(text) for name, text in texts(folder)} for folder in folders()}
    _write("texts", held)
    _write("reports", {folder: digest(report(folder)) for folder in folders()})
    made: dict[str, Any] = {name: plans(name) for name in AT_HAND}
    for name in PUBLISHED:
        try:
            made[name] = plans(name, (data,), (checkpoints,))
        except DcganEvalError as error:
            print(f"{name}: left as it was: {error}", file=sys.stderr)
            made[name] = json.loads((HERE / "plans.json").read_text())[name]
    _write("plans", made)
    runs: dict[str, Any] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for name in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            runs[name], found = run(name, Path(folder))
            arrays |= found
    with tempfile.TemporaryDirectory() as folder:
        runs["demo"], found = demo(Path(folder))
        arrays |= found
    _write("runs", runs)
    np.savez_compressed(HERE / "predictions.npz", **arrays)


def _write(name: str, values: object) -> None:
    (HERE / f"{name}.json").write_text(json.dumps(values, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    write()
