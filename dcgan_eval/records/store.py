"""A folder of records: each a JSON file, its predictions and exhibits beside it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from dcgan_eval.core import RecordError, RecordWarning, digest_json, slug, write_arrays, write_text
from dcgan_eval.records.migrations import migrate
from dcgan_eval.records.schema import DataInfo, ProtocolInfo, Record, RepresentationInfo


def record_id(protocol: ProtocolInfo, data: DataInfo, representation: RepresentationInfo) -> str:
    """Hash of everything that decides an outcome; names that only people read are left out."""
    return digest_json(
        {
            "protocol": [protocol.kind, protocol.version, protocol.settings],
            "data": [data.train.fingerprint, data.test.fingerprint, data.subset],
            "representation": [
                representation.kind,
                representation.weights,
                list(representation.layers),
                representation.seed,
                representation.identity,
            ],
        }
    )


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
    """

    values: NDArray[np.integer]
    targets: NDArray[np.integer]
    item_ids: NDArray[np.integer]
    groups: NDArray[np.integer] | None
    n_classes: int

    @property
    def errors(self) -> NDArray[np.bool_]:
        """Whether each prediction is wrong, (rows, items)."""
        return np.asarray(self.values != self.targets)


@dataclass(frozen=True)
class StoredRecord:
    """A record with the files beside it.

    Attributes
    ----------
    path
        Of the JSON file.
    """

    record: Record
    path: Path = field(repr=False)

    def predictions(self) -> Predictions | None:
        """Read the predictions; None when there are none."""
        arrays = self._arrays("predictions")
        if arrays is None:
            return None
        return Predictions(
            values=arrays["values"],
            targets=arrays["targets"],
            item_ids=arrays["item_ids"],
            groups=arrays.get("groups"),
            n_classes=int(arrays["n_classes"]),
        )

    def exhibits(self) -> dict[str, NDArray[Any]]:
        """Read the exhibits; empty when there are none."""
        return self._arrays("exhibits") or {}

    def _arrays(self, what: str) -> dict[str, NDArray[Any]] | None:
        path = self.path.with_name(f"{self.path.stem}.{what}.npz")
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}


class ResultStore:
    """Records in one folder; writers may share it.

    Parameters
    ----------
    folder
        Made when the first record is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, record_id: str) -> Record | None:
        """Read the record with this id; None when it is not there or damaged."""
        for path in sorted(self.folder.glob(f"*.{record_id[:12]}.json")):
            found = self._read(path)
            if found is not None and found.id == record_id:
                return found
        return None

    def save(
        self, record: Record, predictions: Predictions, exhibits: Mapping[str, NDArray[Any]]
    ) -> Path:
        """Write predictions and exhibits, then the record, each whole or not at all."""
        stem = f"{slug(record.outcome.representation.name)}.{record.id[:12]}"
        arrays: dict[str, NDArray[Any]] = {
            "values": predictions.values,
            "targets": predictions.targets,
            "item_ids": predictions.item_ids,
            "n_classes": np.array(predictions.n_classes),
        }
        if predictions.groups is not None:
            arrays["groups"] = predictions.groups
        write_arrays(self.folder / f"{stem}.predictions.npz", arrays)
        if exhibits:
            write_arrays(self.folder / f"{stem}.exhibits.npz", exhibits)
        path = self.folder / f"{stem}.json"
        write_text(path, record.model_dump_json(indent=1) + "\n")
        return path

    def load(self) -> list[StoredRecord]:
        """Read all records, by file name; damaged ones are named in a warning and skipped."""
        if not self.folder.is_dir():
            raise RecordError(f"{self.folder}: no such folder of results; give one that exists")
        found = []
        for path in sorted(self.folder.glob("*.json")):
            record = self._read(path)
            if record is not None:
                found.append(StoredRecord(record, path))
        return found

    def _read(self, path: Path) -> Record | None:
        """One record, or None with a warning that says what is wrong with the file."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return Record.model_validate_json(json.dumps(migrate(values)))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            reason = f"not a whole JSON file ({error})"
        except RecordError as error:
            reason = str(error)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            reason = f"not a record: {place}: {first['msg']}"
        warnings.warn(f"{path.name}: skipped: {reason}", RecordWarning, stacklevel=3)
        return None
