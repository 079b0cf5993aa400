"""Folders of the cache that are whole or absent: made under a private name, renamed when finished.

Two processes may make the same entry at once. What a killed process leaves is removed by the next
one that makes an entry beside it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dcgan_eval.core.files import make_private, storage_errors, sync_folder


@contextmanager
def private_folder(place: Path) -> Iterator[Path]:
    """Make a folder of our own beside `place`, removed at the end unless `publish` renamed it."""
    with storage_errors(place.parent):
        folder, handle = make_private(place.parent, folder=True)
        folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def remove(place: Path) -> None:
    """Take an entry away, its name first: whoever is killed leaves all of it or none.

    Raises
    ------
    StorageError
        It cannot be taken away; it is as it was.
    """
    if os.path.lexists(place):
        with storage_errors(place), private_folder(place) as aside, suppress(FileNotFoundError):
            place.rename(aside / "removed")


def publish(folder: Path, place: Path, *, replace: bool, flush: bool = True) -> None:
    """Flush a finished folder of files to disk and give it its name beside it.

    Parameters
    ----------
    replace
        Whether it takes the place of an entry that is there; else that of a process that was
        faster stays.
    flush
        Whether the files are on disk before; not needed where checksums tell what a power cut left.

    Raises
    ------
    StorageError
        The disk does not take it; `place` is as it was, or absent.
    """
    with storage_errors(place):
        for written in folder.iterdir() if flush else ():
            with written.open("rb+") as stream:
                os.fsync(stream.fileno())
        if replace and place.is_dir():
            # Its name is taken away first; who has it mapped keeps the file.
            with private_folder(place) as aside, suppress(FileNotFoundError):
                place.rename(aside / "replaced")
        try:
            folder.rename(place)
        except OSError:
            if not place.is_dir():
                raise
        sync_folder(place.parent)
