"""Images that were decoded before: an entry ``images/<key>/`` of the cache, as a source again.

What people hold in memory is put there, and is then a data set like one of files.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import DataError
from dcgan_eval.data.decoded import DamagedError, Decoded, open_entry, read_entry
from dcgan_eval.data.sources import Item, Source


class EntrySource(Source):
    """One entry. It says of itself what it was decoded from, so it is its own entry again."""

    def content(self) -> Any:
        """What the entry was decoded from."""
        return self._made_of["content"]

    def class_names(self) -> tuple[str, ...] | None:
        """Names that came with what was held in memory."""
        content = self.content()
        names = content.get("class_names") if isinstance(content, dict) else None
        return None if names is None else tuple(names)

    @override
    def labels(self) -> NDArray[np.integer]:
        return self._decoded.labels

    def items(self) -> Iterator[Item]:
        """All images; the path names the group, where there are groups."""
        groups = self._decoded.groups
        for row, pixels in enumerate(self._decoded.pixels):
            yield Item(pixels, None if groups is None else group_path(int(groups[row])))

    @cached_property
    def _made_of(self) -> dict[str, Any]:
        try:
            return read_entry(self.path)
        except DamagedError as error:
            raise self._damaged(error) from None

    @cached_property
    def _decoded(self) -> Decoded:
        try:
            return open_entry(self.path, self._made_of)
        except DamagedError as error:
            raise self._damaged(error) from None

    def _damaged(self, error: DamagedError) -> DataError:
        return DataError(f"{self.path}: {error}; remove the folder and give the images again")


# Where items have groups already: what `item_groups` finds in paths made by `group_path`.
GROUPS = r"^group (\d+)$"


def group_path(group: int) -> str:
    """A path whose order among others is that of the groups."""
    return f"group {group:019d}"


class EntryReader:
    """A folder of the cache; never found by the name of a data set."""

    def places(self, root: Path | None, name: str, split: str) -> tuple[Path, ...]:
        """Nowhere: an entry is given by its path."""
        return ()

    def fits(self, path: Path) -> bool:
        """A folder with an entry in it."""
        return (path / "entry.json").is_file() and (path / "pixels.npy").is_file()

    def open(self, path: Path, split: str) -> Source:
        """Make a source of an entry."""
        return EntrySource(path)


READER = EntryReader()
