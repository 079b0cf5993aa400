"""Features that were computed elsewhere: mapped, checked once, matched to items by id or order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, MappedFile, Work, digest_arrays, digest_json, located
from dcgan_eval.data import Items, check_ids
from dcgan_eval.features.matrix import FeatureMatrix, Spans
from dcgan_eval.features.representation import Representation

_BLOCK_BYTES = 4 << 20


@dataclass(frozen=True)
class GivenRows:
    """Features of one part of a data set.

    Attributes
    ----------
    name
        What they are called in messages.
    values : (n, d)
        Numbers of any type; read as float32.
    ids : (n,), optional
        Which item each row is of: its id where the data have ids, else its number. Without them
        rows are in the order of the items.
    digest
        Of values (as float32) and ids.
    mapped
        See `dcgan_eval.core.Subject`.

    Raises
    ------
    DataError
        Not numbers (n, d), a value that is not finite as float32, ids that are not one a row,
        whole numbers or texts, each once.
    """

    name: str
    values: NDArray[Any] = field(repr=False)
    ids: NDArray[Any] | None = field(default=None, repr=False)
    digest: str = field(init=False)
    mapped: tuple[MappedFile, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        values, ids = self.values, self.ids
        if values.ndim != 2 or values.dtype.kind not in "fiub" or not values.size:
            raise DataError(
                f"{self.name}: {values.dtype} {values.shape}; expected numbers (items, columns)"
            )
        with located(self.name):
            check_ids(ids, len(values))
        object.__setattr__(self, "mapped", MappedFile.of(values))
        parts = [self._digest_of_values(), None if ids is None else _digest_of_ids(ids)]
        object.__setattr__(self, "digest", digest_json(parts))

    def _digest_of_values(self) -> str:
        """Hash of all rows, each looked at once."""
        n, d = self.values.shape
        step = max(1, _BLOCK_BYTES // (4 * d))
        sha = hashlib.sha256(f"float32 {n} {d}".encode())
        for start in range(0, n, step):
            block = as_float32(self.values[start : start + step])
            with np.errstate(invalid="ignore", over="ignore"):
                # One sum is cheap; only when it is not finite is it worth asking where.
                if not np.isfinite(block.sum(dtype=np.float64)):
                    bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
                    if len(bad):
                        raise DataError(
                            f"{self.name}: row {start + int(bad[0])} is not finite as float32; "
                            "mend it or leave the item out"
                        )
            sha.update(np.ascontiguousarray(block).data)
        return sha.hexdigest()

    def rows_of(self, items: Items) -> NDArray[np.int64] | None:
        """Which row is of which item; None where they are the same.

        Raises
        ------
        DataError
            Rows that are not as many as the items, or items without a row.
        """
        if self.ids is None:
            if len(self.values) != len(items.labels):
                raise DataError(
                    f"{self.name}: {len(self.values)} rows, {items.name} has "
                    f"{len(items.labels)} items; give a row an item in their order, or ids"
                )
            return items.rows
        wanted = items.item_ids
        if (wanted.dtype.kind == "U") != (self.ids.dtype.kind == "U"):
            raise DataError(
                f"{self.name}: ids such as {self.ids[0]!s}, those of {items.name} are such as "
                f"{wanted[0]!s}; give the same ids"
            )
        order = np.argsort(self.ids, kind="stable")
        ordered = self.ids[order]
        places = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
        missing = np.flatnonzero(ordered[places] != wanted)
        if len(missing):
            more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise DataError(
                f"{self.name}: no row for item {wanted[missing[0]]!s}{more} of {items.name}; give "
                "one for each"
            )
        found: NDArray[np.int64] = order[places].astype(np.int64)
        return None if np.array_equal(found, np.arange(len(self.values))) else found


class GivenFeatures(Representation):
    """Features of both parts of a data set, computed elsewhere.

    Parameters
    ----------
    train, test
        Of the two parts, with as many columns.
    name
        See `dcgan_eval.core.Subject`.
    spans
        Columns of each layer; one layer called ``features`` when None.
    """

    kind = "features"

    def __init__(
        self, train: GivenRows, test: GivenRows, name: str, spans: Spans | None = None
    ) -> None:
        widths = train.values.shape[1], test.values.shape[1]
        if widths[0] != widths[1]:
            raise DataError(
                f"{train.name} has {widths[0]} columns, {test.name} {widths[1]}; give as many"
            )
        self.parts: Mapping[str, GivenRows] = {"train": train, "test": test}
        self.mapped = (*train.mapped, *test.mapped)
        self.name = name
        self.spans = dict(spans or {"features": (0, widths[0])})
        # Whose columns are whose decides what a part of them is worth.
        self._said = {"spans": [[name, *ends] for name, ends in spans.items()]} if spans else {}
        ends = [0, *(last for _, last in self.spans.values())]
        firsts = [*(first for first, _ in self.spans.values()), widths[0]]
        if ends != firsts or sorted(set(ends)) != ends:
            raise DataError(
                f"{train.name} has {widths[0]} columns, its layers are {self.spans}; give each "
                "layer its columns, one behind the other from 0 to the last"
            )
        self.layers = tuple(self.spans)
        by_order = train.ids is None or test.ids is None
        self.assumed = {"rows": "in the order of the items"} if by_order else {}

    def identity_values(self) -> dict[str, Any]:
        """The values, and the items that they are of."""
        return {**{part: rows.digest for part, rows in self.parts.items()}, **self._said}

    def columns(self, items: Items) -> Spans:
        """Columns of each layer; that each item has a row is found out here."""
        self._rows(items)
        return self.spans

    def features(self, items: Items, reference: Items, work: Work) -> FeatureMatrix:
        """Rows of the items, mapped."""
        given, rows = self._rows(items)
        values: Any = _chosen(given.values, rows)
        return FeatureMatrix(values, self.spans, self.key(items, reference), given.digest)

    def key(self, items: Items, reference: Items) -> str:
        """Hash of the values and of the items."""
        return digest_json([self.kind, self.identity_values(), items.fingerprint])

    def is_cached(self, items: Items, reference: Items, cache: Path) -> bool:
        """They are there."""
        return True

    def stored_bytes(self, items: Items) -> int:
        """Nothing beside the file."""
        return 0

    def _rows(self, items: Items) -> tuple[GivenRows, NDArray[np.int64] | None]:
        """The part's features, and which rows of them are the items'."""
        if items.part is None:
            raise DataError(f"{items.name}: neither train nor test; features are given of these")
        given = self.parts[items.part]
        return given, given.rows_of(items)


def as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """Numbers as float32; what is larger becomes infinite."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32, copy=False)


def _chosen(values: NDArray[Any], rows: NDArray[np.int64] | None) -> Any:
    """Some rows as float32: a view where they lie side by side, else gathered as they are read."""
    if rows is not None and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
        values, rows = values[rows[0] : rows[0] + len(rows)], None
    return values if rows is None and values.dtype == np.float32 else _Rows(values, rows)


class _Rows:
    """Rows of an array, gathered and converted when they are read."""

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, values: NDArray[Any], rows: NDArray[np.int64] | None) -> None:
        self.values, self.rows = values, rows
        self.shape = (len(values) if rows is None else len(rows), values.shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> NDArray[np.float32]:
        return as_float32(self.values[rows if self.rows is None else self.rows[rows]])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.float32]:
        return np.asarray(self[:], dtype=dtype)


def _digest_of_ids(ids: NDArray[Any]) -> str:
    """Hash of ids, texts of whatever length they are stored in."""
    if ids.dtype.kind == "U":
        return digest_json(ids.tolist())
    return digest_arrays([("ids", ids.astype(np.int64))])
