"""`load_images`: a named data set as an `ImageSet`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    DataError,
    Indices,
    Progress,
    Silent,
    build,
    did_you_mean,
    digest_arrays,
    digest_json,
    located,
    named_folders,
)
from dcgan_eval.data.decoded import decode
from dcgan_eval.data.duplicates import repeated_rows
from dcgan_eval.data.find import find, find_or_explain
from dcgan_eval.data.items import ImageSet, Items
from dcgan_eval.data.known import KNOWN
from dcgan_eval.data.labels import check_complete, first_outside, load_labels
from dcgan_eval.data.settings import DataSettings
from dcgan_eval.data.sources import Source


def load_images(
    settings: DataSettings | str,
    split: Literal["train", "test"],
    *,
    roots: Sequence[Path | str] | None = None,
    cache: Path | str | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Load one part of a data set; nothing is ever downloaded.

    Parameters
    ----------
    settings
        A data set, or just its name.
    split
        ``train`` or ``test``.
    roots
        Folders that hold ``<name>/``, tried in order after the working directory; those of
        ``DCGAN_EVAL_DATA`` when None.
    cache
        Cache folder for decoded images; without one they are decoded again each time. Relative
        paths in `settings` are looked for there last: what was held in memory lies in it.
    progress
        Told about the decoding.

    Returns
    -------
    ImageSet
        Class names are, in this order of preference: those of the settings, those that the
        training files say, the published ones of this name, the numbers 0 … largest training
        label. Test labels are numbered by the classes of the training part.

    Raises
    ------
    DataError
        The data are absent, damaged or unsuitable; labels outside the classes; a class without
        a training image (a test part may lack classes); `classes` that are none of them; a `dedup`
        of other images.
    StorageError
        The cache cannot be written to.

    Examples
    --------
    scikit-learn's digits come with the library:

    >>> from dcgan_eval import load_images
    >>> train = load_images("digits", "train")
    >>> len(train), train.image_shape, train.class_names[:3]
    (1437, (8, 8, 1), ('0', '1', '2'))
    """
    if isinstance(settings, str):
        with located("data"):
            settings = build(DataSettings, {"name": settings})
    if split not in ("train", "test"):
        raise DataError(f"split {split!r}: {did_you_mean(str(split), ('train', 'test'))}")
    where = f"{settings.name}/{split}"
    given = named_folders("DCGAN_EVAL_DATA") if roots is None else roots
    places = [Path(root) for root in given]
    if settings.train is not None and cache is not None:
        places.append(Path(cache))
    source = find_or_explain(settings, split, places)
    training = source if split == "train" else find(settings, "train", places)
    folder = None if cache is None else Path(cache)
    decoded = decode(source, settings, where, folder, progress or Silent())
    names = _class_names(settings, training or source)
    said = source.class_names()
    own = names if said is None else said
    with located(where):
        _check_known(own, names)
    row = first_outside(decoded.labels, len(own))
    if row is not None:
        raise DataError(
            f"{where} row {row}: label {decoded.labels[row]}; expected 0 … {len(own) - 1}"
            f" ({len(own)} classes)"
        )
    labels = _renumbered(decoded.labels, own, names)
    if split == "train":
        with located(where):
            check_complete(labels, names)
    fingerprint = digest_json([decoded.pixels_digest, digest_arrays([("labels", labels)])])
    images = ImageSet(
        name=where,
        labels=labels,
        class_names=names,
        fingerprint=fingerprint,
        groups=decoded.groups,
        pixels=decoded.pixels,
        part=split,
    )
    repeated = None
    if settings.dedup is not None and split == "train":
        repeated = repeated_rows(settings.dedup, [Path(), *places], images)
    if settings.classes is not None:
        images = _of_classes(images, settings.classes)
    return images if repeated is None else _without(images, repeated)


def load_items(
    settings: DataSettings,
    *,
    roots: Sequence[Path | str] = (),
    cache: Path | str | None = None,
    progress: Progress | None = None,
) -> tuple[Items, Items]:
    """Load training and test part, whether they have images or labels alone.

    Raises
    ------
    DataError
        See `load_dataset` and `load_labels`; a single class.
    """
    if settings.labels is not None:
        return load_labels(settings, roots=roots, cache=cache)
    if settings.classes is not None and len(settings.classes) < 2:
        raise DataError(f"{settings.name}: one class has nothing to tell apart; give two classes")
    return load_dataset(settings, roots=roots, cache=cache, progress=progress)


def load_dataset(
    settings: DataSettings | str,
    *,
    roots: Sequence[Path | str] | None = None,
    cache: Path | str | None = None,
    progress: Progress | None = None,
) -> tuple[ImageSet, ImageSet]:
    """Load training and test part; see `load_images`.

    Raises
    ------
    DataError
        Also when images of the two parts differ in size.

    Examples
    --------
    >>> from dcgan_eval import load_dataset
    >>> train, test = load_dataset("digits")
    >>> len(train), len(test)
    (1437, 360)
    """
    train = load_images(settings, "train", roots=roots, cache=cache, progress=progress)
    test = load_images(settings, "test", roots=roots, cache=cache, progress=progress)
    if train.image_shape != test.image_shape:
        raise DataError(
            f"{train.name} has images of {'×'.join(map(str, train.image_shape))}, {test.name} of"
            f" {'×'.join(map(str, test.image_shape))}; give resize or channels"
        )
    return train, test


def _class_names(settings: DataSettings, training: Source) -> tuple[str, ...]:
    """Names of the classes in the order of the labels."""
    said = settings.class_names or training.class_names()
    if said is not None:
        return said
    known = KNOWN.get(settings.name)
    if known is not None and settings.label_column is None:
        return known.class_names
    labels = training.labels()
    largest = int(labels.max(initial=0))
    if largest >= max(2, len(labels)):
        # Some class would have no image; and a wild label must not become that many names.
        raise DataError(
            f"{training.path}: largest label {largest} with {len(labels)} images; expected labels"
            " 0, 1, 2 … without gaps, or class_names"
        )
    return tuple(str(label) for label in range(largest + 1))


def _check_known(own: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Each class of the source is one of the classes."""
    known = set(names)
    unknown = [name for name in own if name not in known]
    if unknown:
        raise DataError(
            f"class {unknown[0]!r} is not among the classes; {did_you_mean(unknown[0], names)}"
        )


def _renumbered(
    labels: NDArray[np.int64], own: tuple[str, ...], names: tuple[str, ...]
) -> NDArray[np.int64]:
    """Labels by the order of `names`, where the source has names in an order of its own."""
    if own == names:
        return labels
    return np.array([names.index(name) for name in own], dtype=np.int64)[labels]


def _of_classes(images: ImageSet, classes: tuple[str, ...]) -> ImageSet:
    """The images of some classes, which are numbered in the order given."""
    with located(images.name):
        _check_known(classes, images.class_names)
    chosen = [images.class_names.index(name) for name in classes]
    numbers = np.full(len(images.class_names), -1, np.int64)
    numbers[chosen] = np.arange(len(chosen))
    labels = numbers[images.labels]
    return replace(
        images,
        labels=labels,
        class_names=classes,
        rows=np.flatnonzero(labels >= 0),
        fingerprint=digest_json([images.fingerprint, "classes", chosen]),
    )


def _without(images: ImageSet, repeated: Indices) -> ImageSet:
    """The images of a set but some of the part that it is chosen from."""
    rows = np.arange(len(images)) if images.rows is None else images.rows
    kept = images.take(np.flatnonzero(~np.isin(rows, repeated)))
    with located(f"{images.name} without near-duplicates"):
        check_complete(kept.y, kept.class_names)
    return kept
