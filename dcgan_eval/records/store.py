"""A folder of records: each a JSON file, its predictions and exhibits beside it."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from dcgan_eval.core import (
    RecordError,
    RecordWarning,
    digest_json,
    distrusted,
    json_text,
    located,
    parse_json,
    read_regular,
    slug,
    write_arrays,
    write_text,
)
from dcgan_eval.records.migrations import migrate
from dcgan_eval.records.predictions import Predictions
from dcgan_eval.records.schema import DataInfo, ProtocolInfo, Record, RepresentationInfo
from dcgan_eval.records.stored import (
    Beside,
    StoredRecord,
    arrays_digest,
    beside,
    refuse_too_large,
)

# What `save` calls a record: the name's slug and the first 12 digits of the id.
_RECORD_NAME = re.compile(r".+\.[0-9a-f]{12}\.json")
# Ten thousand draws are a few megabytes.
_MOST_BYTES = 1 << 24


def record_id(protocol: ProtocolInfo, data: DataInfo, representation: RepresentationInfo) -> str:
    """Hash of everything that decides an outcome; names that only people read are left out."""
    # Groups decide splits and intervals, and are in no fingerprint of images and labels.
    groups = [part.groups for part in (data.train, data.test) if part.groups is not None]
    return digest_json(
        {
            "protocol": [protocol.kind, protocol.version, protocol.settings],
            "data": [data.train.fingerprint, data.test.fingerprint, data.subset, *groups],
            "representation": [
                representation.kind,
                representation.weights,
                list(representation.layers),
                representation.seed,
                representation.identity,
            ],
        }
    )


class ResultStore:
    """Records in one folder; writers may share it.

    Parameters
    ----------
    folder
        Made when the first record is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, record_id: str) -> StoredRecord | None:
        """Read the record with this id; None when it is not there or damaged (with a warning)."""
        for path in sorted(self.folder.glob(f"*.{record_id[:12]}.json")):
            try:
                found = read_record(path)
            except RecordError as error:
                warnings.warn(f"{error}; made again", RecordWarning, stacklevel=2)
                continue
            if found.id == record_id:
                return StoredRecord(found, path)
        return None

    def save(
        self, record: Record, predictions: Predictions | None, exhibits: Mapping[str, NDArray[Any]]
    ) -> StoredRecord:
        """Write predictions and exhibits, then the record, each whole or not at all.

        Equal content gives equal bytes. A record of the same id under another name is removed.

        Returns
        -------
        StoredRecord
            As it is read again: with the digests of what was written.

        Raises
        ------
        RecordError
            The predictions are not laid out as the record says, they or the exhibits are too large
            to be read again, or a value is not JSON (a NaN).
        StorageError
            The folder cannot be written to.
        """
        layout = record.outcome.predictions
        if (layout is None) != (predictions is None):
            raise RecordError(
                f"record of {record.outcome.representation.name!r} cannot be saved: predictions "
                "and their layout come together, or neither does"
            )
        if layout is not None and predictions is not None:
            predictions.check(layout, len(record.outcome.data.class_names))
        arrays: dict[Beside, dict[str, NDArray[Any]]] = {
            "predictions": {} if predictions is None else predictions.arrays(),
            "exhibits": {name: np.asarray(array) for name, array in exhibits.items()},
        }
        for what, found in arrays.items():
            with located(f"record of {record.outcome.representation.name!r} cannot be saved"):
                refuse_too_large(found, what)
        try:
            # What JSON gives back is what is written, digested and read again.
            values = parse_json(json.dumps(record.model_dump(), allow_nan=False))
        except (TypeError, ValueError) as error:
            raise RecordError(
                f"record of {record.outcome.representation.name!r} cannot be saved: {error}; its "
                "settings and details must be JSON values"
            ) from None
        name = f"{slug(record.outcome.representation.name)}.{record.id[:12]}.json"
        path = self.folder / name
        values["digests"] = {"outcome": digest_json(values["outcome"])}
        values["digests"] |= {what: arrays_digest(found) for what, found in arrays.items() if found}
        text = json_text(values)
        if len(text.encode()) > _MOST_BYTES:
            raise RecordError(
                f"record of {record.outcome.representation.name!r} cannot be saved: {len(text):,} "
                f"bytes of JSON; at most {_MOST_BYTES:,} are read again: keep fewer details"
            )
        for what, found in arrays.items():
            if found:
                write_arrays(beside(path, what), found)
            else:
                beside(path, what).unlink(missing_ok=True)
        write_text(path, text)
        self._remove_others(path, record.id)
        return StoredRecord(Record.model_validate(values), path)

    def _remove_others(self, path: Path, record_id: str) -> None:
        """Remove what was saved of an id under the names that it had before."""
        for other in self.folder.glob(f"*.{record_id[:12]}.json"):
            with suppress(RecordError):
                if other != path and read_record(other).id == record_id:
                    for one in (other, beside(other, "predictions"), beside(other, "exhibits")):
                        one.unlink(missing_ok=True)

    def load(self) -> list[StoredRecord]:
        """Read all records, in order of file names; what is damaged is named in a warning."""
        if not self.folder.is_dir():
            raise RecordError(f"{self.folder}: no such folder of results; give one that exists")
        found, problems = read_records([self.folder])
        for problem in problems:
            warnings.warn(problem, RecordWarning, stacklevel=2)
        return found


def read_records(paths: Iterable[Path]) -> tuple[list[StoredRecord], list[str]]:
    """Read records of files and folders.

    Parameters
    ----------
    paths
        JSON files, and folders whose records, and those of their subfolders, are read.

    Returns
    -------
    records : list of StoredRecord
        In order of paths and file names, each id once.
    problems : list of str
        One line for each file that was skipped or lacks its predictions, with the reason.

    Raises
    ------
    RecordError
        A path that does not exist.
    """
    found: dict[str, tuple[Record, Path]] = {}
    problems: list[str] = []
    for path in _record_files(paths):
        try:
            record = read_record(path)
        except RecordError as error:
            problems.append(f"{error}; skipped")
            continue
        newer, older = (record, path), found.get(record.id)
        if older is not None and older[1].resolve() == path.resolve():
            continue
        if older is not None:
            # One id is one outcome: two files of it differ in the name or the run only.
            older, newer = sorted((older, newer), key=lambda one: one[0].run.started)
            problems.append(
                f"{older[1].name}: the same result as {newer[1].name}, made earlier; skipped"
            )
        found[record.id] = newer
    for record, path in found.values():
        if record.outcome.predictions and not beside(path, "predictions").is_file():
            problems.append(f"{path.name}: no predictions beside it; shown, but not compared")
    return [StoredRecord(record, path) for record, path in found.values()], problems


def read_record(path: Path) -> Record:
    """Read one record, of today's or a past schema version.

    Raises
    ------
    RecordError
        Truncated, not a record, of an unknown version, or edited since it was saved; the message
        begins with the file name.
    """
    with located(path.name):
        with distrusted(RecordError, "not a whole JSON file"):
            values = parse_json(read_regular(path, _MOST_BYTES))
        with distrusted(RecordError, "not a record"):
            today = migrate(values)
            _check_digest(values)
            try:
                return Record.model_validate(today)
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(str(part) for part in first["loc"])
                raise RecordError(f"not a record: {place}: {first['msg']}") from None


def _check_digest(values: dict[str, Any]) -> None:
    """Refuse an outcome that is not the one that was saved; schema 1 had no digests."""
    if values["schema_version"] == 1:
        return
    try:
        same = values["digests"]["outcome"] == digest_json(values["outcome"])
    except (KeyError, TypeError):
        same = False
    if not same:
        raise RecordError("edited since it was saved: its outcome has another digest")


def _record_files(paths: Iterable[Path]) -> list[Path]:
    """The files that are records, or claim to be."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += [one for one in sorted(path.rglob("*.json")) if _is_candidate(one)]
        elif path.is_file():
            files.append(path)
        else:
            raise RecordError(f"{path}: no such record or folder of results; check the path")
    return files


def _is_candidate(path: Path) -> bool:
    """Whether a JSON file in a results folder is meant to be a record.

    A renamed record counts by its content; other JSON (a benchmark's, a comparison's) does not.
    """
    if path.name.startswith("."):
        return False
    if _RECORD_NAME.fullmatch(path.name):
        return True
    try:
        text = read_regular(path, _MOST_BYTES)
    except OSError:
        return False
    return b'"schema_version"' in text and b'"outcome"' in text
