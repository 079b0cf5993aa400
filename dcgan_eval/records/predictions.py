"""`Predictions`: what was predicted, kept beside a record so that results can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import RecordError
from dcgan_eval.records.schema import Layout

# So many bytes of decision values are kept beside a record.
SCORE_BYTES = 1_000_000


def scored_rows(n_items: int, n_classes: int) -> int:
    """How many rows of predictions have their decision values kept: the first ones, up to 1 MB.

    None where one row alone has more.

    Examples
    --------
    >>> scored_rows(10_000, 10), scored_rows(20_010, 10), scored_rows(50_000, 1000)
    (5, 2, 0)
    """
    a_row = np.dtype(np.float16).itemsize * n_items * n_classes
    return SCORE_BYTES // max(1, a_row)


@dataclass(frozen=True)
class Predictions:
    """What was predicted, row by row (draws, seeds, or one), item by item.

    Attributes
    ----------
    values : integer array, (rows, items)
        Predicted classes.
    targets : integer array, (items,)
        True classes.
    item_ids : integer array, (items,)
        Rows of the test set.
    groups : integer array, (items,), optional
        Items that belong together.
    n_classes
        Number of classes.
    scores : float16 array, (first rows, items, classes), optional
        Decision values: what a prediction is the largest of (margins of each class against the
        rest, logits, or probabilities), but for rounding to half precision. Of the first rows, as
        many as take 1 MB (`scored_rows`); finite, what is beyond the range of float16 is its end.
        None where nothing decides by such values, not even one row takes so little, or the record
        is older than they are.
    """

    values: NDArray[np.integer]
    targets: NDArray[np.integer]
    item_ids: NDArray[np.integer]
    groups: NDArray[np.integer] | None
    n_classes: int
    scores: NDArray[np.float16] | None = None

    @property
    def errors(self) -> NDArray[np.bool_]:
        """Whether each prediction is wrong, (rows, items)."""
        return np.asarray(self.values != self.targets)

    def check(self, layout: Layout, n_names: int) -> None:
        """Refuse predictions that are not laid out as a record says, of more classes than it names.

        Parameters
        ----------
        layout, n_names
            What the record says: rows × items, and the number of its class names.
        """
        expected = (layout.n_rows, layout.n_items)
        lengths = {len(self.targets), len(self.item_ids)}
        lengths |= set() if self.groups is None else {len(self.groups)}
        if self.values.shape != expected or lengths != {layout.n_items}:
            raise RecordError(
                f"predictions of shape {self.values.shape} with {sorted(lengths)} targets, ids and "
                f"groups; the record says {expected[0]} rows × {expected[1]} items"
            )
        if self.n_classes > n_names:
            raise RecordError(f"of {self.n_classes} classes; the record names {n_names}")
        arrays = {"predictions": self.values, "targets": self.targets, "ids": self.item_ids}
        arrays |= {} if self.groups is None else {"groups": self.groups}
        for name, array in arrays.items():
            if array.dtype.kind not in "iu":
                raise RecordError(f"{name} are {array.dtype}; expected integers")
        for name in ("predictions", "targets"):
            array = arrays[name]
            if array.size and not 0 <= array.min() <= array.max() < self.n_classes:
                raise RecordError(
                    f"{name} from {array.min()} to {array.max()}; expected classes "
                    f"0 … {self.n_classes - 1}"
                )
        if self.scores is not None:
            self._check_scores(self.scores)

    def _check_scores(self, scores: NDArray[np.float16]) -> None:
        """Refuse scores that are not of the first rows."""
        rows, items = self.values.shape
        if scores.shape[1:] != (items, self.n_classes) or not 1 <= len(scores) <= rows:
            raise RecordError(
                f"scores of shape {scores.shape}; expected up to {rows} rows × {items} items × "
                f"{self.n_classes} classes"
            )
        if scores.nbytes > SCORE_BYTES:
            raise RecordError(
                f"scores of {scores.nbytes:,} bytes; expected at most {SCORE_BYTES:,}"
            )
        if scores.dtype != np.float16 or not np.isfinite(scores).all():
            raise RecordError(f"scores are {scores.dtype}; expected finite numbers of float16")

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As they are stored: classes in the smallest type that holds them."""
        small = np.min_scalar_type(max(0, self.n_classes - 1))
        arrays: dict[str, NDArray[Any]] = {
            "values": self.values.astype(small),
            "targets": self.targets.astype(small),
            "item_ids": self.item_ids.astype(np.int64),
            "n_classes": np.array(self.n_classes, dtype=np.int64),
        }
        if self.groups is not None:
            arrays["groups"] = self.groups.astype(np.int64)
        if self.scores is not None:
            arrays["scores"] = self.scores
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Predictions:
        """What `arrays` gave.

        Raises
        ------
        RecordError
            An array is missing.
        """
        missing = {"values", "targets", "item_ids", "n_classes"} - set(arrays)
        if missing:
            raise RecordError(f"without {', '.join(sorted(missing))}")
        return cls(
            values=arrays["values"],
            targets=arrays["targets"],
            item_ids=arrays["item_ids"],
            groups=arrays.get("groups"),
            n_classes=int(arrays["n_classes"]),
            scores=arrays.get("scores"),
        )
