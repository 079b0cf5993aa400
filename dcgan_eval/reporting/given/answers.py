"""Which columns are what, and what they say of items: targets, groups, answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, SettingsError, did_you_mean
from dcgan_eval.reporting.given.checked import (
    are_scores,
    read_classes,
    read_names,
    read_scores,
    read_shares,
)
from dcgan_eval.reporting.given.columns import Columns, of_texts

Role = Literal["id", "prediction", "correct", "scores", "target"]
ROLES: Mapping[Role, tuple[str, ...]] = {
    "id": ("id", "ids", "item_id", "item_ids", "doc_id"),
    "prediction": ("prediction", "predictions", "predicted", "pred", "y_pred"),
    "correct": ("correct", "acc", "exact_match"),
    "scores": ("scores", "score", "logits", "probabilities"),
    "target": ("target", "targets", "label", "labels", "y", "y_true"),
}
"""What a column of each role may be called; the first that there is is meant."""
SCORE = "score_"
"""How columns with the scores of one class each begin; the class follows."""


@dataclass(frozen=True)
class Roles:
    """Which column is what.

    Attributes
    ----------
    named
        Columns that are called otherwise than in `ROLES`, by their roles.
    groups
        The column of the groups.
    filter
        Whose rows are meant of a log with several filters.

    Raises
    ------
    SettingsError
        A role that there is not.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    groups: str | None = None
    filter: str | None = None

    def __post_init__(self) -> None:
        for role in self.named:
            if role not in ROLES:
                raise SettingsError(
                    f"unknown role {role!r} of a column; {did_you_mean(role, ROLES)}"
                )

    def find(self, columns: Columns, role: Role) -> str | None:
        """The column of a role; None where there is none."""
        if role in self.named:
            return self.named[role]
        return next((name for name in ROLES[role] if name in columns.values), None)

    def only_other(self, columns: Columns, *roles: Role) -> str | None:
        """The one column that is neither the groups nor of these roles."""
        taken = {self.groups, *(self.find(columns, role) for role in roles)}
        free = [name for name in columns.values if name not in taken]
        return free[0] if len(free) == 1 else None

    def rows(self, columns: Columns) -> Columns:
        """The rows that are meant: lm-evaluation-harness logs a document once for each filter.

        Raises
        ------
        DataError
            There are several filters and none was named, or none of this name.
        """
        if "doc_id" not in columns.values or "filter" not in columns.values:
            return columns
        of_rows = columns.get("filter")
        known = sorted(set(map(str, of_rows)))
        if self.filter is None and len(known) > 1:
            raise DataError(
                f"{columns.name}: has each document with the filters {', '.join(known)}; name one "
                "of them as filter"
            )
        if self.filter is None:
            return columns
        if self.filter not in known:
            raise DataError(
                f"{columns.name}: no filter {self.filter!r}; {did_you_mean(self.filter, known)}"
            )
        return columns.take(np.flatnonzero(of_rows == self.filter))


@dataclass(frozen=True)
class Truth:
    """The items, in their order, and what is known of them.

    Attributes
    ----------
    ids, targets, groups : (n,), optional
        Whole numbers or texts: ids each once, true classes, what the items of a group share.
    """

    columns: Columns
    n: int
    ids: NDArray[Any] | None
    targets: NDArray[Any] | None
    groups: NDArray[Any] | None


@dataclass(frozen=True)
class Answers:
    """What a model said of items: one of classes, scores of classes, or how right it was.

    Attributes
    ----------
    ids : (n,), optional
        As in `Truth`.
    classes : (n,), optional
        Whole numbers or texts.
    scores : (n, classes), optional
        Finite; one column alone is of the second of two classes.
    scored : (classes,), optional
        Which class each column of scores is of; their numbers when None.
    right : (n,), optional
        From 0 to 1.
    called
        The column of `right`.
    """

    columns: Columns
    n: int
    ids: NDArray[Any] | None
    classes: NDArray[Any] | None = None
    scores: NDArray[np.floating] | None = None
    scored: NDArray[Any] | None = None
    right: NDArray[np.floating] | None = None
    called: str = ""


def read_truth(columns: Columns, roles: Roles, *, answers: bool = False) -> Truth:
    """The items of a file of targets, or of one with `answers`, which may have no targets.

    Raises
    ------
    DataError
        No targets in a file of targets; a row that is no class; an id that stands twice; columns
        of several lengths.
    """
    name = roles.find(columns, "target")
    if name is None and not answers:
        name = roles.only_other(columns, "id")
        if name is None:
            raise _unknown(columns, "target")
    targets = None if name is None else read_classes(columns, name)
    ids = read_ids(columns, roles)
    groups = None if roles.groups is None else read_names(columns, roles.groups)
    n = _length(columns, targets, ids, groups)
    return Truth(columns, n, ids, targets, groups)


def read_answers(
    columns: Columns, roles: Roles, wanted: Sequence[Role], *, with_targets: bool
) -> Answers:
    """What a file of predictions says.

    Parameters
    ----------
    wanted
        Roles that will do, the best first; what somebody named comes before them.
    with_targets
        Whether its targets are those that count: then labels are no predictions.

    Raises
    ------
    DataError
        No column is known to have the predictions; a row that is none; an id that stands twice;
        columns of several lengths.
    """
    ids = read_ids(columns, roles)
    ordered = sorted(wanted, key=lambda role: role not in roles.named)
    found = ((role, name) for role in ordered if (name := roles.find(columns, role)) is not None)
    role, name = next(found, ("prediction", None))
    by_class = [one for one in columns.values if one.startswith(SCORE)]
    if name is None and by_class:
        scores = np.stack([read_scores(columns, one)[:, 0] for one in by_class], axis=1)
        scored = of_texts([one.removeprefix(SCORE) for one in by_class])
        return Answers(columns, _length(columns, scores, ids), ids, scores=scores, scored=scored)
    if name is None:
        name = roles.only_other(columns, "id", "target")
    if name is None and not with_targets:
        name = roles.only_other(columns, "id")
    if name is None:
        raise _unknown(columns, wanted[0])
    if role == "correct":
        right = read_shares(columns, name)
        return Answers(columns, _length(columns, right, ids), ids, right=right, called=name)
    if role == "scores" or are_scores(columns.get(name)):
        scores = read_scores(columns, name)
        return Answers(columns, _length(columns, scores, ids), ids, scores=scores)
    classes = read_classes(columns, name)
    return Answers(columns, _length(columns, classes, ids), ids, classes)


def read_ids(columns: Columns, roles: Roles) -> NDArray[Any] | None:
    """Ids of the rows, whole numbers or texts, each once; None where there are none."""
    name = roles.find(columns, "id")
    if name is None:
        return None
    ids = read_names(columns, name)
    order = np.argsort(ids, kind="stable")
    again = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if len(again):
        first, second = order[again[0]], order[again[0] + 1]
        raise DataError(
            f"{columns.at(second)}: id {ids[second]!s} stands twice, first in "
            f"{columns.at(first).removeprefix(columns.name).strip()}; give each item once"
        )
    return ids


def _length(columns: Columns, *arrays: NDArray[Any] | None) -> int:
    """Rows of arrays that must have as many."""
    lengths = [len(one) for one in arrays if one is not None]
    if len(set(lengths)) > 1:
        raise DataError(
            f"{columns.name}: its columns have {' and '.join(map(str, lengths))} rows; give as many"
        )
    return lengths[0] if lengths else len(columns)


def _unknown(columns: Columns, role: Role) -> DataError:
    """Nobody can know which column is meant."""
    return DataError(
        f"{columns.name}: none of its columns ({', '.join(columns.known)}) is called "
        f"{' or '.join(ROLES[role])}; say which is meant, {role}=NAME"
    )
