"""Labels alone: all that features which were computed elsewhere need of a data set."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, digest_arrays, digest_json, find_array, located, map_array
from dcgan_eval.data.items import Items, check_ids
from dcgan_eval.data.known import KNOWN
from dcgan_eval.data.settings import DataSettings
from dcgan_eval.data.sources import integer_labels

_LABELS = ("labels", "label", "y")
_IDS = ("ids", "id")


def load_labels(
    settings: DataSettings, *, roots: Sequence[Path | str] = (), cache: Path | str | None = None
) -> tuple[Items, Items]:
    """Load the labels of both parts.

    Parameters
    ----------
    settings
        With ``labels``: files .npy, .npz, .safetensors or .parquet, whose array or column is
        called ``labels``, ``label`` or ``y``; one called ``ids`` or ``id`` names the items.
    roots, cache
        Where relative paths are looked for, after the working directory.

    Raises
    ------
    DataError
        A file that is absent or damaged, labels that are neither whole numbers nor texts, outside
        the classes, or a class without a training item.
    """
    assert settings.labels is not None
    places = [Path(), *map(Path, roots), *([] if cache is None else [Path(cache)])]
    # What is unpacked outlives its name: it is mapped.
    with tempfile.TemporaryDirectory(prefix="dcgan-eval-") as folder:
        unpacked = Path(folder) if cache is None else Path(cache) / "given"
        paths = {"train": settings.labels.train, "test": settings.labels.test}
        read = {part: _read(path, places, unpacked) for part, path in paths.items()}
    names = settings.class_names or _names(settings.name, read["train"][0])
    return (
        _items(settings, "train", names, *read["train"]),
        _items(settings, "test", names, *read["test"]),
    )


def _read(
    path: Path, places: Sequence[Path], unpacked: Path
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Labels of a file, and the ids of the items where it has them."""
    found = next((place / path for place in places if (place / path).is_file()), path)
    labels = np.array(map_array(found, _LABELS, DataError, unpacked))
    ids = find_array(found, _IDS, DataError, unpacked, exact=True)
    with located(path):
        if labels.dtype.kind != "U":
            labels = integer_labels(labels)
        if not len(labels):
            raise DataError("no labels; give at least one of each class")
        check_ids(ids, len(labels))
    return labels, None if ids is None else np.array(ids)


def _names(name: str, labels: NDArray[Any]) -> tuple[str, ...]:
    """Names of the classes: texts themselves, published names, or numbers."""
    if labels.dtype.kind == "U":
        return tuple(map(str, np.unique(labels)))
    if name in KNOWN:
        return KNOWN[name].class_names
    largest = int(labels.max())
    if largest >= max(2, len(labels)):
        raise DataError(
            f"largest label {largest} with {len(labels)} items; expected labels 0, 1, 2 … without "
            "gaps, or class_names"
        )
    return tuple(str(label) for label in range(largest + 1))


def _items(
    settings: DataSettings,
    part: Literal["train", "test"],
    names: tuple[str, ...],
    labels: NDArray[Any],
    ids: NDArray[Any] | None,
) -> Items:
    """One part, its labels numbered by the classes."""
    where = f"{settings.name}/{part}"
    if labels.dtype.kind == "U":
        known = {name: number for number, name in enumerate(names)}
        unknown = [str(one) for one in labels if one not in known]
        if unknown:
            raise DataError(f"{where}: label {unknown[0]!r} is no class of the training part")
        labels = np.array([known[one] for one in labels], np.int64)
    row = first_outside(labels, len(names))
    if row is not None:
        raise DataError(
            f"{where} row {row}: label {labels[row]}; expected 0 … {len(names) - 1}"
            f" ({len(names)} classes)"
        )
    if part == "train":
        with located(where):
            check_complete(labels, names)
    said = None if ids is None else [str(one) for one in ids.tolist()]
    digest = digest_json(["labels", digest_arrays([("labels", labels)]), said])
    return Items(
        name=where, labels=labels, class_names=names, fingerprint=digest, ids=ids, part=part
    )


def first_outside(labels: NDArray[np.int64], n_classes: int) -> int | None:
    """The first row whose label is no class."""
    outside = np.flatnonzero((labels < 0) | (labels >= n_classes))
    return int(outside[0]) if len(outside) else None


def check_complete(labels: NDArray[np.int64], names: tuple[str, ...]) -> None:
    """Each class has an image to train on."""
    missing = np.flatnonzero(np.bincount(labels, minlength=len(names)) == 0)
    if len(missing):
        label = int(missing[0])
        raise DataError(
            f"class {label} ({names[label]}) has no image; add some, or leave the class out"
        )
    if len(names) < 2:
        raise DataError("all images are of one class; expected at least two")
