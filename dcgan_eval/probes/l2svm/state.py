"""Finished parts of a long path, kept so that the next run goes on from them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import RecordError, atomic_path, writable_folder


class PathState(Protocol):
    """Where a path keeps its finished parts: named arrays under a key."""

    def load(self, key: str) -> Mapping[str, NDArray[Any]] | None:
        """What was saved under `key`; None if nothing was."""
        ...

    def save(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep arrays under `key`, whole or not at all."""
        ...


class FolderState:
    """One ``.npz`` file a key in a folder, each written atomically.

    Parameters
    ----------
    folder
        Created, and proved writable, before any work.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = writable_folder(Path(folder))

    def load(self, key: str) -> Mapping[str, NDArray[Any]] | None:
        """What was saved under `key`; None if nothing was."""
        path = self.folder / f"{key}.npz"
        if not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except (zipfile.BadZipFile, ValueError, EOFError) as error:
            raise RecordError(f"{path}: damaged ({error}); remove it and run again") from error

    def save(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep arrays under `key`, whole or not at all."""
        with atomic_path(self.folder / f"{key}.npz") as temporary, temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)


def claim(state: PathState, digest: str) -> None:
    """Mark a state as this problem's, or refuse it as another problem's."""
    stored = state.load("problem")
    if stored is None:
        state.save("problem", {"digest": np.array(digest)})
    elif str(stored["digest"]) != digest:
        raise RecordError(
            "the state given belongs to another problem (other features, labels, C values, "
            "subsets or settings); give an empty folder, or the settings it was begun with"
        )
