"""Paths over C and subsets: what they read, what they keep, what they refuse."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dcgan_eval.core import (
    CacheWarning,
    ConvergenceWarning,
    DataError,
    DoesNotFitError,
    SettingsError,
    StorageError,
)
from dcgan_eval.probes import l2svm_path, liblinear_path, predict_memory
from dcgan_eval.probes.l2svm import flight, products
from dcgan_eval.probes.l2svm import path as path_module
from dcgan_eval.probes.l2svm import rows as rows_module
from dcgan_eval.records import Journal

CS = [1e-3, 1e-1, 1e-2]


@pytest.fixture
def clouds() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 240)
    X = rng.normal(size=(240, 60)) * 2 + rng.normal(size=(4, 60))[y] + 1
    return X.astype(np.float32), y


@pytest.fixture
def folds(clouds: Any) -> list[NDArray[np.int64]]:
    return [np.flatnonzero(np.arange(240) % 3 != fold) for fold in range(3)]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["span", "deflated"])
def test_each_subset_and_C_is_the_problem_of_its_own(clouds: Any, folds: Any, method: str) -> None:
    X, y = clouds
    path = l2svm_path(X, y, CS, subsets=folds, tol=1e-6, method=method)
    assert path.coef.shape == (3, 3, 4, 60)
    for number, rows in enumerate(folds):
        for C in CS:
            alone = l2svm_path(X[rows], y[rows], [C], tol=1e-6)[C]
            together = path[number, C]
            np.testing.assert_allclose(together.objective, alone.objective, rtol=2e-6)
            np.testing.assert_allclose(together.coef, alone.coef, atol=2e-4)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["span", "deflated"])
@pytest.mark.parametrize("kind", ["memory map", "float16", "float64", "fortran", "strided"])
def test_reads_any_matrix(clouds: Any, tmp_path: Path, kind: str, method: str) -> None:
    X, y = clouds
    X = X.astype(np.float16).astype(np.float32)  # so that float16 holds the same numbers
    wanted = l2svm_path(X, y, CS, method=method)
    if kind == "memory map":
        np.save(tmp_path / "X.npy", X)
        given = np.load(tmp_path / "X.npy", mmap_mode="r")
    else:
        given = {
            "float16": X.astype(np.float16),
            "float64": X.astype(np.float64),
            "fortran": np.asfortranarray(X),
            "strided": np.repeat(X, 2, axis=1)[:, ::2],
        }[kind]
    found = l2svm_path(given, y, CS, method=method)
    assert found.coef.dtype == (np.float64 if kind == "float64" else np.float32)
    np.testing.assert_allclose(found.objective, wanted.objective, rtol=1e-3)


class OnlySlices:
    """The least that is asked of X."""

    def __init__(self, values: NDArray[Any]) -> None:
        self._values = values
        self.shape, self.dtype = values.shape, values.dtype

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        return self._values[rows]


def test_X_needs_only_shape_dtype_and_rows(clouds: Any) -> None:
    X, y = clouds
    found, wanted = l2svm_path(OnlySlices(X), y, CS), l2svm_path(X, y, CS)
    np.testing.assert_array_equal(found.coef, wanted.coef)
    np.testing.assert_array_equal(found.predict(OnlySlices(X)), wanted.predict(X))


def test_scores_predictions_and_accuracies_fit_together(clouds: Any, folds: Any) -> None:
    X, y = clouds
    path = l2svm_path(X, y, CS, subsets=folds)
    rows = np.array([5, 3, 200])
    scores = path.decision_function(X, rows)
    one = path[1, 1e-1]
    np.testing.assert_allclose(scores[1, 1], X[rows] @ one.coef.T + one.intercept, rtol=1e-4)
    np.testing.assert_array_equal(path.predict(X, rows), path.classes[scores.argmax(-1)])
    expected = (path.predict(X)[2, 0] == y).mean()
    assert path.score(X, y)[2, 0] == expected
    two = l2svm_path(X, y == 2, CS)
    np.testing.assert_array_equal(two.predict(X), two.decision_function(X)[..., 0] > 0)


def test_an_index_names_subset_and_C(clouds: Any, folds: Any) -> None:
    path = l2svm_path(*clouds, CS, subsets=folds)
    np.testing.assert_array_equal(path[2, 1e-2].coef, path.coef[2, 2])
    with pytest.raises(KeyError, match="3 subsets"):
        path[1e-2]
    with pytest.raises(KeyError, match=r"this path has \[0.001, 0.1, 0.01\]"):
        path[0, 0.5]


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(block_rows=st.integers(1, 300), dtype=st.sampled_from([np.float16, np.float32]))
def test_the_size_of_blocks_changes_nothing_but_rounding(block_rows: int, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 150)
    X = (rng.normal(size=(150, 20)) + rng.normal(size=(3, 20))[y]).astype(dtype)
    found = l2svm_path(X, y, [0.01, 0.1], method="deflated", block_rows=block_rows, tol=1e-4)
    wanted = l2svm_path(X, y, [0.01, 0.1], method="span", tol=1e-6)
    assert found.certified
    np.testing.assert_allclose(found.objective, wanted.objective, rtol=1.1e-4)


@pytest.fixture
def threads() -> Iterator[None]:
    """Torch's number of threads is what it was afterwards."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("subsets", ["all", "folds", "draws"])
@pytest.mark.parametrize("method", ["span", "deflated"])
def test_neither_threads_nor_blocks_change_a_bit(method: str, subsets: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 1100)
    X = (rng.normal(size=(1100, 90)) * 2 + rng.normal(size=(3, 90))[y]).astype(dtype)
    chosen = {
        "all": None,
        "folds": [np.flatnonzero(np.arange(1100) % 3 != fold) for fold in range(3)],
        "draws": [rng.permutation(1100)[:150] for _ in range(3)],
    }[subsets]
    given: dict[str, Any] = {"subsets": chosen, "method": method}
    found = []
    for count, block_rows in ((1, None), (2, None), (3, None), (2, 1), (3, 300)):
        torch.set_num_threads(count)
        path = l2svm_path(X, y, [1e-4, 1e-2], block_rows=block_rows, **given)
        found.append((path.coef, path.intercept, path.gap, path.decision_function(X)))
    for other in found[1:]:
        for one, two in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["span", "deflated"])
def test_same_inputs_same_bits(clouds: Any, folds: Any, method: str) -> None:
    first, second = (l2svm_path(*clouds, CS, subsets=folds, method=method) for _ in range(2))
    np.testing.assert_array_equal(first.coef, second.coef)
    np.testing.assert_array_equal(first.gap, second.gap)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_an_old_processor_multiplies_by_numpy(
    clouds: Any, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = clouds[0].astype(dtype), clouds[1]
    wanted = l2svm_path(X, y, CS, method="deflated", tol=1e-5)
    monkeypatch.setattr(products, "_compiled", lambda: False)
    found = l2svm_path(X, y, CS, method="deflated", tol=1e-5)
    assert found.certified
    np.testing.assert_allclose(found.objective, wanted.objective, rtol=1.1e-5)


def test_many_targets_fly_in_groups(
    clouds: Any, folds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In groups of five of the twelve (subset, class) pairs; an interrupted path goes on."""
    given: dict[str, Any] = {"subsets": folds, "method": "deflated", "tol": 1e-5}
    whole = l2svm_path(*clouds, CS, **given)
    monkeypatch.setattr(flight, "GROUP_OF_TARGETS", 5)
    grouped = l2svm_path(*clouds, CS, **given)
    assert grouped.certified
    np.testing.assert_allclose(grouped.objective, whole.objective, rtol=1.1e-5)
    np.testing.assert_allclose(grouped.coef, whole.coef, atol=1e-3)
    with pytest.raises(Interrupted):
        l2svm_path(*clouds, CS, units=FailsAfter(tmp_path, 5), **given)
    resumed = l2svm_path(*clouds, CS, units=Journal(tmp_path), **given)
    np.testing.assert_array_equal(resumed.coef, grouped.coef)


def test_many_small_draws_of_a_large_pool_equal_draws_of_their_own(clouds: Any) -> None:
    X, y = clouds
    rng = np.random.default_rng(3)
    draws = [np.concatenate([rng.permutation(np.flatnonzero(y == k))[:4] for k in range(4)])
             for _ in range(3)]  # fmt: skip
    path = l2svm_path(X, y, [0.1], subsets=draws, tol=1e-8)
    for number, rows in enumerate(draws):
        alone = l2svm_path(X[rows], y[rows], [0.1], tol=1e-8)
        np.testing.assert_allclose(path[number, 0.1].coef, alone[0.1].coef, atol=1e-5)


class Interrupted(Exception):
    pass


class FailsAfter(Journal):
    """A journal that dies when it has kept so many units."""

    def __init__(self, folder: Path, units: int) -> None:
        super().__init__(folder)
        self.units = units

    def put(self, key: str, arrays: Any) -> None:
        if self.units == 0:
            raise Interrupted
        self.units -= 1
        super().put(key, arrays)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["span", "deflated"])
@pytest.mark.parametrize("units", [0, 1, 2])
def test_an_interrupted_path_goes_on_to_the_same_bits(
    clouds: Any, folds: Any, tmp_path: Path, units: int, method: str
) -> None:
    chosen = {"subsets": folds, "method": method}
    whole = l2svm_path(*clouds, CS, **chosen)
    with pytest.raises(Interrupted):
        l2svm_path(*clouds, CS, units=FailsAfter(tmp_path, units), **chosen)
    resumed = l2svm_path(*clouds, CS, units=Journal(tmp_path), **chosen)
    # With everything kept there is nothing left to keep.
    finished = l2svm_path(*clouds, CS, units=FailsAfter(tmp_path, 0), **chosen)
    np.testing.assert_array_equal(finished.coef, whole.coef)
    np.testing.assert_array_equal(resumed.coef, whole.coef)
    np.testing.assert_array_equal(resumed.gap, whole.gap)


@pytest.mark.parametrize(
    "change",
    [
        {"tol": 1e-5},
        {"class_weight": {0: 2.0}},
        {"fit_intercept": False},
        {"max_passes": 7},
        {"subsets": [np.arange(100)]},
        {"method": "span"},
    ],
)
def test_another_problem_takes_no_unit_of_this_one(
    clouds: Any, tmp_path: Path, change: dict[str, Any]
) -> None:
    l2svm_path(*clouds, CS, units=Journal(tmp_path))
    with pytest.raises(Interrupted):
        l2svm_path(*clouds, CS, units=FailsAfter(tmp_path, 0), **change)


def test_no_unit_of_another_engine_is_served(
    clouds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    l2svm_path(*clouds, CS, units=Journal(tmp_path))
    monkeypatch.setattr(path_module, "ENGINE", 99)
    with pytest.raises(Interrupted):
        l2svm_path(*clouds, CS, units=FailsAfter(tmp_path, 0))


def test_a_full_disk_leaves_whole_units_only(
    clouds: Any, folds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, synced = os.fsync, []

    def fills(handle: int) -> None:
        synced.append(handle)
        if len(synced) == 3:  # a unit takes two: its file and its folder
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    monkeypatch.setattr(os, "fsync", fills)
    with pytest.raises(StorageError, match="disk is full"):
        l2svm_path(*clouds, CS, subsets=folds, units=Journal(tmp_path))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_unit_is_computed_again(clouds: Any, tmp_path: Path) -> None:
    whole = l2svm_path(*clouds, CS, units=Journal(tmp_path))
    (unit,) = tmp_path.iterdir()
    unit.write_bytes(b"PK")
    with pytest.warns(CacheWarning, match="damaged unit"):
        again = l2svm_path(*clouds, CS, units=Journal(tmp_path))
    np.testing.assert_array_equal(again.coef, whole.coef)


@pytest.mark.parametrize("solve", [l2svm_path, liblinear_path])
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"Cs": [0.0]}, SettingsError, "expected numbers > 0"),
        ({"Cs": [1.0, -2.0]}, SettingsError, "expected numbers > 0"),
        ({"Cs": [np.nan]}, SettingsError, "expected numbers > 0"),
        ({"Cs": []}, SettingsError, "at least one"),
        ({"Cs": [0.1, 0.1]}, SettingsError, "different values"),
        ({"tol": 0.0}, SettingsError, "tol"),
        ({"max_passes": 0}, SettingsError, "max_passes"),
        ({"intercept_scaling": 0.0}, SettingsError, "intercept_scaling"),
        ({"class_weight": {7: 1.0}}, SettingsError, "not among the labels"),
        ({"class_weight": {0: -1.0}}, SettingsError, "expected a number > 0"),
        ({"class_weight": "even"}, SettingsError, "balanced"),
        ({"sample_weight": np.full(240, -1.0)}, DataError, "expected ≥ 0"),
        ({"sample_weight": np.ones(3)}, DataError, "one per row"),
        ({"subsets": []}, SettingsError, "empty"),
        ({"subsets": [np.array([0.5])]}, SettingsError, "row numbers"),
        ({"subsets": [np.array([0, 240])]}, DataError, "outside"),
        ({"subsets": [np.zeros(9, dtype=int)]}, DataError, "twice"),
        ({"subsets": [np.arange(3)]}, DataError, "has none of class"),
        ({"y": np.zeros(240)}, DataError, "at least 2 classes"),
        ({"y": np.zeros(7)}, DataError, "one per row"),
        ({"y": np.full(240, np.nan)}, DataError, "NaN"),
        ({"X": np.zeros((240, 0))}, DataError, "at least one row and column"),
        ({"X": np.zeros(240)}, DataError, "rows × columns"),
        ({"X": np.zeros((240, 3), dtype=complex)}, DataError, "float16"),
        ({"memory_limit": 1000}, DoesNotFitError, "GB"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_one_line(
    clouds: Any, solve: Any, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    given = {"X": clouds[0], "y": clouds[1], "Cs": [0.1], **change}
    with pytest.raises(error, match=message) as caught:
        solve(**given)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["span", "deflated"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_row_that_is_not_finite_is_named(clouds: Any, bad: float, method: str) -> None:
    X, y = clouds[0].copy(), clouds[1]
    X[17, 5] = bad
    with pytest.raises(DataError, match="row 17 "):
        l2svm_path(X, y, [0.1], method=method)
    l2svm_path(X, y, [0.1], method=method, subsets=[np.flatnonzero(np.arange(240) != 17)])


@pytest.mark.parametrize("tol", [1e-3, 1e-6])
def test_features_whose_squares_overflow_are_refused(clouds: Any, tol: float) -> None:
    X, y = clouds[0].astype(np.float64), clouds[1]
    scale = 1e18 if tol == 1e-3 else 1e160
    with pytest.raises(DataError, match="scale the features"):
        l2svm_path(X * scale, y, [0.01], method="deflated", tol=tol)


@pytest.mark.filterwarnings("ignore::dcgan_eval.core.ConvergenceWarning")
@pytest.mark.parametrize("scale", [1e10, 1e20])
def test_a_gram_matrix_that_rounds_to_indefinite_is_solved(clouds: Any, scale: float) -> None:
    path = l2svm_path(clouds[0] * np.float32(scale), clouds[1], [0.01], method="span")
    assert np.isfinite(path.coef).all() and np.isfinite(path.gap).all()


def test_the_width_must_be_that_of_the_fit(clouds: Any) -> None:
    X, y = clouds
    path = l2svm_path(X, y, [0.1])
    with pytest.raises(DataError, match="61 columns: expected 60"):
        path.predict(np.zeros((2, 61)))
    with pytest.raises(DataError, match="one per row"):
        path.score(X, y[:3])
    for bad in (np.nan, np.inf):
        holed = X.copy()
        holed[7, 3] = bad
        with pytest.raises(DataError, match="row 7 "):
            path.predict(holed, np.array([1, 7]))


@pytest.mark.parametrize("method", ["span", "deflated"])
def test_at_the_optimum_rounding_is_no_direction(method: str) -> None:
    X = np.array([[0.36513725], [-0.97624779], [0.24896502], [-1.29375315]], dtype=np.float32)
    given: dict[str, Any] = {"tol": 0.1, "fit_intercept": False, "method": method}
    path = l2svm_path(X, [0, 1, 0, 1], [1 / 7, 1.0], **given)
    np.testing.assert_allclose(path.coef.ravel(), [-0.456189, -0.964802], rtol=1e-4)


def test_a_budget_too_small_is_told_with_class_gap_and_budget(clouds: Any) -> None:
    X, y = clouds
    names = np.array(["ant", "bee", "cat", "dog"])[y]
    with pytest.warns(ConvergenceWarning, match=r"class '(ant|bee|cat|dog)' at C=0.1 .*tol=1e-09, "
                      r"after 1 of max_passes=1 passes; 4 of 4 columns"):  # fmt: skip
        path = l2svm_path(X, names, [0.1], tol=1e-9, max_passes=1, method="span")
    assert not path.certified
    with pytest.warns(ConvergenceWarning, match="LinearSVC at C=0.1"):
        liblinear_path(X, names, [0.1], tol=1e-12, max_passes=1)


@pytest.mark.filterwarnings("ignore::dcgan_eval.core.ConvergenceWarning")
def test_what_stays_open_of_few_rows_is_solved_in_the_span(
    clouds: Any, folds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = clouds
    given: dict[str, Any] = {"subsets": folds, "max_passes": 12}
    monkeypatch.setattr(rows_module, "choose_rank", lambda n, d, columns: (8, 50))
    left = l2svm_path(X, y, CS, method="deflated", **given)
    is_open = left.gap > left.tol
    assert is_open.any() and not is_open.all()
    monkeypatch.setattr(path_module, "choose_method", lambda sizes, d: "deflated")
    closed = l2svm_path(X, y, CS, **given)
    assert closed.certified
    np.testing.assert_array_equal(closed.coef[~is_open], left.coef[~is_open])
    monkeypatch.setattr(path_module, "ROWS_CLOSED_IN_SPAN", 100)
    np.testing.assert_array_equal(l2svm_path(X, y, CS, **given).gap, left.gap)


def test_memory_is_predicted_larger_for_larger_problems() -> None:
    small = predict_memory(1000, 7168, 10, 7)
    assert predict_memory(2000, 7168, 10, 7) > small
    assert predict_memory(1000, 28672, 10, 7) > small
    assert predict_memory(1000, 7168, 10, 7, subset_sizes=[1000] * 110) > small
    assert predict_memory(50_000, 28_672, 10, 7) < 8e9
