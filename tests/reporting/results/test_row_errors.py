from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.make.records import make_predictions, make_record, save

from dcgan_eval.core import RecordWarning
from dcgan_eval.records import ResultStore, StoredRecord
from dcgan_eval.reporting import gather
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.pairing import pair_pvalues
from dcgan_eval.reporting.results.row_errors import ErrorReader, with_intervals
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.stats import Design, interval_for


def rows_of(folder: Path, metric: str | None = None) -> list[Row]:
    found = Findings.of(gather(folder).records, published=False)
    return [row for row in found.rows if row.is_of(metric)]


def test_interval_of_seeds_is_that_of_the_method(tmp_path: Path) -> None:
    for seed in range(3):
        save(tmp_path, f"random, seed {seed}", 0.3 + 0.05 * seed, method="random", seed=seed)
    (row,) = rows_of(tmp_path)
    (complete,) = with_intervals([row], ErrorReader())
    interval = complete.interval
    errors = [one.predictions() for one in row.records]
    stacked = np.stack([one.errors[0] for one in errors if one is not None])
    wanted = interval_for(stacked, Design("seeds", setting="method"))
    assert interval is not None
    assert interval.low == pytest.approx(100 - 100 * wanted.high)
    assert interval.high == pytest.approx(100 - 100 * wanted.low)
    assert "training seeds" in interval.covers


def test_with_draws_each_seed_is_the_mean_over_its_draws(tmp_path: Path) -> None:
    for seed in range(3):
        save(
            tmp_path,
            f"random, seed {seed}",
            0.3 + 0.05 * seed,
            rows=5,
            method="random",
            seed=seed,
            protocol="few_labels",
            dataset="svhn",
        )
    (row,) = rows_of(tmp_path)
    (complete,) = with_intervals([row], ErrorReader())
    interval = complete.interval
    errors = [one.predictions() for one in row.records]
    means = np.stack([one.errors.mean(axis=0) for one in errors if one is not None])
    wanted = interval_for(means, Design("seeds", setting="method"))
    assert interval is not None and interval.low == pytest.approx(100 * wanted.low)


def test_predictions_of_another_record_are_noticed(tmp_path: Path) -> None:
    a = save(tmp_path, "a", 0.2)
    b = save(tmp_path, "b", 0.4)
    source = b.with_name(f"{b.stem}.predictions.npz")
    a.with_name(f"{a.stem}.predictions.npz").write_bytes(source.read_bytes())
    row = next(row for row in rows_of(tmp_path) if row.name == "a")
    with pytest.warns(RecordWarning, match="not the predictions that the record was saved with"):
        assert str(ErrorReader().errors(row)).startswith("a has no predictions beside its record")
    # A record of schema 1 has no digests.
    (stored,) = row.records
    older = StoredRecord(stored.record.model_copy(update={"digests": {}}), stored.path)
    errors = ErrorReader().errors(replace(row, records=(older,)))
    assert errors == "a: its predictions are not those of the metric accuracy"


def test_records_in_memory_have_no_predictions() -> None:
    record = make_record(make_predictions(0.2), "a")
    (row,) = Findings.of(gather(record).records, published=False).rows
    assert row.value == record.outcome.headline.value
    assert "no predictions" in str(ErrorReader().errors(row))


def test_predictions_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        save(tmp_path, name, 0.2)
    calls: list[str] = []
    read = StoredRecord.predictions

    def counted(self: StoredRecord) -> object:
        calls.append(self.record.id)
        return read(self)

    monkeypatch.setattr(StoredRecord, "predictions", counted)
    reader = ErrorReader()
    pair_pvalues(rows_of(tmp_path), reader)
    pair_pvalues(rows_of(tmp_path), reader)
    assert len(calls) == 3 == len(ResultStore(tmp_path).load())
