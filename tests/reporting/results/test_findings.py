from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.make.records import make_predictions, make_record, save

from dcgan_eval.core import Took
from dcgan_eval.records import Record
from dcgan_eval.reporting import gather, make_report
from dcgan_eval.reporting.results import row_errors
from dcgan_eval.reporting.results.experiment import Experiment
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.rows import Row, published_rows
from dcgan_eval.stats import Interval, interval_for


def rows_of(folder: Path, metric: str | None = None) -> list[Row]:
    found = Findings.of(gather(folder).records, published=False)
    return [row for row in found.rows if row.is_of(metric)]


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
    assert random.took == Took(4 * 3.75, None)
    assert len(random.ids.split()) == 4


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
    (row,) = Findings.of(gather(records).records, published=False).rows
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


def test_everything_is_made_once_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(3):
        save(tmp_path, f"random, seed {seed}", 0.3 + 0.05 * seed, method="random", seed=seed)
    for name, error in (("a", 0.2), ("b", 0.25)):
        save(tmp_path, name, error)
    gathered = gather(tmp_path)
    experiments: list[object] = []
    intervals: list[object] = []

    def experiment(record: Record) -> Experiment:
        experiments.append(record.id)
        return of(record)

    def interval(*arguments: Any, **options: Any) -> Interval:
        intervals.append(options)
        return interval_for(*arguments, **options)

    of = Experiment.of
    monkeypatch.setattr(Experiment, "of", experiment)
    monkeypatch.setattr(row_errors, "interval_for", interval)
    make_report(gathered)
    assert len(experiments) == 5 == len(set(experiments))
    assert len(intervals) == 1  # of the three seeds; the others have their records'


def test_findings_within_an_experiment_are_those_of_it_alone(tmp_path: Path) -> None:
    for dataset in ("cifar10", "digits"):
        save(tmp_path, "a", 0.2, dataset=dataset)
        for step in (100, 200):
            save(tmp_path, f"{step}", 0.3, method="ours", step=step, score=50.0, dataset=dataset)
    found = Findings.of(gather(tmp_path).records)
    assert len(found.records) == 2 == len(found.trainings)
    own = sorted(row.name for row in found.rows if not row.published)
    assert own == ["a", "a", "ours", "ours"]
    (cifar10,) = (one for one in found.records if one.dataset == "cifar10")
    one = found.within(cifar10)
    assert {row.experiment.dataset for row in one.rows} == {"cifar10"}
    assert any(row.published for row in one.rows) and len(one.trainings) == 1
    again = Findings.of([stored for own in one.records.values() for stored in own])
    assert again.rows == one.rows
