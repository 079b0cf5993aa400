"""Files of NumPy arrays: written whole, and read after what they claim was checked.

Nothing of a stranger's file is run, and no memory is taken for what it only claims to hold.
"""

from __future__ import annotations

import io
import math
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core.errors import UserError, distrusted
from dcgan_eval.core.files import atomic_path
from dcgan_eval.core.reading import open_regular

# Row numbers, or class numbers: whole numbers of 64 bits.
Indices = NDArray[np.int64]

# Deflate at its best stores 258 bytes in 2 bits: an entry that claims more than this is lying.
_MOST_RATIO = 1032
# Version → bytes that hold the header's length, and NumPy's reader.
_AT_ONCE_BYTES = 1 << 20
_HEADERS = {
    (1, 0): (2, np.lib.format.read_array_header_1_0),
    (2, 0): (4, np.lib.format.read_array_header_2_0),
}
_MOST_HEADER_BYTES = 10_000  # as in NumPy


@dataclass(frozen=True)
class Header:
    """What a .npy file says of itself."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Bytes of data that the header claims."""
        return math.prod(self.shape) * self.dtype.itemsize

    def fits(self, size: int) -> bool:
        """Whether so many bytes are the array's, whole."""
        return min(self.shape, default=0) >= 0 and self.size == size


def read_header(stream: IO[bytes]) -> Header:
    """Read a .npy file up to its data.

    Raises
    ------
    ValueError
        Whatever is wrong with it.
    """
    version = np.lib.format.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f".npy version {version}")
    length = stream.read(_HEADERS[version][0])
    if (claimed := int.from_bytes(length, "little")) > _MOST_HEADER_BYTES:
        raise ValueError(f"a .npy header of {claimed} bytes")
    return _parsed(version, length + stream.read(claimed))


@lru_cache(maxsize=256)
def _parsed(version: tuple[int, int], content: bytes) -> Header:
    """A header from its bytes; a folder's records have the same few, slow to parse."""
    try:
        header = Header(*_HEADERS[version][1](io.BytesIO(content)))
    except Exception as error:  # a stranger's bytes, parsed as Python's literals
        raise ValueError(str(error) or type(error).__name__) from None
    if header.dtype.kind in "mM":
        raise ValueError("holds dates or times; save it as numbers")
    return header


@contextmanager
def open_archive(path: Path, error: type[UserError]) -> Iterator[zipfile.ZipFile]:
    """Open a .npz; whatever is wrong with it, there or in the block, is said by one `error`."""
    with (
        distrusted(error, f"{path}: not a whole .npz archive"),
        open_regular(path) as stream,
        zipfile.ZipFile(stream) as archive,
    ):
        size = os.fstat(stream.fileno()).st_size
        for entry in archive.infolist():
            if entry.compress_size > size:
                raise error(
                    f"{path}: {entry.filename} claims to be stored in {entry.compress_size} bytes, "
                    f"the file has {size}; it is damaged"
                )
        yield archive


@contextmanager
def open_array(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, error: type[UserError]
) -> Iterator[tuple[IO[bytes], Header]]:
    """Open one array of a .npz.

    Returns
    -------
    stream
        Stands at the array's data; its end checks the entry's CRC.
    header
        Checked against the size of the entry, the entry against what its bytes can hold.

    Raises
    ------
    error
        Python objects, or more bytes claimed than there can be.
    """
    where = f"{archive.filename}: {entry.filename}"
    stored = f"stored in {entry.compress_size}; the file is damaged"
    if entry.file_size > (entry.compress_size + 1) * _MOST_RATIO:
        raise error(f"{where} claims {entry.file_size} bytes, {stored}")
    # Small entries are read at once: many small reads of a deflated stream are slow.
    small = entry.file_size <= _AT_ONCE_BYTES
    with io.BytesIO(archive.read(entry)) if small else archive.open(entry) as stream:
        header = read_header(stream)
        if header.dtype.hasobject:
            raise error(f"{where} holds Python objects, which are not read; save it as numbers")
        begins = stream.tell()
        if not header.fits(entry.file_size - begins):
            claimed = begins + header.size
            raise error(f"{where} claims {claimed} bytes, its entry {entry.file_size}, {stored}")
        yield stream, header


def read_arrays(
    path: Path, error: type[UserError], most: float = math.inf
) -> dict[str, NDArray[Any]]:
    """Read all arrays of an .npz that `write_arrays` wrote.

    Parameters
    ----------
    most
        Bytes that they may have together. A file may be a thousandth of what it unfolds to.

    Raises
    ------
    error
        Not a whole archive, an entry that claims more bytes than the file can hold, or more bytes
        in all than `most`.
    """
    arrays = {}
    with open_archive(path, error) as archive:
        unfolded = sum(entry.file_size for entry in archive.infolist())
        if unfolded > most:
            raise error(f"{path}: unfolds to {unfolded} bytes; at most {most} are read")
        for entry in archive.infolist():
            with open_array(archive, entry, error) as (stream, header):
                values = np.frombuffer(_filled(stream, header.size), header.dtype)
            name = entry.filename.removesuffix(".npy")
            arrays[name] = values.reshape(header.shape, order="F" if header.fortran else "C")
    return arrays


def _filled(stream: IO[bytes], size: int) -> bytearray:
    """So many bytes of a stream that ends with them, in memory once."""
    filled, at = bytearray(size), 0
    while block := stream.read(_AT_ONCE_BYTES):
        filled[at : at + len(block)] = block
        at += len(block)
    return filled


def write_arrays(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write named arrays as a compressed .npz, atomically; equal arrays give equal bytes."""
    # The zip's entries carry a fixed date, so the bytes depend on the arrays alone.
    with (
        atomic_path(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in sorted(arrays):
            values = np.asarray(arrays[name])
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Beyond 2 GiB an entry's size has another form, which must be chosen beforehand.
            large = values.nbytes >= 1 << 30
            with archive.open(entry, "w", force_zip64=large) as stream:
                np.lib.format.write_array(stream, values, allow_pickle=False)
