"""Parquet in the Hugging Face image layout: ``image`` or ``img`` (bytes and path) and ``label``.

A part is one file, or shards ``train-00000-of-00002.parquet``, which are read whole and in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import DataError, located, open_regular, parse_json
from dcgan_eval.data.sources import Item, Source, refuse_too_many

_IMAGE_COLUMNS = ("image", "img", "pixel_values")
# CIFAR-100 has its hundred classes in fine_label.
_LABEL_COLUMNS = ("label", "fine_label")
_BATCH_BYTES = 4 << 20
# Number and count are digits, or stars where any shard is meant; older exports end with a hash.
_SHARD = re.compile(r"(.+)-(\d+|\*)-of-(\d+|\*)(?:-[0-9a-f]+)?\.parquet")


class ParquetSource(Source):
    """One Parquet file, read in batches of a few megabytes.

    Parameters
    ----------
    path
        The file.
    label_columns
        What the column of the labels may be called, the best first.
    """

    def __init__(self, path: Path, label_columns: tuple[str, ...] = _LABEL_COLUMNS) -> None:
        super().__init__(path)
        self.label_columns = label_columns

    @override
    def content(self) -> Any:
        """Hash of the file, and the column where it is not the usual one."""
        digest = super().content()
        usual = self.label_columns == _LABEL_COLUMNS
        return digest if usual else [digest, *self.label_columns]

    @override
    def with_label_column(self, name: str) -> ParquetSource:
        return ParquetSource(self.path, (name,))

    def class_names(self) -> tuple[str, ...] | None:
        """Names that Hugging Face's schema metadata give for the label column."""
        with self._open() as file:
            text = (file.schema_arrow.metadata or {}).get(b"huggingface")
            label = self._column(file, self.label_columns)
        if text is None:
            return None
        try:
            names = parse_json(text)["info"]["features"][label].get("names")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DataError(f"{self.path}: its huggingface metadata cannot be read") from None
        return tuple(map(str, names)) if isinstance(names, list) else None

    @override
    def labels(self) -> NDArray[np.integer]:
        with self._open() as file:
            column = self._column(file, self.label_columns)
            kind = file.schema_arrow.field(column).type
            if not pa.types.is_integer(kind):
                raise DataError(f"{self.path}: column {column!r} holds {kind}; expected integers")
            parts = [np.empty(0, dtype=np.int64)]
            for batch in self._batches(file, column, 1 << 16):
                values = batch.column(0)
                if values.null_count:
                    raise DataError(f"{self.path}: column {column!r} has rows without a label")
                parts.append(values.to_numpy(zero_copy_only=False).astype(np.int64))
        return np.concatenate(parts)

    def items(self) -> Iterator[Item]:
        """Images in the order of the rows."""
        with self._open() as file:
            column = self._column(file, _IMAGE_COLUMNS)
            kind = file.schema_arrow.field(column).type
            nested = pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0
            if not (nested or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
                raise DataError(
                    f"{self.path}: column {column!r} holds {kind}; expected encoded images (bytes,"
                    " or a struct of bytes and path)"
                )
            rows = max(1, file.metadata.num_rows)
            size = max(1, self.path.stat().st_size // rows)
            row = 0
            for batch in self._batches(file, column, max(1, min(256, _BATCH_BYTES // size))):
                try:
                    items = _batch_items(batch.column(0), kind, nested)
                except UnicodeDecodeError as error:
                    raise self._unreadable(error) from None
                for item in items:
                    if item.picture is None:
                        raise DataError(f"{self.path}: row {row} has no image bytes")
                    yield item
                    row += 1

    def _open(self) -> pq.ParquetFile:
        """The file; its footer has been read and is whole."""
        try:
            open_regular(self.path).close()
            # Buffered streams read page by page: a row group is never in memory whole.
            file = pq.ParquetFile(self.path, buffer_size=1 << 20, pre_buffer=False)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise self._unreadable(error) from None
        with located(self.path):
            refuse_too_many(file.metadata.num_rows)
        return file

    def _column(self, file: pq.ParquetFile, wanted: tuple[str, ...]) -> str:
        """The first of the wanted columns that the file has."""
        names = file.schema_arrow.names
        for name in wanted:
            if name in names:
                return name
        raise DataError(
            f"{self.path}: no column {' or '.join(map(repr, wanted))}; it has {', '.join(names)}"
            + ("; name one by label_column" if wanted == self.label_columns else "")
        )

    def _batches(self, file: pq.ParquetFile, column: str, rows: int) -> Iterator[pa.RecordBatch]:
        """Batches of one column; damage found on the way is a DataError."""
        try:
            yield from file.iter_batches(batch_size=rows, columns=[column])
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> DataError:
        """Arrow's complaint as one line."""
        text = " ".join(str(error).split())[:200]
        return DataError(f"{self.path}: not a whole Parquet file ({text}); get it again")


def _batch_items(values: pa.Array, kind: pa.DataType, nested: bool) -> Iterator[Item]:
    """Items of a batch; a missing image has None for a picture."""
    if not nested:
        return map(Item, values.to_pylist())
    # flatten() carries a null struct over to its fields, field() would not.
    fields = dict(zip((field.name for field in kind), values.flatten(), strict=True))
    paths = fields["path"].to_pylist() if "path" in fields else [None] * len(values)
    return map(Item, fields["bytes"].to_pylist(), paths)


class ShardedSource(Source):
    """The shards of one part; `path` is that of one of them, or with stars for its numbers."""

    def __init__(self, path: Path, label_columns: tuple[str, ...] = _LABEL_COLUMNS) -> None:
        super().__init__(path)
        self.label_columns = label_columns

    @override
    def with_label_column(self, name: str) -> ShardedSource:
        return ShardedSource(self.path, (name,))

    @cached_property
    def shards(self) -> list[ParquetSource]:
        """All of them, in order.

        Raises
        ------
        DataError
            One is missing or has no place, or they are of several sets.
        """
        found = _shards(self.path)
        totals = sorted({total for _, total, _ in found})
        if len(totals) > 1:
            counts = ", ".join(f"of {total}" for total in totals)
            raise DataError(f"{self.path}: shards of several sets ({counts}); keep one of them")
        (total,) = totals
        files = {number: file for number, _, file in found}
        if len(files) < len(found):
            raise DataError(f"{self.path}: a shard is there twice; keep one of them")
        if max(files) >= total:
            raise DataError(
                f"{files[max(files)]}: shards of {total} are numbered from 0 below {total}; name it"
                " as it was exported"
            )
        for number in range(total):
            if number not in files:
                there = next(iter(files.values()))
                name = _named(there, number)
                raise DataError(
                    f"{there}: shard {number} of 0 to {total - 1} is missing ({name}); get it too,"
                    " a shard alone is not the set"
                )
        return [ParquetSource(files[number], self.label_columns) for number in range(total)]

    def content(self) -> Any:
        """Hashes of the files, in order."""
        return [shard.content() for shard in self.shards]

    def class_names(self) -> tuple[str, ...] | None:
        """Names that all shards give."""
        first, *others = self.shards
        names = first.class_names()
        for other in others:
            if other.class_names() != names:
                raise DataError(f"{other.path}: has other class names than {first.path.name}")
        return names

    @override
    def labels(self) -> NDArray[np.integer]:
        return np.concatenate([shard.labels() for shard in self.shards])

    def items(self) -> Iterator[Item]:
        """Images shard by shard."""
        return chain.from_iterable(shard.items() for shard in self.shards)


def _shards(path: Path) -> list[tuple[int, int, Path]]:
    """Number, count and file of each shard beside a path that names one, or any."""
    named = _SHARD.fullmatch(path.name)
    if named is None or not path.parent.is_dir():
        return []
    found = []
    for file in sorted(path.parent.iterdir()):
        one = _SHARD.fullmatch(file.name)
        if one and one[1] == named[1] and "*" not in one.groups() and named[3] in ("*", one[3]):
            found.append((int(one[2]), int(one[3]), file))
    return found


def _named(shard: Path, number: int) -> str:
    """The name of another shard of the same set, as far as it can be told."""
    return re.sub(
        r"-(\d+)-of-(\d+).*$", lambda at: f"-{number:0{len(at[1])}d}-of-{at[2]}.parquet", shard.name
    )


class ParquetReader:
    """``<root>/<name>/<split>.parquet``, or shards there or below ``data/``."""

    def places(self, root: Path | None, name: str, split: str) -> tuple[Path, ...]:
        """One file a part, or shards."""
        if root is None:
            return ()
        folder, shards = root / name, f"{split}-*-of-*.parquet"
        return folder / f"{split}.parquet", folder / shards, folder / "data" / shards

    def fits(self, path: Path) -> bool:
        """A file called .parquet, or shards."""
        return path.suffix == ".parquet" and (path.is_file() or bool(_shards(path)))

    def open(self, path: Path, split: str) -> Source:
        """Make a source of a file, or of all shards of which it is one."""
        return ShardedSource(path) if _SHARD.fullmatch(path.name) else ParquetSource(path)


READER = ParquetReader()
