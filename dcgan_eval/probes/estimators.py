"""What estimators of scikit-learn's kind are asked for: to fit, to predict, to score."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from dcgan_eval.core import SettingsError, seed_for
from dcgan_eval.probes.probe import Evaluation
from dcgan_eval.probes.scores import as_scores

_BLOCK_BYTES = 1 << 26
# scikit-learn takes 32 bits.
SEED = seed_for("probe", "sklearn") % 2**32
# What estimators raise for settings or rows that they cannot use.
FAILURES = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def in_memory(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    """Rows in a type that estimators compute with."""
    return np.ascontiguousarray(rows, np.float32 if rows.dtype.itemsize < 4 else rows.dtype)


@contextmanager
def seeded() -> Iterator[None]:
    """NumPy's own stream from the named seed: parts of an estimator that get none draw of it."""
    before = np.random.get_state()
    np.random.seed(SEED)
    try:
        yield
    finally:
        np.random.set_state(before)


def fit(model: Any, X: NDArray[np.floating], y: NDArray[np.int64]) -> bool:
    """Fit, and tell whether it ended before its tolerance."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model.fit(X, y)
        except FAILURES as error:
            raise refused(error) from error
    others = [one for one in caught if not issubclass(one.category, ConvergenceWarning)]
    for one in others:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return len(others) < len(caught)


def predict(model: Any, one: Evaluation, classes: NDArray[np.int64]) -> NDArray[np.int16]:
    """Class of every row of an evaluation."""
    out = np.empty(len(one), np.int16)
    for at, block in one.blocks(_block_rows(one)):
        try:
            found = np.asarray(model.predict(in_memory(block)))
            if found.shape != (len(block),) or not np.isin(found, classes).all():
                raise ValueError("its predictions are not one of the fitted classes a row")
        except FAILURES as error:
            raise refused(error) from error
        out[at] = found
    return out


def scores(
    model: Any, one: Evaluation, classes: NDArray[np.int64], n_classes: int
) -> NDArray[np.float16] | None:
    """Decision values, else probabilities, of every row of an evaluation.

    None where the estimator has neither, or not one for each of the classes.
    """
    names = (name for name in ("decision_function", "predict_proba") if hasattr(model, name))
    name = next(names, None)
    pairs = getattr(model, "decision_function_shape", "ovr") == "ovo"
    if name is None or pairs or not np.array_equal(getattr(model, "classes_", classes), classes):
        return None
    decide = getattr(model, name)
    try:
        blocks = [
            np.asarray(decide(in_memory(block)), np.float64).reshape(len(block), -1)
            for _, block in one.blocks(_block_rows(one))
        ]
    except (AttributeError, NotImplementedError):
        return None
    except FAILURES as error:
        raise refused(error) from error
    found = np.concatenate(blocks)
    one_of_two = len(classes) == 2 and found.shape[1] == 1
    return (
        as_scores(found, classes, n_classes)
        if one_of_two or found.shape[1] == len(classes)
        else None
    )


def _block_rows(one: Evaluation) -> int:
    """Rows read at once."""
    return max(64, _BLOCK_BYTES // (4 * one.X.shape[1]))


def refused(error: Exception) -> SettingsError:
    """What an estimator says of what it was given, as an error of ours."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return SettingsError(f"probe: {lines[0] if lines else type(error).__name__}")
