"""Which rows are used for what: pure functions of labels, groups and named seeds.

All functions return positions into the array they were given, as int64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, Indices, digest_arrays, rng_for

# RandomState(42) and the 10,000 validation images are those of the authors' SVHN code.
_AUTHORS_SEED = 42
_AUTHORS_VALIDATION = 10_000


@dataclass(frozen=True)
class Split:
    """Rows that a protocol uses.

    Attributes
    ----------
    train : int64 array
        Rows of the training set whose features are used, ascending.
    test : int64 array
        Rows of the test set.
    reference : int64 array
        Rows of the training set whose images give batch-norm statistics, in their order.
    parts
        Name → positions into `train` (``fit``, ``validation``, ``pool`` …).
    """

    train: Indices = field(repr=False)
    test: Indices = field(repr=False)
    reference: Indices = field(repr=False)
    parts: Mapping[str, Indices] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def digest(self) -> str:
        """Hash of all rows and parts."""
        parts = [(f"part {name}", rows) for name, rows in sorted(self.parts.items())]
        whole = [("train", self.train), ("test", self.test), ("reference", self.reference)]
        return digest_arrays([*whole, *parts])

    def rows(self, part: str) -> Indices:
        """Rows of the training set that make up a part."""
        return self.train[self.parts[part]]


def stratified(
    y: NDArray[np.integer], size: int, *coordinates: str | int
) -> tuple[Indices, Indices]:
    """Divide items in two parts with the class shares of the whole.

    Parameters
    ----------
    y : integer array, (n,)
        Labels.
    size
        Size of the first part, met exactly: each class gets the whole part of its share, and the
        largest remainders (ties: the lower class) get one more.
    *coordinates
        Name of this choice (see `dcgan_eval.core.rng_for`); each class has a stream of its own.

    Returns
    -------
    part, rest : int64 arrays, (size,) and (n − size,)
        Positions, ascending.

    Raises
    ------
    DataError
        `size` is not in 1 … n − 1, or the rest would lack a class.
    """
    y = _labels(y)
    if not 1 <= size < len(y):
        raise DataError(
            f"a stratified part of {size} of {len(y)} images: choose from 1 to {len(y) - 1}"
        )
    part = _stratified_part(y, size, coordinates)
    rest = _without(len(y), part)
    missing = np.setdiff1d(y, y[rest])
    if len(missing):
        raise DataError(
            f"a stratified part of {size} of {len(y)} images leaves no image of class {missing[0]}"
            " for the rest; choose a smaller part"
        )
    return part, rest


def stratified_subset(y: NDArray[np.integer], size: int, *coordinates: str | int) -> Indices:
    """Choose `size` items with the class shares of the whole (see `stratified`), ascending.

    Raises
    ------
    DataError
        `size` is not in 1 … n, or a class would get no item.
    """
    y = _labels(y)
    if not 1 <= size <= len(y):
        raise DataError(f"a subset of {size} of {len(y)} images: choose from 1 to {len(y)}")
    part = _stratified_part(y, size, coordinates)
    missing = np.setdiff1d(y, y[part])
    if len(missing):
        raise DataError(
            f"a stratified subset of {size} of {len(y)} images has none of class {missing[0]};"
            " choose a larger subset"
        )
    return part


def draw_per_class(y: NDArray[np.integer], per_class: int, *coordinates: str | int) -> Indices:
    """Draw `per_class` items of each class without replacement.

    A draw depends on `y` and its coordinates alone: ``draw_per_class(y, 100, name, "draw", 17)``
    is the same whether it is the only draw or one of a hundred. With equal coordinates a smaller
    draw is part of a larger one.

    Returns
    -------
    int64 array, (classes × per_class,)
        Positions, ascending.

    Raises
    ------
    DataError
        A class has too few items.
    """
    y = _labels(y)
    if per_class < 1:
        raise DataError(f"{per_class} labels per class: expected 1 or more")
    chosen = []
    for label, members in _by_class(y):
        if len(members) < per_class:
            raise DataError(
                f"class {label} has {len(members)} images to draw from, {per_class} labels per"
                " class were asked for; choose fewer, or a larger pool"
            )
        chosen.append(_shuffled(members, coordinates, label)[:per_class])
    return np.sort(np.concatenate(chosen))


def grouped_part(
    groups: NDArray[np.integer], at_least: int, *coordinates: str | int
) -> tuple[Indices, Indices]:
    """Divide items in two parts without dividing a group.

    Whole groups are taken in a seeded order until the first part has at least `at_least` items.

    Parameters
    ----------
    groups : integer array, (n,)
        Items that share a number stay together.

    Returns
    -------
    part, rest : int64 arrays
        Positions, ascending.

    Raises
    ------
    DataError
        `at_least` is not in 1 … n − 1, or nothing is left for the rest.
    """
    groups = _labels(groups)
    if not 1 <= at_least < len(groups):
        raise DataError(
            f"a part of {at_least} of {len(groups)} images; choose from 1 to {len(groups) - 1}"
        )
    names, number, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = rng_for(*coordinates).permutation(len(names))
    taken = 1 + int(np.searchsorted(np.cumsum(sizes[order]), at_least))
    if taken == len(names):
        raise DataError(
            f"a part of at least {at_least} of {len(groups)} images in {len(names)} groups leaves"
            " no group for the rest; choose a smaller part"
        )
    inside = np.zeros(len(names), dtype=bool)
    inside[order[:taken]] = True
    member = inside[number]
    return np.flatnonzero(member), np.flatnonzero(~member)


def authors_split(n: int) -> tuple[Indices, Indices]:
    """Give the SVHN split of the authors' code: 10,000 validation images, the rest is the pool.

    Returns
    -------
    validation, pool : int64 arrays, (10000,) and (n − 10000,)
        Positions in their shuffled order (the order of the pool decides its batches).
    """
    if n <= _AUTHORS_VALIDATION:
        raise DataError(
            f"the authors' split puts {_AUTHORS_VALIDATION} images aside, but there are {n};"
            " choose the seeded split"
        )
    order = np.arange(n, dtype=np.int64)
    np.random.RandomState(_AUTHORS_SEED).shuffle(order)
    return order[:_AUTHORS_VALIDATION], order[_AUTHORS_VALIDATION:]


def stratified_folds(y: NDArray[np.integer], n_folds: int, *coordinates: str | int) -> Indices:
    """Deal items into folds, each class evenly.

    Returns
    -------
    int64 array, (n,)
        Fold of each item, 0 … n_folds − 1. Sizes of folds differ by one at most, as do a class's
        shares in them.

    Raises
    ------
    DataError
        Fewer than two folds, or a class with fewer items than folds.
    """
    y = _labels(y)
    if n_folds < 2:
        raise DataError(f"{n_folds} folds: expected 2 or more")
    folds = np.empty(len(y), dtype=np.int64)
    dealt = 0
    for label, members in _by_class(y):
        if len(members) < n_folds:
            raise DataError(
                f"class {label} has {len(members)} images, fewer than {n_folds} folds;"
                " choose fewer folds or more labels per class"
            )
        # Dealing goes on where the last class ended, which keeps the folds equally large.
        turn = np.arange(dealt, dealt + len(members), dtype=np.int64) % n_folds
        folds[_shuffled(members, coordinates, label)] = turn
        dealt += len(members)
    return folds


def _labels(y: NDArray[np.integer]) -> NDArray[np.int64]:
    """Labels or groups as a flat int64 array that is not empty."""
    y = np.asarray(y)
    if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
        raise DataError(f"labels of shape {y.shape} and type {y.dtype}: expected flat integers")
    if not len(y):
        raise DataError("no images to choose from")
    return y.astype(np.int64, copy=False)


def _by_class(y: Indices) -> list[tuple[int, Indices]]:
    """Each class that occurs, with the positions of its items."""
    return [(int(label), np.flatnonzero(y == label)) for label in np.unique(y)]


def _shuffled(members: Indices, coordinates: tuple[str | int, ...], label: int) -> Indices:
    """The items of a class in an order of the class's own."""
    return rng_for(*coordinates, "class", label).permutation(members)


def _without(n: int, part: Indices) -> Indices:
    """Positions 0 … n − 1 that are not in `part`, ascending."""
    outside = np.ones(n, dtype=bool)
    outside[part] = False
    return np.flatnonzero(outside)


def _stratified_part(y: Indices, size: int, coordinates: tuple[str | int, ...]) -> Indices:
    """The items of a stratified part, by the method of largest remainders."""
    classes = _by_class(y)
    counts = np.array([len(members) for _, members in classes], dtype=np.int64)
    # Shares in whole numbers: counts · size / n without rounding.
    quotas, remainders = np.divmod(counts * size, len(y))
    leftover = size - int(quotas.sum())
    quotas[np.argsort(-remainders, kind="stable")[:leftover]] += 1
    chosen = [
        _shuffled(members, coordinates, label)[:quota]
        for (label, members), quota in zip(classes, quotas, strict=True)
    ]
    return np.sort(np.concatenate(chosen))
