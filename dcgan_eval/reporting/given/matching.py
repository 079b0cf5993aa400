"""Which row of a file is of which item: by id where ids are there, else by order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError
from dcgan_eval.reporting.given.answers import Answers, Truth
from dcgan_eval.reporting.given.columns import Columns


def match(answers: Answers, truth: Truth) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """The row of each item, and how it was found, in sentences.

    Raises
    ------
    DataError
        Rows by order that are not as many as the items; ids of another kind; items without a row.
    """
    here, there = answers.columns.name, truth.columns.name
    if answers.ids is None:
        if answers.n != truth.n:
            raise DataError(
                f"{here}: {answers.n} rows, {there} has {truth.n} items; give a row an item in "
                "their order, or ids in both"
            )
        return np.arange(truth.n), ("Rows matched to items by their order.",)
    wanted = np.arange(truth.n) if truth.ids is None else truth.ids
    by = "id" if truth.ids is not None else "id, which counts the items from 0"
    if _kind(wanted) != _kind(answers.ids):
        lacks = f"{there} has no ids" if truth.ids is None else f"those of {there} are such as"
        example = "" if truth.ids is None else f" {wanted[0]!s}"
        raise DataError(
            f"{here}: ids such as {answers.ids[0]!s}, {lacks}{example}; give the same ids in both"
        )
    order = np.argsort(answers.ids, kind="stable")
    ordered = answers.ids[order]
    places = np.minimum(np.searchsorted(ordered, wanted), answers.n - 1)
    missing = np.flatnonzero(ordered[places] != wanted)
    if len(missing):
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        raise DataError(
            f"{here}: no row for item {wanted[missing[0]]!s}{more} of {there}; give one for each"
        )
    notes = [f"Rows matched to items by {by}."]
    if answers.n > truth.n:
        notes.append(f"{answers.n - truth.n:,} rows of other items were left out.")
    return order[places], tuple(notes)


def check_targets(columns: Columns, own: Truth, rows: NDArray[np.intp], truth: Truth) -> None:
    """Refuse a file whose own targets are others than those of the first file."""
    if own.targets is None or truth.targets is None:
        if own.targets is not truth.targets:
            without = columns if own.targets is None else truth.columns
            raise DataError(f"{without.name}: has no targets, and another file has; give them once")
        return
    here = own.targets[rows]
    same_kind = _kind(here) == _kind(truth.targets)
    differ = np.flatnonzero(here != truth.targets) if same_kind else [0]
    if len(differ):
        item = int(differ[0])
        raise DataError(
            f"{columns.at(int(rows[item]))}: the target is {here[item]!s}, in "
            f"{truth.columns.at(item)} {truth.targets[item]!s}; compare predictions of the same "
            "items"
        )


def _kind(values: NDArray[Any]) -> bool:
    """Whether they are texts."""
    return values.dtype.kind == "U"
