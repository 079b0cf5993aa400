"""Rows of metrics that records do not tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as sk
from tests.make.records import make_predictions, make_record

from dcgan_eval.core import RecordError
from dcgan_eval.records import Predictions, ResultStore
from dcgan_eval.reporting import compare, gather, make_report, make_table
from dcgan_eval.reporting.results.computed import rows_of_metric
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.row_errors import ErrorReader, with_intervals
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.stats import METRICS, Design, interval_for


def save(
    folder: Path, name: str, error: float = 0.3, rows: int = 1, scored: int = 0, **changes: object
) -> Predictions:
    """Store a record with scores of its first rows, whose largest are its predictions."""
    grouped = bool(changes.pop("grouped", False))
    seed = changes.get("seed") or 0
    predictions = make_predictions(error, rows, 400, sum(map(ord, name)) + int(str(seed)), grouped)
    if scored:
        random = np.random.default_rng(5)
        scores = random.random((scored, 400, 10))
        np.put_along_axis(scores, predictions.values[:scored, :, None], 1.5, axis=2)
        predictions = replace(predictions, scores=scores.astype(np.float16))
    record = make_record(predictions, name, **changes)  # type: ignore[arg-type]
    ResultStore(folder).save(record, predictions, {})
    return predictions


FEW: dict[str, object] = {"protocol": "few_labels", "dataset": "svhn"}


def rows_of(folder: Path, metric: str) -> tuple[list[Row], tuple[str, ...]]:
    reader = ErrorReader()
    found = Findings.of(gather(folder).records, published=False)
    rows, left_out = rows_of_metric(found.rows, metric, reader)
    return with_intervals(rows, reader), left_out


@pytest.mark.parametrize("rows", [1, 6])
@pytest.mark.parametrize("grouped", [False, True])
def test_value_and_interval_are_those_of_the_predictions(
    tmp_path: Path, rows: int, grouped: bool
) -> None:
    told = save(tmp_path, "a", 0.3, rows, grouped=grouped, **FEW)
    ((row,), left_out) = rows_of(tmp_path, "macro_f1")
    wanted = [sk.f1_score(told.targets, one, average="macro") for one in told.values]
    assert row.value == pytest.approx(100 * np.mean(wanted))
    losses = METRICS["macro_f1"].losses(told.targets, told.values)
    interval = interval_for(losses, Design("draws"), groups=told.groups)
    assert row.interval is not None and row.interval.method == interval.method
    assert row.interval.low == pytest.approx(100 - 100 * interval.high)
    assert (row.better, row.n_repeats, left_out) == ("high", rows, ())


def test_a_metric_that_the_record_tells_is_the_records(tmp_path: Path) -> None:
    save(tmp_path, "a")
    ((row,), _) = rows_of(tmp_path, "accuracy")
    assert row.computed is None and row.headline
    ((row,), _) = rows_of(tmp_path, "error")
    assert row.computed is METRICS["error"] and row.better == "low"


@pytest.mark.parametrize("name", ["accuracy", "error"])
def test_a_balanced_metric_that_a_record_tells_has_the_same_interval(
    tmp_path: Path, name: str
) -> None:
    told = save(tmp_path / "one", "a")
    value = 100 * sk.balanced_accuracy_score(told.targets, told.values[0])
    record = make_record(told, "a")
    (headline,) = record.outcome.metrics
    other = {
        "name": f"balanced {name}",
        "value": value if name == "accuracy" else 100 - value,
        "better": "high" if name == "accuracy" else "low",
        "headline": False,
        "interval": None,
    }
    changes = {"metrics": (headline, headline.model_copy(update=other))}
    outcome = record.outcome.model_copy(update=changes)
    ResultStore(tmp_path / "two").save(record.model_copy(update={"outcome": outcome}), told, {})
    ((computed,), _) = rows_of(tmp_path / "one", "balanced_accuracy")
    ((row,), _) = rows_of(tmp_path / "two", f"balanced {name}")
    assert row.computed is None and row.interval is not None and computed.interval is not None
    ends = [row.interval.low, row.interval.high]
    ends = ends if name == "accuracy" else [100 - end for end in reversed(ends)]
    assert ends == pytest.approx([computed.interval.low, computed.interval.high])


def test_scores_of_the_first_draws(tmp_path: Path) -> None:
    told = save(tmp_path, "a", 0.3, rows=6, scored=2, **FEW)
    assert told.scores is not None
    ((row,), _) = rows_of(tmp_path, "auroc")
    values = [
        sk.roc_auc_score(told.targets == k, one[:, k]) for one in told.scores for k in range(10)
    ]
    assert row.value == pytest.approx(100 * np.mean(values)) and row.n_repeats == 2
    assert "auroc is of the first 2 of 6 draws." in row.notes
    assert row.interval is not None and "other labelled draws" in row.interval.covers


def test_scores_of_one_draw_of_several_are_an_experiment_of_one(tmp_path: Path) -> None:
    save(tmp_path, "a", 0.3, rows=6, scored=1, **FEW)
    save(tmp_path, "b", 0.4, rows=6, scored=1, **FEW)
    ((row, _), _) = rows_of(tmp_path, "auroc")
    assert row.interval is not None and "the one labelled draw" in row.interval.given
    (pair,) = compare(tmp_path, metric="auroc").pairs
    assert "which labels were drawn is not in this interval" in pair.sentence


def test_without_scores_a_row_is_left_out_with_the_reason(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path, name, scored=1)
    save(tmp_path, "older")
    table = make_table(tmp_path, metric="top5")
    assert len(table.data) == 2
    (problem,) = table.problems
    assert problem.startswith("older: top5 is computed from scores") and "\n" not in problem
    report = compare(tmp_path, metric="top5")
    assert len(report.rows) == 2 and f"Left out: {problem}." in report.warnings
    with pytest.raises(RecordError, match="^older: top5 is computed from scores"):
        make_table(tmp_path, metric="top5", where={"representation": "older"})


def test_recall_of_every_class(tmp_path: Path) -> None:
    told = save(tmp_path, "a")
    table = make_table(tmp_path, metric="recall")
    recalls = sk.recall_score(told.targets, told.values[0], average=None)
    assert [grid.columns[1].name for grid in table.grids][:2] == [
        "recall@class=class 0 (%)",
        "recall@class=class 1 (%)",
    ]
    column = table.header.index("value")
    assert [line[column] for line in table.data] == pytest.approx([100 * x for x in recalls])
    (only,) = make_table(tmp_path, metric="recall@class=class 3").data
    assert only[column] == pytest.approx(100 * recalls[3])


def test_seeds_of_a_method(tmp_path: Path) -> None:
    told = [
        save(tmp_path, f"random, seed {seed}", 0.3, method="random", seed=seed) for seed in range(3)
    ]
    ((row,), _) = rows_of(tmp_path, "balanced_accuracy")
    values = [sk.balanced_accuracy_score(one.targets, one.values[0]) for one in told]
    assert row.value == pytest.approx(100 * np.mean(values)) and row.n_repeats == 3
    assert row.interval is not None and "training seeds" in row.interval.covers


def test_pairs_are_compared_by_the_metric(tmp_path: Path) -> None:
    save(tmp_path, "a", 0.2, scored=1)
    save(tmp_path, "b", 0.5, scored=1)
    save(tmp_path, "c", 0.5, scored=1)
    report = compare(tmp_path, metric="balanced_accuracy")
    assert {pair.found.method for pair in report.pairs} == {"z over items"}
    assert report.pairs[0].significant and "a is better than b" in report.sentences[0]
    (one,) = compare(["a", "b"], within=tmp_path, metric="balanced_accuracy").pairs
    assert one.difference == report.pairs[0].difference
    table = make_table(tmp_path, metric="balanced_accuracy")
    assert [line[table.header.index("bold")] for line in table.data] == [True, False, False]
    assert "balanced accuracy, the mean recall of the classes" in table.render("md")


def test_a_report_shows_metrics_that_are_asked_for(tmp_path: Path) -> None:
    save(tmp_path, "a", scored=1)
    assert "macro_f1" not in make_report(tmp_path)
    page = make_report(tmp_path, metrics=["macro_f1", "auroc"])
    assert "macro_f1 (%)" in page and "auroc (%)" in page
    with pytest.raises(RecordError, match="did you mean 'macro_f1'"):
        make_report(tmp_path, metrics=["macro_f2"])
