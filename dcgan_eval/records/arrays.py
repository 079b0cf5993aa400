"""Named arrays of an .npz, read whole, after checking what the file claims against its size."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import RecordError

_DAMAGED = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError)
# Deflate at its best stores 258 bytes in 2 bits: an entry that claims more than this is lying.
_MOST_RATIO = 1032
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


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
    with archive.open(entry) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in _HEADERS:
            raise RecordError(f"{archive.filename}: {entry.filename} has .npy version {version}")
        shape, fortran, dtype = _HEADERS[version](stream)
        size = math.prod(shape) * dtype.itemsize
        most = (entry.compress_size + 1) * _MOST_RATIO
        if dtype.hasobject or stream.tell() + size != entry.file_size or entry.file_size > most:
            raise RecordError(
                f"{archive.filename}: {entry.filename} claims {shape} of {dtype}, its entry has "
                f"{entry.file_size} bytes, stored in {entry.compress_size}; the file is damaged"
            )
        # Reading one byte more than there is makes zipfile check the entry's CRC.
        content = bytearray(stream.read(size + 1))
    values: NDArray[Any] = np.frombuffer(content, dtype=dtype, count=math.prod(shape))
    return values.reshape(shape, order="F" if fortran else "C")
