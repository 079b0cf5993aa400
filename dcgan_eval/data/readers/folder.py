"""A folder of images: ``<root>/<name>/<split>/<class>/*.png`` (or .jpg, .jpeg, .webp).

Classes are the names of the folders, sorted; the order of the images is that of the sorted class
and file names. Names that begin with a dot are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import DataError, digest_file
from dcgan_eval.data.sources import Item, Source

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


class FolderSource(Source):
    """One part: a folder with a folder a class."""

    def content(self) -> Any:
        """Relative paths and hashes of all files."""
        return [
            [self._relative(path), digest_file(path)] for paths in self._files for path in paths
        ]

    def class_names(self) -> tuple[str, ...] | None:
        """Names of the class folders, sorted."""
        return tuple(folder.name for folder in self._folders)

    @override
    def labels(self) -> NDArray[np.integer]:
        sizes = [len(paths) for paths in self._files]
        return np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)

    def items(self) -> Iterator[Item]:
        """Images class by class."""
        for paths in self._files:
            for path in paths:
                yield Item(path, self._relative(path))

    @cached_property
    def _folders(self) -> list[Path]:
        """Folders of the classes."""
        return [path for path in self._listed(self.path) if path.is_dir()]

    @cached_property
    def _files(self) -> list[list[Path]]:
        """Image files of each class; anything else is an error, since it would be left out."""
        files = [self._listed(folder) for folder in self._folders]
        for path in (path for paths in files for path in paths):
            if path.suffix.lower() not in _SUFFIXES or not path.is_file():
                raise DataError(
                    f"{path}: expected only files called {', '.join(_SUFFIXES)} in a class's"
                    " folder; convert it or take it out"
                )
        return files

    def _listed(self, folder: Path) -> list[Path]:
        """What lies in a folder, sorted by name."""
        try:
            return sorted(
                (path for path in folder.iterdir() if not path.name.startswith(".")),
                key=lambda path: path.name,
            )
        except OSError as error:
            raise DataError(f"{folder}: cannot be read: {error.strerror}") from None

    def _relative(self, path: Path) -> str:
        """A file's path below the part's folder."""
        return path.relative_to(self.path).as_posix()


class FolderReader:
    """``<root>/<name>/<split>/<class>/*.png``."""

    def places(self, root: Path | None, name: str, split: str) -> tuple[Path, ...]:
        """One folder a part."""
        return () if root is None else (root / name / split,)

    def fits(self, path: Path) -> bool:
        """A folder with folders in it."""
        return path.is_dir() and any(
            inner.is_dir() and not inner.name.startswith(".") for inner in path.iterdir()
        )

    def open(self, path: Path, split: str) -> Source:
        """Make a source of a folder."""
        return FolderSource(path)


READER = FolderReader()
