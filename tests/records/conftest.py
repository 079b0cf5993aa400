"""A record of three draws, and what decides its numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from dcgan_eval.records import Predictions, Record
from tests.make import records


@pytest.fixture
def predictions() -> Predictions:
    return records.make_predictions(0.86, rows=3, items=40, seed=5, grouped=True)


@pytest.fixture
def make_record(predictions: Predictions) -> Callable[..., Record]:
    """A record; keywords are those of `tests.make.records`."""
    return partial(
        records.make_record,
        predictions,
        name="DCGAN (authors)",
        weights="c" * 64,
        protocol="few_labels",
    )
