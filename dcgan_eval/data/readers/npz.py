"""NumPy archives: ``images`` and ``labels``, or ``x_train``, ``y_train``, ``x_test``, ``y_test``.

Images are uint8, N×H×W or N×H×W×C. They are read image by image from the archive, and a header
that promises more than the archive holds is refused before anything is allocated.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, did_you_mean, digest_file
from dcgan_eval.data.sources import Item, Source, integer_labels

_BROKEN = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError)
# Deflate's best: 258 bytes from 2 bits. Arrays are deflated or stored.
_MOST_RATIO = 1032
_CHUNK_BYTES = 4 << 20
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class NpzSource(Source):
    """One part in an archive of its own, or in one with both parts."""

    def __init__(self, path: Path, split: str) -> None:
        super().__init__(path)
        self.split = split

    def content(self) -> Any:
        """Hash of the file, and the part."""
        return [digest_file(self.path), self.split]

    def labels(self) -> NDArray[np.integer]:
        """All labels, (n,)."""
        with self._member("labels", f"y_{self.split}") as (stream, shape, dtype):
            size = math.prod(shape) * dtype.itemsize
            values = np.frombuffer(_exactly(stream, size), dtype=dtype).reshape(shape)
        return integer_labels(values, self.path)

    def items(self) -> Iterator[Item]:
        """Images in the order of the array."""
        with self._member("images", f"x_{self.split}") as (stream, shape, dtype):
            image_shape = self._image_shape(shape, dtype)
            image_bytes = math.prod(image_shape)
            at_once = max(1, _CHUNK_BYTES // image_bytes)
            for start in range(0, shape[0], at_once):
                count = min(at_once, shape[0] - start)
                block = np.frombuffer(_exactly(stream, count * image_bytes), dtype=np.uint8)
                yield from map(Item, block.reshape(count, *image_shape))

    def _image_shape(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
        """Shape of an image, after checking the array's."""
        if dtype != np.uint8:
            raise DataError(f"{self.path}: images of type {dtype}; expected uint8, 0 … 255")
        if (
            len(shape) not in (3, 4)
            or 0 in shape[1:]
            or (len(shape) == 4 and shape[3] not in (1, 3))
        ):
            hint = "; transpose N×C×H×W" if len(shape) == 4 and shape[1] in (1, 3) else ""
            raise DataError(
                f"{self.path}: images of shape {shape}; expected N×H×W, or N×H×W×C with 1 or 3"
                f" channels{hint}"
            )
        return shape[1:]

    @contextmanager
    def _member(self, *names: str) -> Iterator[tuple[IO[bytes], tuple[int, ...], np.dtype[Any]]]:
        """Open the first array that the archive has; give its data, shape and type."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                info = self._chosen(archive, names)
                with archive.open(info) as stream:
                    yield stream, *self._header(stream, info)
        except DataError:
            raise
        except _BROKEN as error:
            text = " ".join(str(error).split())[:120]
            raise DataError(f"{self.path}: not a whole .npz archive ({text})") from None

    def _chosen(self, archive: zipfile.ZipFile, names: tuple[str, ...]) -> zipfile.ZipInfo:
        """The entry of the archive to read."""
        entries = {info.filename: info for info in archive.infolist()}
        for name in names:
            info = entries.get(f"{name}.npy")
            if info is None:
                continue
            if info.flag_bits & 1:
                raise DataError(f"{self.path}: {name} is encrypted; save it without a password")
            return info
        found = [entry.removesuffix(".npy") for entry in entries]
        raise DataError(
            f"{self.path}: no array {' or '.join(names)}; {did_you_mean(names[0], found)}"
        )

    def _header(
        self, stream: IO[bytes], info: zipfile.ZipInfo
    ) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and type of an array, checked against the size of its entry."""
        version = np.lib.format.read_magic(stream)
        if version not in _HEADERS:
            raise DataError(f"{self.path}: {info.filename} has .npy version {version}")
        shape, fortran, dtype = _HEADERS[version](stream)
        if dtype.hasobject:
            raise DataError(
                f"{self.path}: {info.filename} holds Python objects, which are not read; save it"
                " as numbers"
            )
        if fortran and len(shape) > 1:
            raise DataError(
                f"{self.path}: {info.filename} is in Fortran order; save it after"
                " np.ascontiguousarray"
            )
        size = stream.tell() + math.prod(shape) * dtype.itemsize
        # The header against the entry, the entry against what its bytes in the file can hold.
        most = info.compress_size * _MOST_RATIO + _MOST_RATIO
        if size != info.file_size or info.file_size > most or min(shape, default=0) < 0:
            raise DataError(
                f"{self.path}: {info.filename} claims {size} bytes, its entry {info.file_size},"
                f" stored in {info.compress_size}; the file is damaged"
            )
        return shape, dtype


def _exactly(stream: IO[bytes], size: int) -> bytes:
    """That many bytes of a stream, or an error."""
    data = stream.read(size)
    if len(data) != size:
        raise EOFError(f"ends {size - len(data)} bytes early")
    return data


class NpzReader:
    """``<root>/<name>/<split>.npz``, or ``<root>/<name>.npz`` with both parts."""

    def places(self, root: Path | None, name: str, split: str) -> tuple[Path, ...]:
        """One file a part goes before one file for both."""
        if root is None:
            return ()
        return root / name / f"{split}.npz", root / name / f"{name}.npz", root / f"{name}.npz"

    def fits(self, path: Path) -> bool:
        """A file called .npz."""
        return path.suffix == ".npz" and path.is_file()

    def open(self, path: Path, split: str) -> Source:
        """Make a source of a file."""
        return NpzSource(path, split)


READER = NpzReader()
