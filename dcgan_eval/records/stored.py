"""`StoredRecord`: a record that was read, with the files beside it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from dcgan_eval.core import RecordError, RecordWarning, digest_arrays, read_arrays
from dcgan_eval.records.predictions import Predictions
from dcgan_eval.records.schema import Record

Beside = Literal["predictions", "exhibits"]


def beside(path: Path, what: Beside) -> Path:
    """Path of a record's ``predictions`` or ``exhibits``."""
    return path.with_name(f"{path.name.removesuffix('.json')}.{what}.npz")


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

    def predictions(self) -> Predictions | None:
        """Read the predictions; None when there are none or not those saved (with a warning)."""
        layout, path = self.record.outcome.predictions, self._beside("predictions")
        arrays = self._read(path, "predictions")
        if layout is None or path is None or arrays is None:
            return None
        try:
            found = Predictions.from_arrays(arrays)
            found.check(layout)
        except RecordError as error:
            _warn(f"{path.name}: {error}; not used")
            return None
        return found

    def exhibits(self) -> dict[str, NDArray[Any]]:
        """Read the exhibits; empty when there are none or not those saved (with a warning)."""
        return self._read(self._beside("exhibits"), "exhibits") or {}

    def _beside(self, what: Beside) -> Path | None:
        """The file beside the record, where there is one."""
        path = None if self.path is None else beside(self.path, what)
        return path if path is not None and path.is_file() else None

    def _read(self, path: Path | None, what: Beside) -> dict[str, NDArray[Any]] | None:
        """Arrays that are whole and have the record's digest; schema 1 had no digests."""
        if path is None:
            return None
        digests = self.record.digests
        try:
            arrays = read_arrays(path, RecordError)
            if digests and digests.get(what) != arrays_digest(arrays):
                raise RecordError(f"{path.name}: not the {what} that the record was saved with")
        except RecordError as error:
            _warn(f"{error}; not used")
            return None
        return arrays

    def _repr_html_(self) -> str:
        return self.record._repr_html_()


def _warn(line: str) -> None:
    """Name a damaged file to whoever asked for it."""
    warnings.warn(line, RecordWarning, stacklevel=3)
