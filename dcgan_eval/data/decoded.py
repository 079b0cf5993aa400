"""Images decoded once into a file-backed map.

An entry of the cache is a folder ``images/<key>/`` with ``pixels.npy``, ``labels.npy``,
``groups.npy`` (where items have groups) and ``entry.json``. It is written under a private name and
renamed, so that it is whole or absent; it is checked against its hashes whenever it is opened.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    CacheWarning,
    DataError,
    Progress,
    digest_arrays,
    digest_json,
    distrusted,
    parse_json,
    private_folder,
    publish,
    read_regular,
    storage_errors,
)
from dcgan_eval.data.pixels import write_pixels
from dcgan_eval.data.settings import DataSettings
from dcgan_eval.data.sources import Source

# Raised whenever the same files and settings would give other pixels, labels or groups.
# 2: images are turned as their EXIF says.
_VERSION = 2
# A path and a hash of each of a million images have room.
_MOST_ENTRY_BYTES = 1 << 28


@dataclass(frozen=True)
class Decoded:
    """A source's images and labels; see `dcgan_eval.data.ImageSet`."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64] | None
    pixels_digest: str


class DamagedError(Exception):
    """An entry of the cache is not what its hashes say."""


def decode(
    source: Source, settings: DataSettings, where: str, cache: Path | None, progress: Progress
) -> Decoded:
    """Give a source's images as a map, decoding them unless the cache has them.

    Parameters
    ----------
    source
        What to decode.
    settings
        `channels`, `resize` and `item_groups` matter here.
    where
        What the source is called in messages.
    cache
        Cache folder; without one, the map lives in a temporary file as long as it is used.
    progress
        Told about the decoding.

    Raises
    ------
    DataError
        An image that cannot be decoded or has another size, an item without a group, counts of
        images and labels that differ, no image at all.
    StorageError
        The cache cannot be written to.
    """
    if cache is None:
        with tempfile.TemporaryDirectory(prefix="dcgan-eval-") as folder:
            _write_entry(Path(folder), source, settings, where, {}, progress)
            return open_entry(Path(folder), {})
    made_of = _made_of(source, settings)
    place = cache / entry_path(source, settings)
    damaged = False
    if place.is_dir():
        try:
            return open_entry(place, made_of)
        except DamagedError as error:
            damaged = True
            warnings.warn(CacheWarning(f"{place}: {error}; {where} is decoded again"), stacklevel=2)
    with private_folder(place) as folder:
        _write_entry(folder, source, settings, where, made_of, progress)
        try:
            # Before anybody else knows of it: others may remove what has its name.
            found = open_entry(folder, made_of)
        except DamagedError as error:
            raise DataError(f"{place}: {error} just after it was written; check the disk") from None
        publish(folder, place, replace=damaged)
    return found


def entry_path(source: Source, settings: DataSettings) -> Path:
    """Where a source's images lie below the cache once they are decoded."""
    return Path("images", digest_json(_made_of(source, settings)))


def _made_of(source: Source, settings: DataSettings) -> dict[str, Any]:
    """What the key of an entry is the hash of."""
    try:
        content = source.content()
    except OSError as error:
        file = error.filename or source.path
        raise DataError(f"{file}: cannot be read: {error.strerror}") from None
    identity = settings.identity_values()
    chosen = {key: identity[key] for key in ("channels", "resize", "item_groups")}
    return {"what": "images", "version": _VERSION, "content": content, **chosen}


def _entry(place: Path) -> Any:
    """What stands beside an entry's arrays."""
    return parse_json(read_regular(place / "entry.json", _MOST_ENTRY_BYTES))


def read_entry(place: Path) -> dict[str, Any]:
    """What an entry was made of, unless that is not what its key says."""
    with distrusted(DamagedError, "cannot be read"):
        made_of: dict[str, Any] = _entry(place)["key"]
        if digest_json(made_of) != place.name or "content" not in made_of:
            raise DamagedError("entry.json is not what the entry was made of")
        return made_of


def open_entry(place: Path, made_of: dict[str, Any]) -> Decoded:
    """Map an entry after checking it against its hashes."""
    with distrusted(DamagedError, "cannot be read"):
        entry = _entry(place)
        if entry["key"] != made_of:
            raise DamagedError("entry.json is not what the entry was made of")
        digests = entry["digests"]
        arrays = {
            name: np.load(place / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in digests
        }
        for name, array in arrays.items():
            if digest_arrays([(name, array)]) != digests[name]:
                raise DamagedError(f"{name}.npy does not have the hash it was written with")
        # Plain arrays over the map: np.memmap's own class slows down every slice.
        pixels = np.asarray(arrays["pixels"])
        groups = np.array(arrays["groups"]) if "groups" in arrays else None
        return Decoded(pixels, np.array(arrays["labels"]), groups, digests["pixels"])


def _write_entry(
    folder: Path,
    source: Source,
    settings: DataSettings,
    where: str,
    made_of: dict[str, Any],
    progress: Progress,
) -> None:
    """Decode a source into a folder."""
    labels = source.labels().astype(np.int64)
    if not len(labels):
        raise DataError(f"{where}: {source.path} has no images")
    path = folder / "pixels.npy"
    groups = write_pixels(path, source, settings, where, len(labels), progress)
    digests = {"pixels": digest_arrays([("pixels", np.load(path, mmap_mode="r"))])}
    small = {"labels": labels} if groups is None else {"labels": labels, "groups": groups}
    for name, array in small.items():
        digests[name] = digest_arrays([(name, array)])
    with storage_errors(folder):
        for name, array in small.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        entry = {"key": made_of, "digests": digests}
        (folder / "entry.json").write_text(json.dumps(entry, sort_keys=True, indent=2) + "\n")
