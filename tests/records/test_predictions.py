"""Decision values beside predictions: how many rows, what is refused, what older files are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dcgan_eval.core import RecordError, RecordWarning
from dcgan_eval.records import Predictions, ResultStore, StoredRecord, scored_rows
from tests.make.records import CLASSES, make_predictions, make_record


@given(st.integers(1, 10**6), st.integers(1, 10**4))
def test_as_many_rows_as_take_a_megabyte(items: int, classes: int) -> None:
    rows = scored_rows(items, classes)
    assert rows * items * classes * 2 <= 1_000_000 < (rows + 1) * items * classes * 2


def with_scores(rows: int) -> Predictions:
    predictions = make_predictions(0.3, rows=3, items=40)
    drawn = np.random.default_rng(0).normal(size=(rows, 40, CLASSES))
    return replace(predictions, scores=drawn.astype(np.float16))


@pytest.mark.parametrize("rows", [1, 3])
def test_scores_are_read_as_they_were_saved(rows: int, tmp_path: Path) -> None:
    predictions = with_scores(rows)
    record = make_record(predictions, protocol="few_labels")
    stored = ResultStore(tmp_path).save(record, predictions, {})
    stored.check()
    found = stored.predictions()
    assert found is not None and found.scores is not None and predictions.scores is not None
    assert found.scores.dtype == np.float16
    np.testing.assert_array_equal(found.scores, predictions.scores)
    np.testing.assert_array_equal(found.values, predictions.values)


def test_a_file_without_scores_has_none(tmp_path: Path) -> None:
    predictions = make_predictions(0.3, rows=3, items=40)
    assert "scores" not in predictions.arrays()
    record = make_record(predictions, protocol="few_labels")
    found = ResultStore(tmp_path).save(record, predictions, {}).predictions()
    assert found is not None and found.scores is None


def edited(at: tuple[int, ...], value: float) -> NDArray[np.float16]:
    scores = with_scores(2).scores
    assert scores is not None
    scores[at] = value
    return scores


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.zeros((4, 40, CLASSES), np.float16), "scores of shape .* expected up to 3 rows × 40"),
        (np.zeros((0, 40, CLASSES), np.float16), "scores of shape"),
        (np.zeros((1, 39, CLASSES), np.float16), "scores of shape"),
        (np.zeros((1, 40, CLASSES - 1), np.float16), "scores of shape"),
        (np.zeros((40, CLASSES), np.float16), "scores of shape"),
        (np.zeros((1, 40, CLASSES), np.float32), "scores are float32"),
        (edited((1, 3, 2), np.nan), "expected finite"),
        (edited((0, 0, 0), np.inf), "expected finite"),
    ],
)
def test_scores_that_do_not_fit_are_not_saved_and_not_read(
    scores: Any, message: str, tmp_path: Path
) -> None:
    good = with_scores(2)
    store, record = ResultStore(tmp_path), make_record(good, protocol="few_labels")
    with pytest.raises(RecordError, match=message):
        store.save(record, replace(good, scores=scores), {})
    stored = store.save(record, good, {})
    assert stored.path is not None
    beside = stored.path.with_name(f"{stored.path.stem}.predictions.npz")
    np.savez(beside, **{**good.arrays(), "scores": scores})
    # Where no digest says that they are others.
    unsigned = StoredRecord(stored.record.model_copy(update={"digests": {}}), stored.path)
    with pytest.warns(RecordWarning, match=message):
        assert unsigned.predictions() is None
    with pytest.raises(RecordError, match=message):
        unsigned.check()
