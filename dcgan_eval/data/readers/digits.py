"""scikit-learn's digits: 1,797 images of 8×8 that come with the library.

The set has no published division. Ours: 360 test images (20 %), stratified, from the named seed
``("digits", "test")``; the other 1,437 are for training, both in the library's order. Its 0 … 16
are scaled to 0 … 255, rounded to the nearest (halves up).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import digest_file
from dcgan_eval.data.sources import Item, Source
from dcgan_eval.data.splits import stratified

_TEST_SIZE = 360


class DigitsSource(Source):
    """One part of the digits."""

    def __init__(self, path: Path, split: str) -> None:
        super().__init__(path)
        self.split = split

    def content(self) -> Any:
        """Hash of the library's file, and the part."""
        return [digest_file(self.path), self.split]

    @override
    def labels(self) -> NDArray[np.integer]:
        return self._read()[1]

    def items(self) -> Iterator[Item]:
        """Images in the library's order."""
        return map(Item, self._read()[0])

    def _read(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Pixels and labels of the part."""
        from sklearn.datasets import load_digits

        pixels, y = load_digits(return_X_y=True)
        test, train = stratified(y, _TEST_SIZE, "digits", "test")
        rows = train if self.split == "train" else test
        grey = (pixels[rows].reshape(-1, 8, 8).astype(np.int64) * 255 + 8) // 16
        return grey.astype(np.uint8), y[rows].astype(np.int64)


class DigitsReader:
    """The file that lies inside scikit-learn."""

    def places(self, root: Path | None, name: str, split: str) -> tuple[Path, ...]:
        """The library's own file, whatever the roots."""
        found = importlib.util.find_spec("sklearn")
        if root is not None or name != "digits" or found is None or found.origin is None:
            return ()
        return (Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz",)

    def fits(self, path: Path) -> bool:
        """The library's own file."""
        return path.name == "digits.csv.gz" and path.is_file()

    def open(self, path: Path, split: str) -> Source:
        """Make a source of a part."""
        return DigitsSource(path, split)


READER = DigitsReader()
