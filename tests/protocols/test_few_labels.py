"""few_labels against loops and LinearSVC, and what it promises about draws."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score
from sklearn.svm import LinearSVC

from dcgan_eval.core import DataError, SettingsError, Silent, rng_for
from dcgan_eval.probes import read_probe
from dcgan_eval.protocols import Features, Protocol, Result, Task
from dcgan_eval.protocols.draws import DrawFits
from dcgan_eval.records import Journal, predictions
from tests.make.images import noisy_images, random_images
from tests.make.tasks import make_task, work_in

GRID = [0.001, 0.01, 0.1]
VALIDATION: dict[str, Any] = {
    "kind": "few_labels",
    "probe": {"kind": "l2svm", "tol": 1e-8},
    "grid": GRID,
    "extend": False,
    "per_class": 8,
    "draws": 6,
    "selection_draws": 4,
    "validation": 60,
}
WITHIN: dict[str, Any] = {
    **{key: VALIDATION[key] for key in ("kind", "probe", "grid", "extend", "per_class", "draws")},
    "selection": "within_draw",
    "folds": 4,
}

PROBE = read_probe(VALIDATION["probe"])


def run(made: tuple[Protocol, Task[Features]], folder: Path) -> Result:
    protocol, task = made
    return protocol.run(task, work_in(folder))


def errors_of(result: Result) -> list[float]:
    return [repeat.values[0].value for repeat in result.repeats]


# A plain re-implementation: named seeds are the only thing it shares with the protocol.


def plain_draw(y: Any, rows: Any, per_class: int, *name: str | int) -> Any:
    """Rows of a draw: the first of each class in an order of its own."""
    chosen = []
    for label in range(3):
        members = [position for position in range(len(rows)) if y[rows[position]] == label]
        order = rng_for("few_labels", 0, *name, "class", label).permutation(members)
        chosen += [rows[position] for position in order[:per_class]]
    return np.array(sorted(chosen))


def plain_error(task: Task[Features], C: float, fitted: Any, X: Any, y: Any) -> float:
    """Error in percent of scikit-learn's solver at a tight tolerance."""
    model = LinearSVC(C=C, tol=1e-10, max_iter=1_000_000)
    model.fit(np.asarray(task.given.train[fitted], np.float64), task.y_train[fitted])
    return 100 * float(np.mean(model.predict(np.asarray(X, np.float64)) != y))


def test_same_draws_and_errors_as_loops_and_linear_svc(tmp_path: Path) -> None:
    made = make_task(VALIDATION, noisy_images(300), noisy_images(400, seed=1))
    task = made[1]
    y = task.y_train
    # 1. Split: every image a group of its own, taken in seeded order; the pool is shuffled.
    order = rng_for("few_labels", 0, "validation").permutation(300)
    validation = np.sort(order[:60])
    rest = np.array([row for row in range(300) if row not in set(order[:60])])
    pool = rng_for("few_labels", 0, "pool order").permutation(rest)
    np.testing.assert_array_equal(task.split.parts["validation"], validation)
    np.testing.assert_array_equal(task.split.parts["pool"], pool)
    np.testing.assert_array_equal(task.split.reference, pool)
    # 2. Selection: the lowest mean error of the same draws, ties to the smallest C.
    curve = [
        [
            plain_error(
                task,
                C,
                plain_draw(y, pool, 8, "selection draw", number),
                task.given.train[validation],
                y[validation],
            )
            for number in range(4)
        ]
        for C in GRID
    ]
    chosen = GRID[int(np.argmin(np.mean(curve, axis=1)))]
    # 3. Final draws.
    wanted = [
        plain_error(task, chosen, plain_draw(y, pool, 8, "draw", k), task.given.test, task.y_test)
        for k in range(6)
    ]
    result = run(made, tmp_path)
    selection = result.selection[0]
    for point, errors in zip(selection.curve, curve, strict=True):
        np.testing.assert_allclose(point.scores, errors)
    assert selection.chosen == chosen
    np.testing.assert_allclose(errors_of(result), wanted)
    metric = result.metrics[0]
    assert metric.value == pytest.approx(np.mean(wanted))
    assert metric.sd == pytest.approx(np.std(wanted, ddof=1))
    assert metric.spread == pytest.approx(1.96 * np.std(wanted))
    assert result.notes[0] == "C chosen on 60 validation labels"


@pytest.mark.slow
def test_within_draw_chooses_by_its_own_folds(tmp_path: Path) -> None:
    made = make_task(WITHIN, noisy_images(240), noisy_images(300, seed=1))
    task = made[1]
    y, pool = task.y_train, np.arange(240)
    np.testing.assert_array_equal(task.split.parts["pool"], pool)
    wanted, chosen = [], []
    for number in range(6):
        rows = plain_draw(y, pool, 8, "draw", number)
        # Each class is dealt round in an order of its own; 8 of each fill 4 folds evenly.
        fold = np.empty(len(rows), int)
        for label in range(3):
            members = np.flatnonzero(y[rows] == label)
            name = ("few_labels", 0, "folds", number, "class", label)
            fold[rng_for(*name).permutation(members)] = np.arange(8) % 4
        means = [
            np.mean(
                [
                    plain_error(
                        task,
                        C,
                        rows[fold != one],
                        task.given.train[rows[fold == one]],
                        y[rows[fold == one]],
                    )
                    for one in range(4)
                ]
            )
            for C in GRID
        ]
        chosen.append(GRID[int(np.argmin(means))])
        wanted.append(plain_error(task, chosen[-1], rows, task.given.test, task.y_test))
    result = run(made, tmp_path)
    assert [repeat.values[1].value for repeat in result.repeats] == chosen
    np.testing.assert_allclose(errors_of(result), wanted)
    assert len(result.selection) == 6
    assert result.selection[0].scored_on == "4 folds of the draw"


@pytest.mark.parametrize(("per_class", "folds"), [(2, 2), (4, 3), (7, 4)])
def test_neighbours_are_tried_as_far_as_the_smallest_fold_has_them(
    per_class: int, folds: int, tmp_path: Path
) -> None:
    values = {**WITHIN, "probe": "knn", "grid": "auto", "per_class": per_class, "folds": folds}
    result = run(make_task(values, noisy_images(240), noisy_images(60, seed=1)), tmp_path)
    # The largest fold of each of three classes is left out.
    fewest = 3 * (per_class - -(-per_class // folds))
    for selection in result.selection:
        tried = [point.value for point in selection.curve]
        assert max(tried) == max([k for k in (5, 10, 20, 50) if k <= fewest], default=1)


@pytest.mark.slow
@pytest.mark.parametrize("values", [VALIDATION, {**VALIDATION, "draws": 1}])
def test_an_interval_is_given_what_the_probe_chooses(values: Any, tmp_path: Path) -> None:
    images = noisy_images(300), noisy_images(60, seed=1)
    for probe, fixed in (("l2svm", "the chosen C"), ("knn", "the chosen k")):
        changed = {**values, "probe": probe, "grid": [1.0, 5.0]}
        interval = run(make_task(changed, *images), tmp_path / probe).metrics[0].interval
        assert interval is not None and interval.given.endswith(fixed)


def test_balanced_error_is_the_mean_over_classes_and_draws(tmp_path: Path) -> None:
    test = replace(noisy_images(90, seed=1), labels=np.repeat([0, 1, 2], [50, 30, 10]))
    made = make_task(VALIDATION, noisy_images(300), test)
    result = run(made, tmp_path)
    assert result.predictions is not None
    rows = [100 - 100 * balanced_accuracy_score(test.y, row) for row in result.predictions]
    metric = result.metrics[1]
    assert (metric.label, metric.better, metric.n_repeats) == ("balanced error", "low", 6)
    assert metric.value == pytest.approx(np.mean(rows))
    assert metric.sd == pytest.approx(np.std(rows, ddof=1))


def test_an_error_above_chance_is_said(tmp_path: Path) -> None:
    protocol, task = make_task(VALIDATION, noisy_images(300), noisy_images(200, seed=1))
    assert not any("chance" in note for note in run((protocol, task), tmp_path).notes)
    shifted = replace(task.test, labels=(task.test.y + 1) % 3)
    notes = run((protocol, replace(task, test=shifted)), tmp_path).notes
    assert notes[-1].startswith("error is worse than chance (66.7 %): test labels may be shifted")


def test_the_authors_split_is_theirs() -> None:
    train, test = random_images(10_400), random_images(30)
    order = np.arange(10_400)
    np.random.RandomState(42).shuffle(order)
    values = {**VALIDATION, "split": "authors"}
    del values["validation"]
    split = make_task(values, train, test)[1].split
    np.testing.assert_array_equal(split.parts["validation"], order[:10_000])
    np.testing.assert_array_equal(split.parts["pool"], order[10_000:])
    np.testing.assert_array_equal(split.reference, order[10_000:])
    with pytest.raises(DataError, match="split: authors divides item groups"):
        make_task(values, noisy_images(10_400, grouped=True), test)
    with pytest.raises(SettingsError, match="10,000 validation images"):
        make_task({**values, "validation": 500}, train, test)


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_on_one_side_and_draws_come_from_the_pool(seed: int, tmp_path: Path) -> None:
    train = noisy_images(300, grouped=True)
    values = {**VALIDATION, "seed": seed, "validation": 61}
    _, task = make_task(values, train, noisy_images(50, seed=1, grouped=True))
    validation, pool = task.split.parts["validation"], task.split.parts["pool"]
    groups = train.item_groups
    assert groups is not None
    assert not set(groups[validation]) & set(groups[pool])
    assert sorted([*validation, *pool]) == list(range(300))
    assert len(validation) == 65  # whole groups of five until there are at least 61
    fits = DrawFits(PROBE, 8, ("few_labels", seed), 1, task, work_in(tmp_path))
    for what in ("draw", "selection draw"):
        rows = fits.rows(what, 3)
        assert set(rows) <= set(pool)
        assert np.bincount(task.y_train[rows]).tolist() == [8, 8, 8]
    assert set(fits.rows("draw", 3)) != set(fits.rows("selection draw", 3))


@pytest.mark.slow
def test_draw_17_alone_is_draw_17_of_many(tmp_path: Path) -> None:
    made = make_task({**VALIDATION, "draws": 20}, noisy_images(300), noisy_images(100, seed=1))
    _, task = made
    whole = run(made, tmp_path / "whole")
    for together in (1, 10):
        work = work_in(tmp_path / f"alone{together}")
        fits = DrawFits(PROBE, 8, ("few_labels", 0), together, task, work)
        with Silent().task("draws", 1, "draws") as advance:
            alone, scores, _ = fits.predict([17], whole.selection[0].chosen, advance)
        np.testing.assert_array_equal(alone[0], whole.predictions[17])
        np.testing.assert_array_equal(scores[0], whole.scores[17])


@pytest.mark.slow
def test_other_features_meet_the_same_draws(tmp_path: Path) -> None:
    images = noisy_images(300), noisy_images(100, seed=1)
    names = []
    for seed in range(2):
        result = run(make_task(VALIDATION, *images, seed=seed), tmp_path / str(seed))
        names.append((result.layout.row_ids, result.layout.items))
    assert names[0] == names[1]


def test_twice_as_many_draws_compute_only_the_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = noisy_images(300), noisy_images(100, seed=1)
    fewer = make_task({**VALIDATION, "draws": 10}, *images)
    more = make_task({**VALIDATION, "draws": 20}, *images)
    assert fewer[0].journal_values() == more[0].journal_values()
    first = run(fewer, tmp_path)
    fitted = []
    fit = DrawFits._fit

    def counted(self: DrawFits, what: str, numbers: Any, values: Any, evaluated: Any) -> Any:
        fitted.extend((what, number) for number in numbers)
        return fit(self, what, numbers, values, evaluated)

    monkeypatch.setattr(DrawFits, "_fit", counted)
    second = run(more, tmp_path)
    assert fitted == [("draw", number) for number in range(10, 20)]
    np.testing.assert_array_equal(second.predictions[:10], first.predictions)
    fitted.clear()
    again = run(more, tmp_path)
    assert not fitted
    np.testing.assert_array_equal(again.predictions, second.predictions)


def test_a_setting_that_nothing_reads_is_refused() -> None:
    images = noisy_images(100), noisy_images(50, seed=1)
    with pytest.raises(SettingsError, match="folds has no effect with selection: validation"):
        make_task({**VALIDATION, "folds": 3}, *images)
    with pytest.raises(SettingsError, match="validation has no effect with selection: within_draw"):
        make_task({**WITHIN, "validation": 30}, *images)


def test_a_validation_part_of_more_images_than_there_are_says_what_to_give() -> None:
    images = noisy_images(100), noisy_images(50, seed=1)
    usual = {key: value for key, value in VALIDATION.items() if key != "validation"}
    said = r"a part of 10,000 of 100 images; give validation from 1 to 99 \(few_labels takes none"
    with pytest.raises(SettingsError, match=said):
        make_task(usual, *images)


def plain_scores(task: Task[Features], C: float, fitted: Any) -> Any:
    """Decision values of scikit-learn's solver at a tight tolerance."""
    model = LinearSVC(C=C, tol=1e-10, max_iter=1_000_000)
    model.fit(np.asarray(task.given.train[fitted], np.float64), task.y_train[fitted])
    return model.decision_function(np.asarray(task.given.test, np.float64))


# Of 100 test items and three classes a draw's scores take 600 bytes.
@pytest.mark.parametrize(("limit", "rows"), [(10**6, 6), (3600, 6), (1799, 2), (600, 1), (599, 0)])
@pytest.mark.parametrize("values", [VALIDATION, WITHIN], ids=["validation", "within"])
def test_scores_of_the_first_draws_are_those_of_the_probe(
    values: Any, limit: int, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "SCORE_BYTES", limit)
    made = make_task(values, noisy_images(300), noisy_images(100, seed=1))
    result, task = run(made, tmp_path), made[1]
    if not rows:
        assert result.scores is None
        return
    assert result.scores is not None and result.scores.dtype == np.float16
    assert result.scores.shape == (rows, 100, 3)
    for draw, scores in enumerate(result.scores):
        fitted = plain_draw(task.y_train, task.split.parts["pool"], 8, "draw", draw)
        C = result.repeats[draw].values[1].value
        wanted = plain_scores(task, C, fitted)
        np.testing.assert_allclose(scores, wanted, atol=2e-3, rtol=2e-3)
        clear = np.diff(np.sort(wanted, axis=1)[:, -2:])[:, 0] > 0.02
        np.testing.assert_array_equal(scores.argmax(axis=1)[clear], result.predictions[draw][clear])


def test_draws_that_were_finished_without_scores_are_fitted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_task(VALIDATION, noisy_images(300), noisy_images(100, seed=1))
    whole = run(made, tmp_path / "whole")
    for limit, rows in ((599, 0), (1200, 2), (10**6, 6)):
        monkeypatch.setattr(predictions, "SCORE_BYTES", limit)
        result = run(made, tmp_path / "again")
        np.testing.assert_array_equal(result.predictions, whole.predictions)
        kept = 0 if result.scores is None else len(result.scores)
        assert kept == rows
        if rows:
            np.testing.assert_array_equal(result.scores, whole.scores[:rows])


class Interrupted(Exception):
    pass


class StopsAfter(Journal):
    """Units of a process that ends before it writes one more than so many."""

    def __init__(self, folder: Path, writes: int) -> None:
        super().__init__(folder)
        self.writes = writes

    def put(self, key: str, values: Any) -> None:
        if not self.writes:
            raise Interrupted
        self.writes -= 1
        super().put(key, values)


@settings(max_examples=12, deadline=None)
@given(
    stops=st.lists(st.integers(0, 25), max_size=3),
    limit=st.sampled_from([10**6, 3000, 1200]),
    within=st.booleans(),
)
def test_an_interrupted_run_stores_the_same_scores(
    stops: list[int], limit: int, within: bool
) -> None:
    values = {**(WITHIN if within else VALIDATION), "draws": 12}
    made = make_task(values, noisy_images(200), noisy_images(100, seed=1))
    protocol, task = made
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(predictions, "SCORE_BYTES", limit)
        folder = Path(name) / "interrupted"
        for writes in stops:
            with suppress(Interrupted):
                protocol.run(task, replace(work_in(folder), units=StopsAfter(folder, writes)))
        found, whole = run(made, folder), run(made, Path(name) / "whole")
    assert whole.scores is not None and len(whole.scores) == min(12, limit // 600)
    np.testing.assert_array_equal(found.scores, whole.scores)
    np.testing.assert_array_equal(found.predictions, whole.predictions)
