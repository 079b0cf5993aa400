"""NumPy archives: ``images`` and ``labels``, or ``x_train``, ``y_train``, ``x_test``, ``y_test``.

Images are uint8, N×H×W or N×H×W×C. They are read image by image from the archive, and a header
that promises more than the archive holds is refused before anything is allocated.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import (
    DataError,
    Header,
    did_you_mean,
    digest_file,
    located,
    open_archive,
    open_array,
)
from dcgan_eval.data.sources import (
    Item,
    Source,
    integer_labels,
    refuse_too_large,
    refuse_too_many,
)

_CHUNK_BYTES = 4 << 20


class NpzSource(Source):
    """One part in an archive of its own, or in one with both parts."""

    def __init__(self, path: Path, split: str) -> None:
        super().__init__(path)
        self.split = split

    def content(self) -> Any:
        """Hash of the file, and the part."""
        return [digest_file(self.path), self.split]

    @override
    def labels(self) -> NDArray[np.integer]:
        with self._member("labels", f"y_{self.split}") as (stream, header):
            with located(self.path):
                refuse_too_many(max(math.prod(header.shape), header.size // 8))
            values = np.frombuffer(_exactly(stream, header.size), dtype=header.dtype)
            values = values.reshape(header.shape)
        with located(self.path):
            return integer_labels(values)

    def items(self) -> Iterator[Item]:
        """Images in the order of the array."""
        with self._member("images", f"x_{self.split}") as (stream, header):
            image_shape = self._image_shape(header.shape, header.dtype)
            with located(self.path):
                refuse_too_many(header.shape[0])
                refuse_too_large(*image_shape[:2])
            image_bytes = math.prod(image_shape)
            at_once = max(1, _CHUNK_BYTES // image_bytes)
            for start in range(0, header.shape[0], at_once):
                count = min(at_once, header.shape[0] - start)
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
    def _member(self, *names: str) -> Iterator[tuple[IO[bytes], Header]]:
        """Open the first array that the archive has; give its data and its header."""
        with open_archive(self.path, DataError) as archive:
            entry = self._chosen(archive, names)
            with open_array(archive, entry, DataError) as (stream, header):
                if header.fortran and len(header.shape) > 1:
                    raise DataError(
                        f"{self.path}: {entry.filename} is in Fortran order; save it after"
                        " np.ascontiguousarray"
                    )
                yield stream, header

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
