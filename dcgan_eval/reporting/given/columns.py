"""`Columns`: what a file or an object in memory holds, by name, read and not yet understood."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    DataError,
    did_you_mean,
    distrusted,
    map_array,
    open_regular,
    read_arrays,
)

# What the name of a file promises, and how such a file begins; texts begin like none of them.
_BEGINS = {".npy": b"\x93NUMPY", ".npz": b"PK", ".parquet": b"PAR1"}


@dataclass(frozen=True)
class Columns:
    """Named columns.

    Attributes
    ----------
    name
        What they are called in messages: the file.
    values
        Arrays, or lists of what the file says. An array alone has no name: ``""``.
    typed
        Whether a value is what it looks like; texts of CSV may be numbers.
    lines
        Of a text file: the line of each row.
    """

    name: str
    values: Mapping[str, Any] = field(repr=False)
    typed: bool = True
    lines: Sequence[int] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(next(iter(self.values.values()), ()))

    @property
    def known(self) -> list[str]:
        """Names of the columns."""
        return [name for name in self.values if name]

    def get(self, name: str) -> NDArray[Any]:
        """A column as an array: of numbers, texts, or objects where it has both or gaps.

        Raises
        ------
        DataError
            There is none of this name.
        """
        if name not in self.values:
            raise DataError(f"{self.name}: no column {name!r}; {did_you_mean(name, self.known)}")
        values = self.values[name]
        if not isinstance(values, np.ndarray):
            return of_values(values) if self.typed else of_texts(values)
        if values.dtype.kind == "S":
            return np.char.decode(values, "utf-8", "replace")
        if values.dtype.kind not in "biufUO":
            raise DataError(
                f"{self.name}: {f'column {name!r}' if name else 'the array'} is {values.dtype}; "
                "expected numbers or texts"
            )
        return of_values(values.tolist()) if values.dtype.kind == "O" else values

    def at(self, row: int) -> str:
        """Where a row stands, for a message."""
        return f"{self.name} " + (f"row {row}" if self.lines is None else f"line {self.lines[row]}")

    def take(self, rows: NDArray[np.intp]) -> Columns:
        """Some of the rows."""
        lines = range(len(self)) if self.lines is None else self.lines
        values = {
            name: column[rows] if isinstance(column, np.ndarray) else [column[i] for i in rows]
            for name, column in self.values.items()
        }
        return replace(self, values=values, lines=[lines[i] for i in rows])


def read_columns(source: object, name: str) -> Columns:
    """Read a file, or what somebody holds.

    Parameters
    ----------
    source
        Path of a .csv, .jsonl, .parquet, .npy or .npz; a mapping of names to columns, a data frame,
        an array.
    name
        What is not a file is called in messages.

    Raises
    ------
    DataError
        Absent, empty, damaged, of no known kind, or of another kind than its name says.
    """
    if isinstance(source, str | PathLike):
        return _read_file(Path(source))
    if isinstance(source, Mapping):
        return Columns(name, {str(key): _array(one, name) for key, one in source.items()})
    if hasattr(source, "columns") and hasattr(source, "__getitem__"):
        return Columns(name, {str(key): _array(source[key], name) for key in source.columns})
    return Columns(name, {"": _array(source, name)})


def _array(values: object, name: str) -> NDArray[Any]:
    """Whatever has values as an array of them."""
    try:
        return np.atleast_1d(np.asarray(values))
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{name}: is no array ({error}); give one value an item") from None


def _read_file(path: Path) -> Columns:
    """Read a file by its name; whatever is wrong with it is one line."""
    if path.suffix not in _READERS:
        raise DataError(f"{path}: ends in {path.suffix!r}; expected one of {', '.join(_READERS)}")
    try:
        with open_regular(path) as stream:
            begins = stream.read(8)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}; check the path") from None
    if not begins:
        raise DataError(f"{path}: is empty; expected a row an item")
    is_of = next((kind for kind, magic in _BEGINS.items() if begins.startswith(magic)), None)
    if is_of != (path.suffix if path.suffix in _BEGINS else None):
        found = f"begins like a {is_of}" if is_of else "does not begin so"
        raise DataError(f"{path}: is called {path.suffix} and {found}; name it as what it is")
    with distrusted(DataError, f"{path}: cannot be read as {path.suffix}; get it again"):
        columns = _READERS[path.suffix](path)
    if not all(len(column) for column in columns.values.values()):
        raise DataError(f"{path}: has no rows; expected a row an item")
    return columns


def _read_csv(path: Path) -> Columns:
    """Columns of texts, between commas, semicolons or tabs; names in the first line.

    A single column of numbers may go without a name.
    """
    rows: list[list[str]] = []
    lines: list[int] = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        first = stream.readline()
        if first.lstrip().startswith("{"):
            raise DataError(f"{path}: is called .csv and begins like JSON; name it .jsonl")
        between = max(",;\t", key=first.count)
        stream.seek(0)
        reader = csv.reader(stream, delimiter=between, skipinitialspace=True)
        for row in reader:
            if row:
                rows.append(row)
                lines.append(reader.line_num)
    names = rows[0] if rows else []
    if names and all(map(_is_number, names)):
        if len(names) > 1:
            raise DataError(
                f"{path}: the first line has numbers ({', '.join(names[:3])}); give names of the "
                "columns there, such as id,prediction"
            )
        names = [""]
    else:
        rows, lines = rows[1:], lines[1:]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{path}: two columns are called {twice!r}; give each a name of its own")
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(names):
            raise DataError(
                f"{path} line {line}: {len(row)} cells; expected {len(names)}, as in the first line"
            )
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return Columns(str(path), dict(zip(names, columns, strict=True)), typed=False, lines=lines)


def _read_jsonl(path: Path) -> Columns:
    """Numbers, texts and lists of numbers of each line; what else a line has is not kept."""
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    with path.open(encoding="utf-8-sig") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                found = None
            if not isinstance(found, dict):
                raise DataError(
                    f"{path} line {number}: is no JSON object; give one a line, such as "
                    '{"id": 7, "prediction": 3}'
                )
            rows.append({name: one for name, one in found.items() if _is_kept(one)})
            lines.append(number)
    names = dict.fromkeys(name for row in rows for name in row)
    values = {name: [row.get(name) for row in rows] for name in names}
    return Columns(str(path), values, lines=lines)


def _is_kept(value: object) -> bool:
    """Whether it is a number, a text, or numbers."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(one, int | float) for one in value)
    return isinstance(value, str | int | float)


def _read_parquet(path: Path) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        plain = [one.name for one in file.schema_arrow if not pa.types.is_struct(one.type)]
        table = file.read(columns=plain)
    return Columns(str(path), {name: _of_arrow(table[name]) for name in plain})


def _of_arrow(column: Any) -> Any:
    """Numbers side by side of lists, which may be many; else what Python makes of each value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if (lists or pa.types.is_fixed_size_list(kind)) and not column.null_count:
        widths = pc.list_value_length(column).unique().to_pylist()
        if len(widths) == 1:
            flat = pc.list_flatten(column).to_numpy()
            return flat.reshape(len(column), widths[0])
    return column.to_pylist()


def _read_npz(path: Path) -> Columns:
    return Columns(str(path), read_arrays(path, DataError))


def _read_npy(path: Path) -> Columns:
    return Columns(str(path), {"": np.atleast_1d(map_array(path, (), DataError, Path()))})


_READERS: Mapping[str, Callable[[Path], Columns]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
    ".npy": _read_npy,
    ".npz": _read_npz,
}


def of_values(values: Sequence[Any]) -> NDArray[Any]:
    """Values of one kind as an array of it; of several kinds, or with gaps, as objects."""
    kinds = set(map(type, values))
    if all(issubclass(kind, str) for kind in kinds):
        return np.array(values, dtype=np.str_)
    if all(issubclass(kind, Integral) for kind in kinds):
        return np.array(values)
    numbers = all(issubclass(kind, Real) for kind in kinds)
    with suppress(OverflowError):
        if numbers or (kinds == {list} and len(set(map(len, values))) == 1):
            return np.array(values, dtype=np.float64)
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def of_texts(cells: Sequence[str]) -> NDArray[Any]:
    """Cells as numbers where all are; as texts where none is a whole number; else as objects.

    ``007`` is a text: as a number it would be written otherwise.
    """
    found = np.array(cells, dtype=np.str_)
    try:
        whole = found.astype(np.int64)
        return whole if np.array_equal(whole.astype(found.dtype), found) else found
    except (ValueError, OverflowError):
        pass
    try:
        return found.astype(np.float64)
    except ValueError:
        return of_values([int(one) if _is_whole(one) else one for one in cells])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_whole(text: str) -> bool:
    """Whether it is what a whole number is written as."""
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 19 and str(int(text)) == text
