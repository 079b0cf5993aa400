from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests_reporting_made import make_predictions, make_record, save

from dcgan_eval.core import RecordWarning
from dcgan_eval.records import ResultStore, StoredRecord
from dcgan_eval.reporting import gather
from dcgan_eval.reporting.cells import CellReader, Cells, row_interval, why_not
from dcgan_eval.reporting.pairwise import pair_pvalues
from dcgan_eval.reporting.rows import Row, make_rows, published_rows
from dcgan_eval.stats import Design, compare_paired, interval_for


def rows_of(folder: Path, metric: str | None = None) -> list[Row]:
    return make_rows(gather(folder).records, metric)


def test_seeds_of_a_method_become_one_row(tmp_path: Path) -> None:
    for seed in range(4):
        save(tmp_path, f"random, seed {seed}", 0.3 + 0.02 * seed, method="random", seed=seed)
    save(tmp_path, "pixels", 0.4)
    rows = {row.name: row for row in rows_of(tmp_path)}
    assert set(rows) == {"random", "pixels"}
    random = rows["random"]
    assert random.n_repeats == 4 and rows["pixels"].n_repeats == 1
    assert random.value == pytest.approx(100 * (1 - 0.33), abs=0.3)
    values = [one.record.outcome.headline.value for one in random.records]
    assert random.value == np.mean(values)
    assert random.seconds == 4 * 3.75
    assert len(random.ids.split()) == 4


def test_interval_of_seeds_is_that_of_the_method(tmp_path: Path) -> None:
    for seed in range(3):
        save(tmp_path, f"random, seed {seed}", 0.3 + 0.05 * seed, method="random", seed=seed)
    (row,) = rows_of(tmp_path)
    interval = row_interval(row, CellReader())
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
    interval = row_interval(row, CellReader())
    errors = [one.predictions() for one in row.records]
    means = np.stack([one.errors.mean(axis=0) for one in errors if one is not None])
    wanted = interval_for(means, Design("seeds", setting="method"))
    assert interval is not None and interval.low == pytest.approx(100 * wanted.low)


def test_a_seed_that_occurs_twice_is_no_sample(tmp_path: Path) -> None:
    save(tmp_path, "random, seed 0", 0.3, method="random", seed=0, weights="a")
    save(tmp_path, "random, seed 0", 0.4, method="random", seed=0, weights="b")
    rows = rows_of(tmp_path)
    assert len(rows) == 2 and all(row.n_repeats == 1 for row in rows)
    assert len({row.name for row in rows}) == 2  # the ids tell them apart
    assert all(row.records[0].record.id[:8] in row.name for row in rows)


def test_other_layers_are_another_row(tmp_path: Path) -> None:
    for layers in (("conv1",), ("conv1", "conv2")):
        for seed in range(2):
            name = f"random {len(layers)}, seed {seed}"
            save(tmp_path, name, 0.3, method="random", seed=seed, layers=layers)
    assert [row.n_repeats for row in rows_of(tmp_path)] == [2, 2]


def test_only_the_step_chosen_on_validation_is_a_row(tmp_path: Path) -> None:
    # The best step on test (300) is not the one that validation chooses (200).
    for step, error, score in ((100, 0.4, 50.0), (200, 0.3, 70.0), (300, 0.1, 60.0)):
        save(tmp_path, f"ours, {step}", error, method="ours", step=step, score=score)
    (row,) = rows_of(tmp_path)
    assert [one.record.outcome.representation.step for one in row.records] == [200]
    assert any("step 200, chosen among 3 steps on validation" in note for note in row.notes)


def test_ties_on_validation_go_to_the_earliest_step(tmp_path: Path) -> None:
    for step in (300, 100, 200):
        save(tmp_path, f"ours, {step}", 0.3, method="ours", step=step, score=60.0)
    (row,) = rows_of(tmp_path)
    assert row.records[0].record.outcome.representation.step == 100


def test_a_step_with_a_choice_in_each_draw_counts_with_their_mean(tmp_path: Path) -> None:
    records = []
    for step, scores in ((100, (90.0, 10.0)), (200, (60.0, 60.0))):
        record = make_record(make_predictions(0.3), f"{step}", method="ours", step=step)
        (selection,) = record.outcome.selection
        choices = tuple(
            selection.model_copy(
                update={
                    "curve": tuple(
                        point.model_copy(update={"score": score}) for point in selection.curve
                    )
                }
            )
            for score in scores
        )
        outcome = record.outcome.model_copy(update={"selection": choices})
        records.append(record.model_copy(update={"outcome": outcome}))
    (row,) = make_rows(gather(records).records)
    assert row.records[0].record.outcome.representation.step == 200


def test_seeds_and_steps(tmp_path: Path) -> None:
    for seed in range(3):
        for step in (100, 200):
            chosen = (seed % 2 == 0) == (step == 200)
            name = f"ours, seed {seed}, {step}"
            save(tmp_path, name, 0.3, method="ours", seed=seed, step=step, score=50.0 + 10 * chosen)
    (row,) = rows_of(tmp_path)
    assert [one.record.outcome.representation.step for one in row.records] == [200, 100, 200]


def test_published_rows_of_the_same_experiment_only(tmp_path: Path) -> None:
    save(tmp_path, "a", 0.2)
    save(tmp_path, "b", 0.2, dataset="digits")
    published = published_rows(rows_of(tmp_path))
    assert {row.experiment.dataset for row in published} == {"cifar10"}
    assert {row.name for row in published} >= {"DCGAN + L2-SVM", "Exemplar CNN"}
    assert all(row.published and not row.records for row in published)


def test_the_same_pairs_give_the_same_p(tmp_path: Path) -> None:
    settings = {"per_class": 1}
    for name, error in (("a", 0.2), ("b", 0.22), ("c", 0.35)):
        save(
            tmp_path,
            name,
            error,
            rows=6,
            grouped=True,
            protocol="few_labels",
            dataset="svhn",
            settings=settings,
        )
    for seed in range(3):
        save(
            tmp_path,
            f"random, seed {seed}",
            0.3,
            rows=6,
            grouped=True,
            protocol="few_labels",
            dataset="svhn",
            settings=settings,
            method="random",
            seed=seed,
        )
    rows, reader = rows_of(tmp_path), CellReader()
    p, comparable = pair_pvalues(rows, reader)
    assert comparable.all() and len(rows) == 4
    for i, a in enumerate(rows):
        for j, b in enumerate(rows[:i]):
            cells_a, cells_b = reader.cells(a), reader.cells(b)
            assert isinstance(cells_a, Cells) and isinstance(cells_b, Cells)
            # One seed against three: checkpoints, means over seeds, draws kept as rows.
            wanted = compare_paired(
                cells_a.errors.mean(axis=0),
                cells_b.errors.mean(axis=0),
                Design("draws"),
                groups=cells_a.groups,
            )
            assert wanted.p is not None
            assert p[i, j] == p[j, i] == pytest.approx(wanted.p, rel=1e-6)


def test_equal_predictions_have_no_p(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path, name, 0.2, draw=1)
    p, _ = pair_pvalues(rows_of(tmp_path), CellReader())
    assert np.isnan(p).all()


def test_reasons_not_to_compare(tmp_path: Path) -> None:
    few = {"protocol": "few_labels", "dataset": "svhn", "rows": 4}
    base = save(tmp_path / "base", "base", 0.2, **few)
    (a,) = rows_of(base.parent)
    for change, reason in (
        ({"version": 2}, r"protocol version (1 and 2)"),
        ({"settings": {"draws": 7}}, r"draws (none and 7)"),
        ({"items": "others"}, r"test items (svhn all and svhn others)"),
        ({"train": "other"}, r"training images (train and other)"),
        ({"subset": "limit"}, r"subset (none and limit)"),
        ({"row_ids": "draws of seed 1"}, r"other draws of labelled images"),
        ({"rows": 5}, r"other draws of labelled images"),
        ({"protocol": "full_labels", "rows": 1}, r"protocol (few_labels and full_labels)"),
    ):
        folder = tmp_path / reason.replace("/", "")
        save(folder, "other", 0.2, **{**few, **change})
        (b,) = rows_of(folder)
        assert reason in (why_not(a, b, CellReader()) or ""), change
    assert why_not(a, a, CellReader()) is None


def test_a_preset_is_only_a_name(tmp_path: Path) -> None:
    save(tmp_path, "a", 0.2, preset="mine")
    save(tmp_path, "b", 0.3)
    a, b = rows_of(tmp_path)
    assert why_not(a, b, CellReader()) is None


def test_predictions_of_another_record_are_noticed(tmp_path: Path) -> None:
    a = save(tmp_path, "a", 0.2)
    b = save(tmp_path, "b", 0.4)
    source = b.with_name(f"{b.stem}.predictions.npz")
    a.with_name(f"{a.stem}.predictions.npz").write_bytes(source.read_bytes())
    row = next(row for row in rows_of(tmp_path) if row.name == "a")
    with pytest.warns(RecordWarning, match="not the predictions that the record was saved with"):
        assert str(CellReader().cells(row)).startswith("a has no predictions beside its record")
    # A record of schema 1 has no digests.
    (stored,) = row.records
    older = StoredRecord(stored.record.model_copy(update={"digests": {}}), stored.path)
    cells = CellReader().cells(replace(row, records=(older,)))
    assert cells == "a: its predictions are not those of the metric accuracy"


def test_records_in_memory_have_no_predictions() -> None:
    record = make_record(make_predictions(0.2), "a")
    (row,) = make_rows(gather(record).records)
    assert row.value == record.outcome.headline.value
    assert "no predictions" in str(CellReader().cells(row))


def test_predictions_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        save(tmp_path, name, 0.2)
    calls: list[str] = []
    read = StoredRecord.predictions

    def counted(self: StoredRecord) -> object:
        calls.append(self.record.id)
        return read(self)

    monkeypatch.setattr(StoredRecord, "predictions", counted)
    reader = CellReader()
    pair_pvalues(rows_of(tmp_path), reader)
    pair_pvalues(rows_of(tmp_path), reader)
    assert len(calls) == 3 == len(ResultStore(tmp_path).load())
