"""Arrays that others have stored, mapped and not copied: .npy, .npz, .safetensors, Parquet.

What is compressed (Parquet, and .npz of ``savez_compressed``) cannot be mapped: it is unpacked once
into a folder of the cache, block by block, and mapped from there.
"""

from __future__ import annotations

import struct
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core.arrays import Header, open_archive, open_array, read_header
from dcgan_eval.core.entries import private_folder, publish, remove
from dcgan_eval.core.errors import CacheWarning, UserError, distrusted
from dcgan_eval.core.files import storage_errors
from dcgan_eval.core.hashing import digest_arrays, digest_file, digest_json
from dcgan_eval.core.names import did_you_mean
from dcgan_eval.core.reading import open_regular, parse_json, read_regular

_BLOCK_BYTES = 4 << 20
_LOCAL_HEADER = struct.Struct("<26xHH")
_SAFETENSORS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "|u1"}
_MOST_HEADER_BYTES = 1 << 20
_MOST_TEXT_BYTES = 1 << 26
SUFFIXES = (".npy", ".npz", ".safetensors", ".parquet")


def map_array(
    path: Path, names: Sequence[str], error: type[UserError], unpacked: Path
) -> NDArray[Any]:
    """Map an array of a file.

    Parameters
    ----------
    path
        Ending in one of `SUFFIXES`.
    names
        What the array may be called where a file has several, the best first. Of a Parquet file
        the column; where it has none of them, all columns of numbers side by side.
    error
        What is raised.
    unpacked
        Folder for what has to be unpacked; made when it is needed.

    Raises
    ------
    error
        Absent, damaged, of no known kind, without such an array, or not of numbers or texts.
    StorageError
        There is no room to unpack it.
    """
    found = find_array(path, names, error, unpacked)
    if found is None:
        raise error(f"{path}: no array or column {' or '.join(names)}; name one so")
    return found


def find_array(
    path: Path, names: Sequence[str], error: type[UserError], unpacked: Path, *, exact: bool = False
) -> NDArray[Any] | None:
    """Map an array of a file; see `map_array`.

    Parameters
    ----------
    exact
        Only an array that is called so; None where there is none.
    """
    if not path.is_file():
        raise error(f"{path}: no such file; check the path")
    if path.suffix not in SUFFIXES:
        raise error(f"{path}: ends in {path.suffix!r}; expected one of {', '.join(SUFFIXES)}")
    with distrusted(error, f"{path}: cannot be read"):
        return _decoded(_found(path, names, error, unpacked, exact))


def _found(
    path: Path, names: Sequence[str], error: type[UserError], unpacked: Path, exact: bool
) -> NDArray[Any] | None:
    """The array, by the kind of file."""
    if path.suffix == ".npy":
        return None if exact else _map_npy(path)
    if path.suffix == ".safetensors":
        return _map_safetensors(path, names, exact)
    if path.suffix == ".npz":
        return _map_npz(path, names, error, unpacked, exact)
    return _of_parquet(path, names, error, unpacked, exact)


def _decoded(found: NDArray[Any] | None) -> NDArray[Any] | None:
    """Texts of bytes, as HDF5 has them, as texts."""
    if found is None or found.dtype.kind != "S":
        return found
    if found.nbytes > _MOST_TEXT_BYTES:
        raise ValueError(f"has {found.nbytes} bytes of texts")
    return np.char.decode(found)


def _chosen(names: Sequence[str], found: Sequence[str], exact: bool) -> str | None:
    """The array that is meant."""
    for name in names:
        if name in found:
            return name
    if exact:
        return None
    if len(found) == 1:
        return found[0]
    raise ValueError(f"no array {' or '.join(names)}; {did_you_mean(names[0], found)}")


def _map_npy(path: Path) -> NDArray[Any]:
    with open_regular(path) as stream:
        return _mapped(path, stream, path.stat().st_size)


def _mapped(path: Path, stream: IO[bytes], end: int) -> NDArray[Any]:
    """Map the .npy that begins where a stream stands."""
    header = read_header(stream)
    begins = stream.tell()
    if header.dtype.hasobject:
        raise ValueError("holds Python objects, which are not read; save it as numbers")
    if not header.fits(end - begins):
        raise ValueError(f"claims {header.size} bytes, has {end - begins}")
    return _map_at(path, header, begins)


def _map_at(path: Path, header: Header, begins: int) -> NDArray[Any]:
    """Bytes of a file as an array."""
    if not header.size:
        return np.empty(header.shape, header.dtype)
    order: Literal["F", "C"] = "F" if header.fortran else "C"
    return np.asarray(np.memmap(path, header.dtype, "r", begins, header.shape, order))


def _map_safetensors(path: Path, names: Sequence[str], exact: bool) -> NDArray[Any] | None:
    size = path.stat().st_size
    with open_regular(path) as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > min(_MOST_HEADER_BYTES, size - 8):
            raise ValueError(f"claims a header of {length} bytes")
        entries = parse_json(stream.read(length))
    entries.pop("__metadata__", None)
    chosen = _chosen(names, list(entries), exact)
    if chosen is None:
        return None
    entry = entries[chosen]
    if entry["dtype"] not in _SAFETENSORS:
        raise ValueError(f"numbers are {entry['dtype']}; expected {', '.join(_SAFETENSORS)}")
    header = Header(tuple(entry["shape"]), False, np.dtype(_SAFETENSORS[entry["dtype"]]))
    first, last = entry["data_offsets"]
    if not (0 <= first <= last <= size - 8 - length and header.fits(last - first)):
        raise ValueError("claims bytes that it does not have")
    return _map_at(path, header, 8 + length + first)


def _map_npz(
    path: Path, names: Sequence[str], error: type[UserError], unpacked: Path, exact: bool
) -> NDArray[Any] | None:
    with open_archive(path, error) as archive:
        entries = {one.filename.removesuffix(".npy"): one for one in archive.infolist()}
        chosen = _chosen(names, list(entries), exact)
        if chosen is None:
            return None
        entry = entries[chosen]
        if entry.compress_type == zipfile.ZIP_STORED:
            with open_regular(path) as stream:
                stream.seek(entry.header_offset)
                name, extra = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
                begins = entry.header_offset + _LOCAL_HEADER.size + name + extra
                stream.seek(begins)
                return _mapped(path, stream, begins + entry.file_size)
        with open_array(archive, entry, error) as (data, header):
            return _unpack(path, entry.filename, header, _read(data), unpacked)


def keep_array(values: NDArray[Any], folder: Path) -> Path:
    """Write an array into a folder of the cache, under its hash; give the path of its .npy.

    Raises
    ------
    StorageError
        There is no room for it.
    """
    header = Header(values.shape, False, values.dtype)
    step = max(1, _BLOCK_BYTES * len(values) // max(1, values.nbytes))
    rows = range(0, len(values), step)
    data = (np.ascontiguousarray(values[row : row + step]).tobytes() for row in rows)
    place = folder / digest_arrays([("array", values)])
    _written(place, header, data)
    return place / "values.npy"


def _read(data: IO[bytes]) -> Iterator[bytes]:
    """Bytes in blocks."""
    while block := data.read(_BLOCK_BYTES):
        yield block


# What tables of features call what is none of them.
_NOT_FEATURES = frozenset({"id", "ids", "label", "labels", "target", "y"})


def _is_float(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(kind))


def _of_parquet(
    path: Path, names: Sequence[str], error: type[UserError], unpacked: Path, exact: bool
) -> NDArray[Any] | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        named = [name for name in names if name in schema.names][:1]
        others = [one for one in schema if one.name not in _NOT_FEATURES]
        columns = named or ([] if exact else [one.name for one in others if _is_float(one.type)])
        whole = [one.name for one in others if pa.types.is_integer(one.type)]
        if whole and not named and columns:
            raise error(
                f"{path}: column {whole[0]!r} has whole numbers; features are floats: leave it "
                "out, or store it as such"
            )
        if not columns:
            return None

        def blocks() -> Iterator[NDArray[Any]]:
            for batch in file.iter_batches(1024, columns=columns):
                if any(column.null_count for column in batch.columns):
                    raise error(f"{path}: has rows without a value; give a value in each")
                yield _block(batch, bool(named))

        first = next(blocks(), None)
        if first is None:
            return np.empty((0,), np.float32)
        if first.dtype.kind == "O":
            return np.concatenate([_texts(one, file.metadata.num_rows) for one in blocks()])
        header = Header((file.metadata.num_rows, *first.shape[1:]), False, first.dtype)
        data = (np.ascontiguousarray(one, first.dtype).tobytes() for one in blocks())
        return _unpack(path, ",".join(columns), header, data, unpacked)


def _texts(values: NDArray[Any], rows: int) -> NDArray[np.str_]:
    """Texts of a block, if as many rows of such a length have room in memory."""
    longest = max(len(str(value)) for value in values)
    if rows * longest > _MOST_TEXT_BYTES:
        raise ValueError(f"has {rows} texts of up to {longest} characters")
    return values.astype(str)


def _block(batch: Any, one_column: bool) -> NDArray[Any]:
    """Rows of a batch: of a column of numbers, texts or lists, or of several of numbers."""
    if not one_column:
        columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
        return np.stack(columns, axis=1)
    column = batch.column(0)
    if hasattr(column, "flatten"):
        lengths = {len(one) for one in column}
        if len(lengths) > 1:
            raise ValueError("its lists are of several lengths")
        values = column.flatten().to_numpy(zero_copy_only=False)
        found: NDArray[Any] = values.reshape(len(column), -1)
        return found
    plain: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return plain


def _unpack(
    path: Path, name: str, header: Header, data: Iterable[bytes], unpacked: Path
) -> NDArray[Any]:
    """Write bytes once into a .npy of our own, under the hash of the file, and map it."""
    place = unpacked / digest_json([digest_file(path), name])
    _written(place, header, data)
    return _map_npy(place / "values.npy")


def _written(place: Path, header: Header, data: Iterable[bytes]) -> None:
    """Write an entry, unless it is there and whole; another process may be writing it, too."""
    if place.is_dir():
        if _is_whole(place):
            return
        warnings.warn(f"{place}: damaged; unpacked again", CacheWarning, stacklevel=2)
        remove(place)
    with private_folder(place) as folder:
        with storage_errors(folder):
            with (folder / "values.npy").open("wb") as stream:
                described = {
                    "descr": np.lib.format.dtype_to_descr(header.dtype),
                    "fortran_order": header.fortran,
                    "shape": header.shape,
                }
                np.lib.format.write_array_header_2_0(stream, described)
                for block in data:
                    stream.write(block)
            _map_npy(folder / "values.npy")
            (folder / "sha256").write_text(digest_file(folder / "values.npy"))
        publish(folder, place, replace=False)


def _is_whole(place: Path) -> bool:
    """Whether an entry has the hash that it was written with."""
    try:
        said = read_regular(place / "sha256", _MOST_HEADER_BYTES).decode()
        return said == digest_file(place / "values.npy")
    except (OSError, ValueError):
        return False
