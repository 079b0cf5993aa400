"""Named arrays of an .npz, read whole, after checking what the file claims against its size."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import RecordError

_DAMAGED = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError)
# Deflate at its best stores 258 bytes in 2 bits: an entry that claims more than this is lying.
_MOST_RATIO = 1032
# Version → bytes that hold the header's length, and NumPy's reader.
_HEADERS = {
    (1, 0): (2, np.lib.format.read_array_header_1_0),
    (2, 0): (4, np.lib.format.read_array_header_2_0),
}
_MAGIC = np.lib.format.MAGIC_LEN


def read_arrays(path: Path, names: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
    """Read arrays that `write_arrays` of the core room wrote.

    Parameters
    ----------
    path
        The .npz.
    names
        Which arrays; all when None. Those that the file lacks are left out.

    Raises
    ------
    RecordError
        Not a whole archive, or an entry that claims more bytes than the file can hold; nothing
        is allocated for it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {
                name: _read(archive, entry)
                for entry in archive.infolist()
                if (name := entry.filename.removesuffix(".npy")) and (not names or name in names)
            }
    except RecordError:
        raise
    except _DAMAGED as error:
        text = " ".join(str(error).split())[:120]
        raise RecordError(f"{path.name}: not a whole .npz archive ({text})") from None


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    """One array, its size checked before memory is taken."""
    if entry.file_size > (entry.compress_size + 1) * _MOST_RATIO:
        raise RecordError(
            f"{archive.filename}: {entry.filename} claims {entry.file_size} bytes, stored in "
            f"{entry.compress_size}; the file is damaged"
        )
    content = archive.read(entry)  # checks the entry's CRC
    version = np.lib.format.read_magic(io.BytesIO(content[:_MAGIC]))
    if version not in _HEADERS:
        raise RecordError(f"{archive.filename}: {entry.filename} has .npy version {version}")
    width, _ = _HEADERS[version]
    begins = _MAGIC + width
    begins += int.from_bytes(content[_MAGIC:begins], "little")
    shape, fortran, dtype = _header(version, content[_MAGIC:begins])
    size = math.prod(shape) * dtype.itemsize
    if dtype.hasobject or begins + size != len(content):
        raise RecordError(
            f"{archive.filename}: {entry.filename} claims {shape} of {dtype}, its entry has "
            f"{entry.file_size} bytes, stored in {entry.compress_size}; the file is damaged"
        )
    values: NDArray[Any] = np.frombuffer(content, dtype, math.prod(shape), begins).copy()
    return values.reshape(shape, order="F" if fortran else "C")


@lru_cache(maxsize=256)
def _header(
    version: tuple[int, int], content: bytes
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, order and dtype; a folder's records have the same few headers, slow to parse."""
    _, read = _HEADERS[version]
    found: tuple[tuple[int, ...], bool, np.dtype[Any]] = read(io.BytesIO(content))
    return found
