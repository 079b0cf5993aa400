"""Columns as what they are meant to be, each row looked at: classes, scores, shares, names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError
from dcgan_eval.reporting.given.columns import Columns


def read_classes(columns: Columns, name: str) -> NDArray[Any]:
    """Classes, as int64 or as texts."""
    values = _flat(columns, name)
    _no_gaps(columns, name, values, "a class")
    if values.dtype.kind == "O":
        texts = np.array([isinstance(one, str) for one in values])
        odd = int(np.argmax(texts != texts[0]))
        among = "texts" if texts[0] else "numbers"
        raise DataError(
            f"{columns.at(odd)}, column {name!r}: {values[odd]!r:.40} among {among}; give "
            "classes that are all numbers or all texts"
        )
    if values.dtype.kind == "U":
        return values
    broken = values % 1 != 0
    if broken.any():
        row = int(np.argmax(broken))
        raise DataError(
            f"{columns.at(row)}, column {name!r}: {values[row]} is no class; expected whole "
            f"numbers or texts (columns of scores are called scores, or score_ and the class)"
        )
    return values.astype(np.int64)


def read_scores(columns: Columns, name: str) -> NDArray[np.floating]:
    """Scores, (n, classes)."""
    values = columns.get(name)
    if values.ndim == 1:
        _no_gaps(columns, name, values, "a number")
        values = _numbers(columns, name)[:, np.newaxis]
    if values.ndim != 2 or values.dtype.kind not in "fiu":
        raise DataError(
            f"{columns.name}: scores are {values.dtype} {values.shape}; expected numbers, a row an "
            "item and a column a class"
        )
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, at = (int(one) for one in bad[0])
        raise DataError(
            f"{columns.at(row)}, scores of class {at}: {values[row, at]}; expected finite numbers"
        )
    return values


def read_shares(columns: Columns, name: str) -> NDArray[np.floating]:
    """How right each row is: true and false, or numbers from 0 to 1."""
    values = _flat(columns, name)
    if values.dtype.kind == "U" and set(np.unique(np.char.lower(values))) <= {"true", "false"}:
        return np.asarray(np.char.lower(values) == "true", dtype=np.float64)
    _no_gaps(columns, name, values, "a number")
    found = _numbers(columns, name)
    outside = np.flatnonzero(~((found >= 0) & (found <= 1)))
    if len(outside):
        row = int(outside[0])
        raise DataError(
            f"{columns.at(row)}, column {name!r}: {found[row]:g}; expected how right it is, from 0 "
            "to 1"
        )
    return found


def read_names(columns: Columns, name: str) -> NDArray[Any]:
    """What something is called: whole numbers or texts."""
    values = _flat(columns, name)
    _no_gaps(columns, name, values, "a whole number or a text")
    if values.dtype.kind == "O":
        return values.astype(np.str_)
    if values.dtype.kind not in "iuU":
        raise DataError(
            f"{columns.name}: column {name!r} is {values.dtype}; expected whole numbers or texts"
        )
    return values


def _numbers(columns: Columns, name: str) -> NDArray[np.floating]:
    """A column of numbers."""
    values = _flat(columns, name)
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    row = next((i for i, one in enumerate(values) if not _is_number(one)), 0)
    raise DataError(
        f"{columns.at(row)}, column {name!r}: {str(values[row])!r:.40} is no number; give one in "
        "each row"
    )


def _flat(columns: Columns, name: str) -> NDArray[Any]:
    """One value a row."""
    values = columns.get(name)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise DataError(
            f"{columns.name}: {f'column {name!r}' if name else 'the array'} is {values.dtype} "
            f"{values.shape}; expected one value an item (several seeds or draws are a file each)"
        )
    return values


def _no_gaps(columns: Columns, name: str, values: NDArray[Any], expected: str) -> None:
    """Refuse what is not there: None, NaN, an empty text."""
    kind = values.dtype.kind
    if kind == "O":
        gaps = np.array([one is None or one == "" or one != one for one in values])
    elif kind == "U":
        gaps = values == ""
    else:
        gaps = values != values
    if gaps.any():
        row = int(np.argmax(gaps))
        shown = "nothing" if values[row] is None or values[row] == "" else values[row]
        raise DataError(f"{columns.at(row)}, column {name!r}: {shown}; expected {expected}")


def are_scores(values: NDArray[Any]) -> bool:
    """Whether numbers are no classes."""
    if values.dtype.kind != "f":
        return False
    return (values.ndim == 2 and values.shape[1] > 1) or bool((values % 1 > 0).any())


def _is_number(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True
