from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan_eval.core import DataError
from dcgan_eval.data import (
    Split,
    authors_split,
    draw_per_class,
    grouped_part,
    stratified,
    stratified_folds,
    stratified_subset,
)

# At least four images of each of up to five classes, in any order.
LABELS = (
    st.lists(st.integers(0, 4), max_size=60)
    .map(lambda extra: np.array([*range(5)] * 4 + extra, dtype=np.int64))
    .flatmap(lambda y: st.permutations(y.tolist()).map(np.array))
)


@given(LABELS, st.data())
def test_stratified_parts_are_disjoint_and_exact(y: np.ndarray, data: st.DataObject) -> None:
    size = data.draw(st.integers(5, len(y) - 5))
    try:
        part, rest = stratified(y, size, "test", 3)
    except DataError as error:
        assert "leaves no image of class" in str(error)
        return
    assert len(part) == size
    assert np.array_equal(np.sort(np.concatenate([part, rest])), np.arange(len(y)))
    assert np.all(np.diff(part) > 0) and np.all(np.diff(rest) > 0)
    share = np.bincount(y) * size / len(y)
    got = np.bincount(y[part], minlength=len(share))
    assert np.all((got == np.floor(share)) | (got == np.floor(share) + 1))


def test_largest_remainders_go_first() -> None:
    # Shares of 6 from (5, 3, 2) are 3.0, 1.8 and 1.2: the one left over goes to class 1.
    y = np.repeat([0, 1, 2], [5, 3, 2])
    part, _ = stratified(y, 6, "remainders")
    assert np.bincount(y[part]).tolist() == [3, 2, 1]


def test_equal_remainders_go_to_the_lower_class() -> None:
    y = np.repeat([0, 1], [3, 3])
    assert np.bincount(y[stratified_subset(y, 3, "tie")]).tolist() == [2, 1]


def test_choices_depend_on_their_names_alone() -> None:
    y = np.arange(200) % 5
    assert np.array_equal(stratified_subset(y, 50, "a", 1), stratified_subset(y, 50, "a", 1))
    assert not np.array_equal(stratified_subset(y, 50, "a", 1), stratified_subset(y, 50, "a", 2))
    # A class's own stream: other classes may come and go.
    more = np.concatenate([y, np.full(40, 7)])
    assert set(draw_per_class(y, 8, "d")) <= set(draw_per_class(more, 8, "d"))


def test_a_subset_may_be_everything() -> None:
    y = np.arange(12) % 3
    assert np.array_equal(stratified_subset(y, 12, "all"), np.arange(12))


@given(LABELS, st.integers(1, 4))
def test_draws_have_exact_counts(y: np.ndarray, per_class: int) -> None:
    draw = draw_per_class(y, per_class, "p", "draw", 0)
    assert np.bincount(y[draw]).tolist() == [per_class] * 5
    assert np.all(np.diff(draw) > 0)


def test_draw_17_does_not_know_how_many_there_are() -> None:
    y = np.arange(3000) % 10
    alone = draw_per_class(y, 100, "svhn1000", "draw", 17)
    of_many = [draw_per_class(y, 100, "svhn1000", "draw", k) for k in range(30)]
    assert np.array_equal(alone, of_many[17])
    assert len({draw.tobytes() for draw in of_many}) == 30


def test_draws_cover_a_class_evenly() -> None:
    # 400 draws of 5 from 20: each item is expected 100 times, sd √(400·¼·¾) = 8.7.
    y = np.repeat([0, 1], 20)
    times = np.bincount(np.concatenate([draw_per_class(y, 5, "even", k) for k in range(400)]))
    assert abs(times - 100).max() < 5 * 8.7


@given(st.lists(st.integers(0, 15), min_size=2, max_size=80), st.data())
def test_groups_are_never_divided(groups: list[int], data: st.DataObject) -> None:
    array = np.array(groups)
    at_least = data.draw(st.integers(1, len(array) - 1))
    try:
        part, rest = grouped_part(array, at_least, "g")
    except DataError as error:
        assert "leaves no group" in str(error)
        return
    assert not set(array[part]) & set(array[rest])
    assert np.array_equal(np.sort(np.concatenate([part, rest])), np.arange(len(array)))
    assert len(part) >= at_least and len(rest) > 0
    # Without its last group the part would be too small.
    assert len(part) - max(np.bincount(array[part])) < at_least


def test_the_authors_split_is_their_two_lines() -> None:
    p = np.arange(73257)
    np.random.RandomState(42).shuffle(p)
    validation, pool = authors_split(73257)
    assert np.array_equal(validation, p[:10000]) and np.array_equal(pool, p[10000:])


@given(LABELS, st.integers(2, 4))
def test_folds_share_classes_evenly(y: np.ndarray, n_folds: int) -> None:
    folds = stratified_folds(y, n_folds, "f")
    assert set(folds) == set(range(n_folds))
    assert np.ptp(np.bincount(folds)) <= 1
    for label in range(5):
        assert np.ptp(np.bincount(folds[y == label], minlength=n_folds)) <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda y: draw_per_class(y, 5, "d"), "class 0 has 4 images to draw from, 5 labels"),
        (lambda y: draw_per_class(y, 0, "d"), "0 labels per class: expected 1 or more"),
        (lambda y: stratified(y, 12, "s"), "choose from 1 to 11"),
        (lambda y: stratified(y, 0, "s"), "choose from 1 to 11"),
        (lambda y: stratified(y, 11, "s"), "leaves no image of class"),
        (lambda y: stratified_subset(y, 2, "s"), "has none of class 2"),
        (lambda y: stratified_subset(y, 13, "s"), "choose from 1 to 12"),
        (lambda y: grouped_part(y, 12, "g"), "choose from 1 to 11"),
        (lambda y: grouped_part(y, 9, "g"), "leaves no group for the rest"),
        (lambda y: stratified_folds(y, 5, "f"), "class 0 has 4 images, fewer than 5 folds"),
        (lambda y: stratified_folds(y, 1, "f"), "1 folds: expected 2 or more"),
        (lambda y: authors_split(len(y)), "puts 10000 images aside, but there are 12"),
        (lambda y: stratified_subset(y / 2, 3, "s"), "expected flat integers"),
        (lambda y: draw_per_class(y[:0], 3, "s"), "no images to choose from"),
    ],
)
def test_what_cannot_be_done_is_said(call, message: str) -> None:  # type: ignore[no-untyped-def] # a lambda
    with pytest.raises(DataError, match=message):
        call(np.arange(12) % 3)


def test_rows_of_a_part() -> None:
    split = Split(
        train=np.array([3, 5, 8]),
        test=np.array([0]),
        reference=np.array([8, 3]),
        parts={"fit": np.array([0, 2])},
    )
    assert split.rows("fit").tolist() == [3, 8]
