"""Decision values as records keep them."""

from __future__ import annotations

import numpy as np
import pytest

from dcgan_eval.probes import as_scores


def test_a_column_for_each_class_of_the_data() -> None:
    values = np.array([[0.1, -2.0, 3.0], [1e9, -np.inf, 7.0]], np.float32)
    found = as_scores(values, np.array([0, 2, 3]), 5)
    assert found is not None and found.dtype == np.float16
    low, high = -65504, 65504
    wanted = [[np.float16(0.1), low, -2, 3, low], [high, low, low, 7, low]]
    np.testing.assert_array_equal(found, np.array(wanted, np.float16))


@pytest.mark.parametrize(
    ("classes", "n_classes", "wanted"),
    [([0, 1], 2, [[-0.5, 0.5], [2, -2]]), ([0, 2], 3, [[-0.5, -65504, 0.5], [2, -65504, -2]])],
)
def test_one_column_is_the_second_of_two_classes(
    classes: list[int], n_classes: int, wanted: list[list[float]]
) -> None:
    found = as_scores(np.array([[0.5], [-2.0]]), np.array(classes), n_classes)
    assert found is not None
    np.testing.assert_array_equal(found, wanted)


def test_nan_is_no_score() -> None:
    assert as_scores(np.array([[0.5, np.nan], [1, 2]]), np.array([0, 1]), 2) is None


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_columns_are_those_of_the_classes(columns: int) -> None:
    with pytest.raises(ValueError, match=rf"in {columns} columns; expected one for each of the 3"):
        as_scores(np.zeros((5, columns)), np.arange(3), 3)
