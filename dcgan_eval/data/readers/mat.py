"""SVHN's ``train_32x32.mat`` and ``test_32x32.mat``: X (32×32×3×N, uint8) and y (N×1, 1 … 10).

Label 10 is the digit 0 and becomes 0. MATLAB's level 5 format is read here as a stream, image by
image (its arrays are in Fortran order, so an image is contiguous): `scipy.io.loadmat` would hold
all of X in memory. Format: MathWorks, *MAT-File Level 5 File Format*.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, distrusted, located, open_regular, printable
from dcgan_eval.data.sources import (
    Item,
    Source,
    integer_labels,
    refuse_too_large,
    refuse_too_many,
)

_HEADER_BYTES = 128
_INT8, _UINT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 2, 5, 6, 14, 15
_TYPES = {
    _INT8: "i1",
    _UINT8: "u1",
    3: "<i2",
    4: "<u2",
    _INT32: "<i4",
    _UINT32: "<u4",
    7: "<f4",
    9: "<f8",
    12: "<i8",
    13: "<u8",
}
_CHUNK_BYTES = 1 << 20


class MatSource(Source):
    """One part of SVHN."""

    def labels(self) -> NDArray[np.integer]:
        """All labels as digits, (n,)."""
        with self._array("y") as (stream, dims, kind, size):
            dtype = np.dtype(_TYPES[kind])
            if math.prod(dims) * dtype.itemsize != size:
                raise self._damaged("y does not have the size that it claims")
            with located(self.path):
                refuse_too_many(math.prod(dims))
            values = np.frombuffer(stream.read(size), dtype).reshape(dims)
            with located(self.path):
                y = integer_labels(values)
        if len(y) and (y.min() < 0 or y.max() > 10):
            raise DataError(
                f"{self.path}: labels {y.min()} … {y.max()}; SVHN's are 1 … 10, 10 for digit 0"
            )
        return y % 10

    def items(self) -> Iterator[Item]:
        """Images in the order of the last axis."""
        with self._array("X") as (stream, dims, kind, size):
            if kind != _UINT8 or len(dims) != 4 or dims[2] not in (1, 3) or 0 in dims[:3]:
                raise DataError(f"{self.path}: X of shape {dims}; expected uint8, 32×32×3×N")
            if math.prod(dims) != size:
                raise self._damaged("X does not have the size that it claims")
            height, width, channels, n = dims
            with located(self.path):
                refuse_too_many(n)
                refuse_too_large(height, width)
            for _ in range(n):
                data = np.frombuffer(stream.read(height * width * channels), dtype=np.uint8)
                # Fortran order: rows run fastest, then columns, then channels.
                yield Item(data.reshape(channels, width, height).transpose(2, 1, 0))

    @contextmanager
    def _array(self, wanted: str) -> Iterator[tuple[_Stream, tuple[int, ...], int, int]]:
        """Open a variable; give its data, dimensions, type of numbers and size in bytes."""
        with (
            distrusted(DataError, f"{self.path}: not a whole .mat file"),
            open_regular(self.path) as file,
        ):
            header = file.read(_HEADER_BYTES)
            if header[:20].startswith(b"MATLAB 7.3"):
                raise DataError(f"{self.path}: MATLAB 7.3 file; expected SVHN's (level 5)")
            if len(header) < _HEADER_BYTES or header[124:] != b"\x00\x01IM":
                raise self._damaged("no little-endian level 5 header")
            length = self.path.stat().st_size
            names = []
            while tag := file.read(8):
                kind, size = _unpacked_tag(tag)
                end = file.tell() + size
                if kind not in (_MATRIX, _COMPRESSED) or end > length:
                    raise self._damaged("an element does not end within the file")
                stream = _Stream(file, size, kind == _COMPRESSED)
                if kind == _COMPRESSED and _unpacked_tag(stream.read(8))[0] != _MATRIX:
                    raise self._damaged("a compressed element that is no matrix")
                name, dims = _matrix_header(stream)
                names.append(name)
                if name == wanted:
                    number, size = _unpacked_tag(stream.read(8))
                    if number not in _TYPES:
                        raise self._damaged(f"{wanted} holds no numbers")
                    yield stream, dims, number, size
                    return
                file.seek(end)
            found = ", ".join(printable(name)[:40] for name in names[:10])
            raise DataError(f"{self.path}: no variable {wanted}; it has {found or 'none'}")

    def _damaged(self, why: str) -> DataError:
        """The error for a file that is not what it claims to be."""
        return DataError(f"{self.path}: not a whole .mat file ({why}); get it again")


class _Stream:
    """Reads an element's bytes, inflating them on the way."""

    def __init__(self, file: IO[bytes], size: int, compressed: bool) -> None:
        self.file, self.left = file, size
        self.inflate = zlib.decompressobj() if compressed else None

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        parts = []
        while size:
            part = self._some(min(size, _CHUNK_BYTES))
            if not part:
                raise EOFError("it ends early")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _some(self, most: int) -> bytes:
        """At least one byte, unless there are no more."""
        if self.inflate is None:
            return self._raw(most)
        while not self.inflate.eof:
            data = self.inflate.unconsumed_tail or self._raw(1 << 16)
            part = self.inflate.decompress(data, most)
            if part or not data:
                return part
        return b""

    def _raw(self, most: int) -> bytes:
        """Bytes of the file, within the element."""
        data = self.file.read(min(most, self.left))
        self.left -= len(data)
        return data


def _unpacked_tag(tag: bytes) -> tuple[int, int]:
    """Type and size in bytes of an element in the long form."""
    kind, size = struct.unpack("<II", tag)
    return kind, size


def _small_element(stream: _Stream, most: int) -> bytes:
    """The data of a short element, in the long form or packed into its tag."""
    tag = stream.read(8)
    (word,) = struct.unpack("<I", tag[:4])
    if word >> 16:
        return tag[4 : 4 + (word >> 16)]
    size = _unpacked_tag(tag)[1]
    if size > most:
        raise EOFError(f"a header of {size} bytes")
    data = stream.read(size)
    stream.read(-size % 8)
    return data


def _matrix_header(stream: _Stream) -> tuple[str, tuple[int, ...]]:
    """Name and dimensions of a matrix; its data come next."""
    _small_element(stream, 8)
    packed = _small_element(stream, 32 * 4)
    dims = struct.unpack(f"<{len(packed) // 4}i", packed)
    if min(dims, default=-1) < 0:
        raise EOFError("dimensions below zero")
    return _small_element(stream, 256).decode("ascii"), dims


class MatReader:
    """``<root>/<name>/<split>_32x32.mat``; for svhn also right below the root."""

    def places(self, root: Path | None, name: str, split: str) -> tuple[Path, ...]:
        """One file a part, called as it is published."""
        if root is None:
            return ()
        file = f"{split}_32x32.mat"
        return (root / name / file, root / file) if name == "svhn" else (root / name / file,)

    def fits(self, path: Path) -> bool:
        """A file called .mat."""
        return path.suffix == ".mat" and path.is_file()

    def open(self, path: Path, split: str) -> Source:
        """Make a source of a file."""
        return MatSource(path)


READER = MatReader()
