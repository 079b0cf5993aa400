"""CIFAR-10, CIFAR-100, MNIST and Fashion-MNIST as torchvision lays them out on disk.

(SVHN in torchvision's layout is its .mat files, which have a reader of their own.)

The CIFAR files are Python pickles. torchvision reads them, after comparing each with the MD5 sum
it knows: a file that is not the published one is refused before anything is unpickled. MNIST's
files are plain numbers and are mapped.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import DataError, digest_file, open_regular
from dcgan_eval.data.sources import Item, Source

# Folders by which a set is recognised, below the root that torchvision was given.
_FOLDERS = {
    "cifar10": Path("cifar-10-batches-py"),
    "cifar100": Path("cifar-100-python"),
    "mnist": Path("MNIST", "raw"),
    "fashion-mnist": Path("FashionMNIST", "raw"),
}
_CIFAR_FILES: dict[str, dict[str, tuple[str, ...]]] = {
    "cifar-10-batches-py": {
        "train": tuple(f"data_batch_{i}" for i in range(1, 6)),
        "test": ("test_batch",),
    },
    "cifar-100-python": {"train": ("train",), "test": ("test",)},
}
_IDX_PREFIX = {"train": "train", "test": "t10k"}
# IDX: two zero bytes, 8 for unsigned bytes, the number of axes; then big-endian sizes.
_IDX_UINT8 = b"\x00\x00\x08"


class CifarSource(Source):
    """One part of CIFAR-10 or CIFAR-100."""

    def __init__(self, path: Path, split: str) -> None:
        super().__init__(path)
        self.split = split

    def content(self) -> Any:
        """Hashes of the part's files."""
        files = _CIFAR_FILES[self.path.name][self.split]
        return ["cifar", *(digest_file(self.path / name) for name in files)]

    def labels(self) -> NDArray[np.integer]:
        """All labels (of CIFAR-100 the hundred fine ones), (n,)."""
        return np.array(self._dataset.targets, dtype=np.int64)

    def items(self) -> Iterator[Item]:
        """Images in the published order."""
        return map(Item, self._dataset.data)

    @cached_property
    def _dataset(self) -> Any:
        """Torchvision's data set, with everything in memory (150 MB for the training part)."""
        for path in self.path.iterdir():
            if not (path.is_file() or path.is_dir()):
                raise DataError(f"{path}: is no regular file; take it away")
        datasets = import_datasets()
        kinds = {"cifar-10-batches-py": "CIFAR10", "cifar-100-python": "CIFAR100"}
        kind = getattr(datasets, kinds[self.path.name])
        try:
            return kind(self.path.parent, train=self.split == "train", download=False)
        except RuntimeError as error:
            raise DataError(
                f"{self.path}: not the published files ({error}); remove the folder and prepare"
                " the data again"
            ) from None


class IdxSource(Source):
    """One part of MNIST or Fashion-MNIST."""

    def __init__(self, path: Path, split: str) -> None:
        super().__init__(path)
        self.prefix = _IDX_PREFIX[split]

    def content(self) -> Any:
        """Hashes of the part's two files."""
        return ["idx", digest_file(self._images), digest_file(self._labels)]

    @override
    def labels(self) -> NDArray[np.integer]:
        return self._mapped(self._labels, 1).astype(np.int64)

    def items(self) -> Iterator[Item]:
        """Images in the published order."""
        return map(Item, self._mapped(self._images, 3))

    @property
    def _images(self) -> Path:
        return self.path / f"{self.prefix}-images-idx3-ubyte"

    @property
    def _labels(self) -> Path:
        return self.path / f"{self.prefix}-labels-idx1-ubyte"

    def _mapped(self, path: Path, axes: int) -> NDArray[np.uint8]:
        """An IDX file's array, after checking its header against its size."""
        begin = 4 + 4 * axes
        try:
            with open_regular(path) as stream:
                header, size = stream.read(begin), os.fstat(stream.fileno()).st_size
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from None
        shape = tuple(int.from_bytes(header[at : at + 4]) for at in range(4, begin, 4))
        if header[:4] != _IDX_UINT8 + bytes([axes]) or begin + math.prod(shape) != size:
            raise DataError(f"{path}: not a whole IDX file of {axes} axes; get it again")
        if not math.prod(shape):
            raise DataError(f"{path}: has no images")
        return np.asarray(np.memmap(path, dtype=np.uint8, mode="r", offset=begin, shape=shape))


def import_datasets() -> Any:
    """``torchvision.datasets``, or one line on why it cannot be imported."""
    try:
        from torchvision import datasets
    except (ImportError, RuntimeError) as error:
        text = " ".join(str(error).split())[:160]
        raise DataError(
            f"torchvision cannot be imported ({text}); install the torchvision that belongs to"
            " the installed torch"
        ) from None
    return datasets


class TorchvisionReader:
    """``<root>/<name>/`` or ``<root>/`` as torchvision's ``root``."""

    def places(self, root: Path | None, name: str, split: str) -> tuple[Path, ...]:
        """The set's folder below either."""
        if root is None or name not in _FOLDERS:
            return ()
        return root / name / _FOLDERS[name], root / _FOLDERS[name]

    def fits(self, path: Path) -> bool:
        """A folder called as torchvision calls it."""
        return path.is_dir() and any(
            path.parts[-len(folder.parts) :] == folder.parts for folder in _FOLDERS.values()
        )

    def open(self, path: Path, split: str) -> Source:
        """Make a source of a part."""
        return CifarSource(path, split) if path.name in _CIFAR_FILES else IdxSource(path, split)


READER = TorchvisionReader()
