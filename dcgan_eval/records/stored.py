"""`StoredRecord`: a record that was read, with the files beside it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from dcgan_eval.core import (
    RecordError,
    RecordWarning,
    digest_arrays,
    distrusted,
    located,
    read_arrays,
)
from dcgan_eval.records.predictions import SCORE_BYTES, Predictions
from dcgan_eval.records.schema import Outcome, Record, RunInfo

Beside = Literal["predictions", "exhibits"]

# Of the arrays beside a record, which are saved and read up to here: whoever reads them takes as
# much memory.
MOST_BYTES = 1 << 28
_HEADERS_BYTES = 1 << 12


def beside(path: Path, what: Beside) -> Path:
    """Path of a record's ``predictions`` or ``exhibits``."""
    return path.with_name(f"{path.name.removesuffix('.json')}.{what}.npz")


def refuse_too_large(arrays: Mapping[str, NDArray[Any]], what: Beside) -> None:
    """Refuse arrays of one file that would not be read again.

    Raises
    ------
    RecordError
        They have more than `MOST_BYTES`.
    """
    size = sum(array.nbytes for array in arrays.values()) + _HEADERS_BYTES
    if size > MOST_BYTES:
        raise RecordError(
            f"{what} of {size:,} bytes; at most {MOST_BYTES:,} are kept beside a record: use fewer "
            "draws, seeds or test items"
        )


def arrays_digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Digest of the arrays of one file."""
    return digest_arrays(sorted(arrays.items()))


@dataclass(frozen=True)
class StoredRecord:
    """A record with the files beside it, which are read when they are asked for.

    Attributes
    ----------
    path
        Of the JSON file; None for a record that was never stored.
    """

    record: Record
    path: Path | None = field(repr=False)

    @property
    def id(self) -> str:
        """The record's."""
        return self.record.id

    @property
    def outcome(self) -> Outcome:
        """The record's."""
        return self.record.outcome

    @property
    def run(self) -> RunInfo:
        """The record's."""
        return self.record.run

    def predictions(self) -> Predictions | None:
        """Read the predictions; None when there are none or not those saved (with a warning)."""
        try:
            return self._predictions()
        except RecordError as error:
            _warn(f"{error}; not used")
            return None

    def exhibits(self) -> dict[str, NDArray[Any]]:
        """Read the exhibits; empty when there are none or not those saved (with a warning)."""
        try:
            return self._read("exhibits") or {}
        except RecordError as error:
            _warn(f"{error}; not used")
            return {}

    def check(self) -> None:
        """Refuse a record whose files beside it are not those that it was saved with.

        Raises
        ------
        RecordError
            One is missing, damaged, or has another digest. Schema 1 had no digests: there only
            what is missing or damaged is found, and of exhibits not even that they are missing.
        """
        if self.path is None:
            return
        found = {"predictions": self._predictions(), "exhibits": self._read("exhibits")}
        expected = {*self.record.digests} & {*found}
        if self.record.outcome.predictions is not None:
            expected.add("predictions")
        for what in sorted(expected):
            if found[what] is None:
                raise RecordError(f"{self.path.name}: no {what} beside it")

    def _predictions(self) -> Predictions | None:
        """The predictions, laid out as the record says; None when there are none."""
        layout = self.outcome.predictions
        if layout is None or self.path is None:
            return None
        # Eight bytes a number at most, targets, ids and groups with them; scores; their headers.
        most = 8 * (layout.n_rows + 3) * layout.n_items + SCORE_BYTES + _HEADERS_BYTES
        arrays = self._read("predictions", min(most, MOST_BYTES))
        if arrays is None:
            return None
        path = beside(self.path, "predictions")
        with located(path.name), distrusted(RecordError, "are no predictions"):
            found = Predictions.from_arrays(arrays)
            found.check(layout, len(self.outcome.data.class_names))
        return found

    def _beside(self, what: Beside) -> Path | None:
        """The file beside the record, where there is one."""
        path = None if self.path is None else beside(self.path, what)
        return path if path is not None and path.is_file() else None

    def _read(self, what: Beside, most: int = MOST_BYTES) -> dict[str, NDArray[Any]] | None:
        """Arrays that are whole and have the record's digest; schema 1 had no digests."""
        path, digests = self._beside(what), self.record.digests
        if path is None:
            return None
        arrays = read_arrays(path, RecordError, most)
        if digests and digests.get(what) != arrays_digest(arrays):
            raise RecordError(f"{path.name}: not the {what} that the record was saved with")
        return arrays

    def _repr_html_(self) -> str:
        return self.record._repr_html_()


def _warn(line: str) -> None:
    """Name a damaged file to whoever asked for it."""
    warnings.warn(line, RecordWarning, stacklevel=3)
