"""The binary version of CIFAR-10: ``<root>/<name>/<split>.bin``.

An image is a byte for the label and 3,072 bytes for the pixels: a red, a green and a blue plane.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError
from dcgan_eval.data import Item, Source

IMAGE_BYTES = 1 + 3 * 32 * 32


class CifarSource(Source):
    """A file with one part."""

    def labels(self) -> NDArray[np.integer]:
        """The first byte of each image."""
        return self._rows()[:, 0].astype(np.int64)

    def items(self) -> Iterator[Item]:
        """Images in the order of the file."""
        for row in self._rows():
            yield Item(row[1:].reshape(3, 32, 32).transpose(1, 2, 0))

    def _rows(self) -> NDArray[np.uint8]:
        """The file, mapped: a row an image."""
        size = self.path.stat().st_size
        if size == 0 or size % IMAGE_BYTES:
            raise DataError(f"{self.path}: {size} bytes; expected {IMAGE_BYTES} for each image")
        return np.memmap(self.path, np.uint8, "r").reshape(-1, IMAGE_BYTES)


class CifarReader:
    """Finds and opens such files."""

    def places(self, root: Path | None, name: str, split: str) -> tuple[Path, ...]:
        """One file a part."""
        return () if root is None else (root / name / f"{split}.bin",)

    def fits(self, path: Path) -> bool:
        """A file called .bin."""
        return path.suffix == ".bin" and path.is_file()

    def open(self, path: Path, split: str) -> Source:
        """Make a source of a file."""
        return CifarSource(path)


READER = CifarReader()
