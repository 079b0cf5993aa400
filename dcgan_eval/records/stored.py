"""`StoredRecord`: a record that was read, with the files beside it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dcgan_eval.core import RecordError, RecordWarning
from dcgan_eval.records.arrays import read_arrays
from dcgan_eval.records.predictions import Predictions
from dcgan_eval.records.schema import Record


def beside(path: Path, what: str) -> Path:
    """Path of a record's ``predictions`` or ``exhibits``."""
    return path.with_name(f"{path.name.removesuffix('.json')}.{what}.npz")


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
        """Read the predictions; None when there are none or they are damaged (with a warning)."""
        path = self._beside("predictions")
        if path is None:
            return None
        try:
            found = Predictions.from_arrays(read_arrays(path))
            found.check(self.record.outcome.design)
        except RecordError as error:
            _warn(f"{path.name}: {error}; not used")
            return None
        return found

    def exhibits(self) -> dict[str, NDArray[Any]]:
        """Read the exhibits; empty when there are none or they are damaged (with a warning)."""
        path = self._beside("exhibits")
        if path is None:
            return {}
        try:
            return read_arrays(path)
        except RecordError as error:
            _warn(f"{error}; not used")
            return {}

    def _beside(self, what: str) -> Path | None:
        """The file beside the record, where there is one."""
        path = None if self.path is None else beside(self.path, what)
        return path if path is not None and path.is_file() else None

    def _repr_html_(self) -> str:
        return self.record._repr_html_()


def _warn(line: str) -> None:
    """Name a damaged file to whoever asked for it."""
    warnings.warn(line, RecordWarning, stacklevel=3)
