"""full_labels: the validation part, the grid, train_size, and the refit against LinearSVC."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.svm import LinearSVC

from dcgan_eval.data import ImageSet, stratified
from dcgan_eval.protocols import Result, read_protocol
from dcgan_eval.records import predictions
from tests.make.images import noisy_images, random_images
from tests.make.tasks import make_task, work_in

GRID = [0.001, 0.01, 0.1]
FULL: dict[str, Any] = {
    "kind": "full_labels",
    "probe": {"kind": "l2svm", "tol": 1e-8},
    "grid": GRID,
    "validation": 60,
}


def run(values: dict[str, Any], folder: Path, n: int = 300) -> tuple[Result, Any]:
    made = make_task(values, noisy_images(n), noisy_images(400, seed=1))
    protocol, task = made
    return protocol.run(task, work_in(folder)), task


def plain_model(task: Any, C: float, rows: Any) -> LinearSVC:
    model = LinearSVC(C=C, tol=1e-10, max_iter=1_000_000)
    return model.fit(np.asarray(task.given.train[rows], np.float64), task.y_train[rows])


def test_same_curve_and_predictions_as_linear_svc(tmp_path: Path) -> None:
    result, task = run(FULL, tmp_path)
    validation, fit = stratified(task.y_train, 60, "full_labels", "validation", 0)
    for point in result.selection[0].curve:
        model = plain_model(task, point.value, fit)
        right = model.predict(task.given.train[validation]) == task.y_train[validation]
        assert point.score == pytest.approx(100 * right.mean())
    best = max(result.selection[0].curve, key=lambda point: (point.score, -point.value))
    assert result.selection[0].chosen == best.value
    refit = plain_model(task, best.value, np.arange(300))
    np.testing.assert_array_equal(result.predictions[0], refit.predict(task.given.test))
    accuracy = 100 * float(np.mean(result.predictions == task.y_test))
    assert result.metrics[0].value == pytest.approx(accuracy)


def test_the_validation_part_has_the_class_shares_of_the_whole() -> None:
    train = random_images(300)
    labels = np.repeat(np.arange(3), [150, 90, 60])
    object.__setattr__(train, "labels", labels)
    _, task = make_task(FULL, train, random_images(30))
    parts = task.split.parts
    assert np.bincount(labels[parts["validation"]]).tolist() == [30, 18, 12]
    assert sorted([*parts["validation"], *parts["fit"]]) == list(range(300))


@pytest.mark.parametrize(("n", "wanted"), [(300, 60), (50_000, 10_000)])
def test_an_automatic_validation_part(n: int, wanted: int) -> None:
    protocol = read_protocol({**FULL, "validation": "auto"})
    split = protocol.make_split(random_images(n), random_images(10))
    assert len(split.parts["validation"]) == wanted


def test_a_grid_is_extended_while_the_best_value_is_at_its_end(tmp_path: Path) -> None:
    # Both values are far too small, and of equals the smaller one wins: down, three times.
    result, task = run({**FULL, "grid": [1e-7, 3e-7]}, tmp_path)
    found = result.selection[0]
    values = [point.value for point in found.curve]
    assert found.extended == 3
    assert values == [1e-10, 3e-10, 1e-9, 3e-9, 1e-8, 3e-8, 1e-7, 3e-7]
    assert found.at_end
    scores = [point.score for point in found.curve]
    assert found.chosen == values[int(np.argmax(scores))]
    # The added values are scored on the same validation part.
    validation = task.split.parts["validation"]
    model = plain_model(task, values[0], task.split.parts["fit"])
    right = model.predict(task.given.train[validation]) == task.y_train[validation]
    assert scores[0] == pytest.approx(100 * right.mean())
    at_end = "the best C is at an end of its grid"
    assert result.notes == ("the grid was extended: its best C was at an end", at_end)
    # As it was given, where it is not to be extended.
    kept, _ = run({**FULL, "grid": [1e-7, 3e-7], "extend": False}, tmp_path)
    assert [point.value for point in kept.selection[0].curve] == [1e-7, 3e-7]
    assert kept.notes == (at_end,)


def test_an_automatic_grid_has_seven_half_decades(tmp_path: Path) -> None:
    result, _ = run({**FULL, "grid": "auto"}, tmp_path)
    values = [point.value for point in result.selection[0].curve]
    assert len(values) == 7 + 2 * result.selection[0].extended
    assert not any("extended" in note for note in result.notes)
    np.testing.assert_allclose(np.diff(np.log10(values)), 0.5, atol=0.03)


def test_train_size_is_one_draw_and_says_so(tmp_path: Path) -> None:
    part = read_protocol({**FULL, "train_size": 120, "validation": 30})
    train = random_images(300)
    split = part.make_split(train, random_images(30))
    assert np.bincount(train.y[split.train]).tolist() == [40, 40, 40]
    assert len(split.reference) == 300  # unlabelled images are all there
    assert part.subset(train) == "120 of 300 training labels"
    result, _ = run({**FULL, "train_size": 120, "validation": 30}, tmp_path)
    one_draw = "one draw: which labels were drawn is not in this interval"
    assert result.notes[0] == one_draw
    other = part.model_copy(update={"seed": 1}).make_split(train, random_images(30))
    assert set(other.train) != set(split.train)
    whole, _ = run(FULL, tmp_path / "whole")
    assert one_draw not in whole.notes
    assert read_protocol(FULL).subset(train) is None


def test_a_second_run_reads_what_is_finished(tmp_path: Path) -> None:
    first, _ = run(FULL, tmp_path)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again, _ = run(FULL, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == files
    np.testing.assert_array_equal(first.predictions, again.predictions)
    assert first.selection == again.selection


def test_an_interval_is_given_what_the_probe_chooses(tmp_path: Path) -> None:
    for probe, given in (("l2svm", "the chosen C"), ("knn", "the chosen k")):
        result, _ = run({**FULL, "probe": probe, "grid": [1.0, 5.0]}, tmp_path / probe)
        assert result.metrics[0].interval.given.endswith(given)


def with_labels(images: ImageSet, labels: Any) -> ImageSet:
    return replace(images, labels=np.asarray(labels, np.int64))


@pytest.mark.parametrize(("counts", "uneven"), [([60, 50, 40], False), ([61, 50, 40], True)])
def test_balanced_accuracy_where_test_classes_are_uneven(
    counts: list[int], uneven: bool, tmp_path: Path
) -> None:
    test = with_labels(noisy_images(sum(counts), seed=1), np.repeat([0, 1, 2], counts))
    protocol, task = make_task(FULL, noisy_images(300), test)
    result = protocol.run(task, work_in(tmp_path))
    assert [one.name for one in result.metrics] == ["accuracy", "balanced accuracy"][: 1 + uneven]
    if uneven:
        wanted = 100 * balanced_accuracy_score(task.y_test, result.predictions[0])
        assert result.metrics[1].value == pytest.approx(wanted)
        assert result.metrics[1].better == "high" and not result.metrics[1].headline


def test_balanced_accuracy_is_of_the_classes_that_have_test_images(tmp_path: Path) -> None:
    test = with_labels(noisy_images(60, seed=1), np.repeat([0, 2], [40, 20]))
    protocol, task = make_task(FULL, noisy_images(300), test)
    result = protocol.run(task, work_in(tmp_path))
    right = result.predictions[0] == task.y_test
    wanted = 100 * np.mean([right[:40].mean(), right[40:].mean()])
    assert result.metrics[1].value == pytest.approx(wanted)


def test_an_accuracy_below_chance_is_said(tmp_path: Path) -> None:
    keys = {**FULL, "grid": "auto"}
    protocol, task = make_task(keys, noisy_images(300), noisy_images(400, seed=1))
    assert protocol.run(task, work_in(tmp_path)).notes == ()
    shifted = with_labels(task.test, (task.test.y + 1) % 3)
    result = protocol.run(replace(task, test=shifted), work_in(tmp_path))
    assert result.notes == (
        "accuracy is worse than chance (33.3 %): test labels may be shifted, or in another order "
        "than the training labels",
    )


def test_scores_are_the_decision_function_of_the_refit(tmp_path: Path) -> None:
    result, task = run(FULL, tmp_path)
    model = plain_model(task, result.selection[0].chosen, np.arange(300))
    assert result.scores is not None and result.scores.dtype == np.float16
    assert result.scores.shape == (1, 400, 3)
    values = model.decision_function(task.given.test)
    np.testing.assert_allclose(result.scores[0], values, atol=2e-3, rtol=2e-3)
    again, _ = run(FULL, tmp_path)
    np.testing.assert_array_equal(again.scores, result.scores)
    votes, _ = run({**FULL, "probe": "knn", "grid": [5.0]}, tmp_path / "knn")
    assert votes.scores is None


def test_what_was_finished_without_scores_is_not_served_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(predictions, "SCORE_BYTES", 400 * 3 * 2 - 1)
        without, _ = run(FULL, tmp_path)
    assert without.scores is None
    found, _ = run(FULL, tmp_path)
    assert found.scores is not None
    np.testing.assert_array_equal(found.predictions, without.predictions)
