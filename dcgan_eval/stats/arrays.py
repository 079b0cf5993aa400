"""Arrays of errors: what is accepted, and what is made of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dcgan_eval.core import DataError
from dcgan_eval.stats.design import Design
from dcgan_eval.stats.items import Floats
from dcgan_eval.stats.metrics import Losses
from dcgan_eval.stats.two_way import Errors


def as_losses(errors: ArrayLike | Losses, what: str) -> Losses:
    """Losses of a metric as they are; errors as those that they are themselves."""
    return errors if isinstance(errors, Losses) else Losses(checked_errors(errors, what))


def checked_errors(errors: ArrayLike, what: str) -> Errors:
    """Errors as a rows x items array of numbers in [0, 1]."""
    x = np.asarray(errors)
    if x.ndim == 1:
        x = x[np.newaxis]
    if x.ndim != 2 or x.shape[0] < 1 or x.shape[1] < 2:
        raise DataError(f"{what} have shape {x.shape}: expected rows x items, at least 2 items")
    if x.dtype.kind not in "biuf" or not (x.min() >= 0 and x.max() <= 1):
        raise DataError(f"{what} must be numbers in [0, 1], without NaN: 1 is a wrong prediction")
    return x


def check_level(level: float) -> None:
    """A confidence level is a fraction."""
    if not 0 < level < 1:
        raise DataError(f"confidence level {level}: expected a fraction, such as 0.95")


def check_pairing(a: Errors, b: Errors, design: Design) -> None:
    """The same items, and the same draws."""
    if a.shape[1] != b.shape[1]:
        raise DataError(
            f"A has {a.shape[1]} items and B has {b.shape[1]}: a comparison needs the same items"
        )
    if design.rows == "draws" and len(a) != len(b):
        raise DataError(
            f"A has {len(a)} draws and B has {len(b)}: a comparison needs the same draws"
        )


def difference(a: Errors, b: Errors) -> Errors:
    """B's minus A's errors: int8 for 0/1 errors, float64 for fractions."""
    if a.dtype.kind == "f" or b.dtype.kind == "f":
        return np.subtract(b, a, dtype=np.float64)
    return np.subtract(b, a, dtype=np.int8, casting="unsafe")


def is_binary(x: Errors) -> bool:
    """Whether all errors are 0 or 1."""
    return bool(x.dtype.kind != "f" or np.isin(x, (0.0, 1.0)).all())


def row_means(x: Errors) -> Floats:
    """Mean error of each row."""
    return np.asarray(x.mean(axis=1, dtype=np.float64))
