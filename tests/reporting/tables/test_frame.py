from __future__ import annotations

from pathlib import Path

import numpy as np

from dcgan_eval.records import ResultStore
from dcgan_eval.reporting import load_results
from tests.make.records import save


def test_a_row_a_metric_and_repeat(tmp_path: Path) -> None:
    for name, error in (("A", 0.20), ("B", 0.21), ("C", 0.40)):
        save(tmp_path / "cifar10", name, error)
        save(tmp_path / "svhn", name, error, rows=5, protocol="few_labels", dataset="svhn")
    frame = load_results([tmp_path / "cifar10", tmp_path / "svhn"])
    assert len(frame) == 3 * 1 + 3 * 5
    draws = frame[(frame.dataset == "svhn") & (frame.representation == "A")]
    assert draws["repeat"].tolist() == [f"draw {i}" for i in range(5)]
    assert np.isclose(draws["value"].mean(), draws["mean"].iloc[0])
    assert frame[frame.dataset == "cifar10"]["repeat"].tolist() == ["", "", ""]


def test_numbers_are_those_of_the_record_bit_for_bit(tmp_path: Path) -> None:
    save(tmp_path, "A", 0.2, rows=7, protocol="few_labels")
    (stored,) = ResultStore(tmp_path).load()
    metric = stored.record.outcome.headline
    assert metric.interval is not None
    first = load_results(tmp_path).iloc[0]
    ends = metric.interval.low, metric.interval.high
    assert (first["mean"], first["low"], first["high"]) == (metric.value, *ends)


def test_no_results_have_the_columns_too(tmp_path: Path) -> None:
    frame = load_results(tmp_path)
    assert len(frame) == 0 and frame.columns[:3].tolist() == ["representation", "method", "seed"]
    assert frame.columns[-1] == "record"
