"""Sources of what people hold: arrays, data sets that are asked item by item, image sets."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import DataError, digest_arrays, located
from dcgan_eval.data.held_arrays import FloatMeaning, as_image, as_plain, numbered
from dcgan_eval.data.items import ImageSet
from dcgan_eval.data.readers.decoded import group_path
from dcgan_eval.data.sources import Item, Picture, Source

# Images of a set that are read at once.
_AT_ONCE = 256
# Keys of an item of a Hugging Face data set.
_IMAGE_KEYS = ("image", "img", "pixel_values")
_LABEL_KEYS = ("label", "labels", "fine_label")


class HeldSource(Source):
    """Images in memory; decided by pixels, labels, groups and class names alone."""

    def __init__(self) -> None:
        super().__init__(Path("memory"))

    @abstractmethod
    def pixels_digest(self) -> str:
        """Hash of all pixels."""

    def groups(self) -> NDArray[np.int64] | None:
        """Groups of the items, (n,), where they have any."""
        return None

    def content(self) -> Any:
        """Hashes of what is held."""
        return self._content

    @cached_property
    def _content(self) -> dict[str, Any]:
        pixels, groups = self.pixels_digest(), self.groups()
        names = self.class_names()
        return {
            "pixels": pixels,
            "labels": digest_arrays([("labels", self.labels().astype(np.int64))]),
            "groups": None if groups is None else digest_arrays([("groups", groups)]),
            "class_names": None if names is None else list(names),
        }


class ArraySource(HeldSource):
    """Arrays of images and labels.

    Parameters
    ----------
    images : uint8 array, (n, height, width) or (n, height, width, channels)
    labels : (n,)
        Whole numbers, or texts, which become class names in their order.
    groups : (n,), optional
        Items that share a value belong together.
    """

    def __init__(
        self, images: NDArray[np.uint8], labels: object, groups: object | None = None
    ) -> None:
        super().__init__()
        if not len(images):
            raise DataError("no images; give at least one of each class")
        self._images = images
        self._labels, self._names = numbered(labels)
        self._groups = None
        if groups is not None:
            self._groups = np.unique(as_plain(groups), return_inverse=True)[1].astype(np.int64)
        for what, values in (("labels", self._labels), ("groups", self._groups)):
            if values is not None and len(values) != len(images):
                raise DataError(
                    f"{len(images)} images, {len(values)} {what}; give one an image, in their order"
                )

    def class_names(self) -> tuple[str, ...] | None:
        """Texts that the labels were."""
        return self._names

    @override
    def labels(self) -> NDArray[np.integer]:
        return self._labels

    def groups(self) -> NDArray[np.int64] | None:
        """Numbers of the groups, in the order of their values."""
        return self._groups

    def pixels_digest(self) -> str:
        """Hash of the array."""
        return digest_arrays([("pixels", self._images)])

    def items(self) -> Iterator[Item]:
        """Images in their order."""
        return _items(self._images, self._groups)


class SetSource(HeldSource):
    """An image set, or a choice of its rows."""

    def __init__(self, images: ImageSet) -> None:
        super().__init__()
        if not len(images):
            raise DataError("no images; give at least one of each class")
        self._set = images

    def class_names(self) -> tuple[str, ...]:
        """The set's own."""
        return self._set.class_names

    @override
    def labels(self) -> NDArray[np.integer]:
        return self._set.y

    def groups(self) -> NDArray[np.int64] | None:
        """The set's own."""
        return self._set.item_groups

    def pixels_digest(self) -> str:
        """Hash of the images' hashes: a fingerprint may be anybody's."""
        sha = hashlib.sha256()
        for item in self.items():
            sha.update(_digest(item.picture))
        return sha.hexdigest()

    def items(self) -> Iterator[Item]:
        """Images in their order, read in blocks."""
        starts = range(0, len(self._set), _AT_ONCE)
        blocks = (
            self._set.images(start, min(start + _AT_ONCE, len(self._set))) for start in starts
        )
        return _items(chain.from_iterable(blocks), self.groups())


class DatasetSource(HeldSource):
    """Whatever gives an item by its number: ``(image, label)``, or a mapping with both.

    It is asked for every item twice: which tells the images that it makes up from those it has.
    """

    def __init__(self, dataset: Any, pixels: FloatMeaning | None) -> None:
        super().__init__()
        self._dataset, self._pixels = dataset, pixels
        if not len(dataset):
            raise DataError("no images; give at least one of each class")

    def class_names(self) -> tuple[str, ...] | None:
        """Those of the data set, or texts that its labels were."""
        labels, texts = self._numbered
        return texts if texts is not None else _said_names(self._dataset, int(labels.max()))

    @override
    def labels(self) -> NDArray[np.integer]:
        return self._numbered[0]

    def pixels_digest(self) -> str:
        """Hash of the images' hashes."""
        return hashlib.sha256(b"".join(self._read[0])).hexdigest()

    def items(self) -> Iterator[Item]:
        """Images in their order."""
        for row, before in enumerate(self._read[0]):
            image, _ = self._item(row)
            if _digest(image) != before:
                raise DataError(
                    f"row {row} is another image each time it is asked for; give the data set "
                    "without random transforms"
                )
            yield Item(image)

    @cached_property
    def _read(self) -> tuple[list[bytes], list[object]]:
        """A hash of each image, and all labels as they are."""
        rows = (self._item(row) for row in range(len(self._dataset)))
        read = [(_digest(image), label) for image, label in rows]
        return [digest for digest, _ in read], [label for _, label in read]

    @cached_property
    def _numbered(self) -> tuple[NDArray[np.int64], tuple[str, ...] | None]:
        return numbered(self._read[1])

    def _item(self, row: int) -> tuple[NDArray[np.uint8] | bytes, object]:
        """An image and its label."""
        found = self._dataset[row]
        if isinstance(found, Mapping):
            image, label = _of(found, _IMAGE_KEYS), _of(found, _LABEL_KEYS)
        elif isinstance(found, Sequence) and not isinstance(found, str) and len(found) >= 2:
            image, label = found[0], found[1]
        else:
            kind = type(found).__name__
            raise DataError(f"row {row} is {kind}; expected (image, label) or a mapping with both")
        with located(f"row {row}"):
            return as_image(image, self._pixels), label


def _items(images: Any, groups: NDArray[np.int64] | None) -> Iterator[Item]:
    """Images with a path that names their group."""
    for row, pixels in enumerate(images):
        yield Item(pixels, None if groups is None else group_path(int(groups[row])))


def _digest(image: Picture) -> bytes:
    """Hash of one image."""
    if isinstance(image, np.ndarray):
        return bytes.fromhex(digest_arrays([("image", image)]))
    return hashlib.sha256(image if isinstance(image, bytes) else image.read_bytes()).digest()


def _of(item: Mapping[Any, Any], keys: Sequence[str]) -> Any:
    """The value of the first key that a mapping has."""
    for key in keys:
        if key in item:
            return item[key]
    raise DataError(f"items have {', '.join(map(str, item))}; expected {' or '.join(keys)}")


def _said_names(dataset: Any, largest: int) -> tuple[str, ...] | None:
    """Class names that a data set says, of torchvision's or Hugging Face's, if they are enough."""
    while not hasattr(dataset, "classes") and hasattr(dataset, "dataset"):
        dataset = dataset.dataset  # a Subset
    names = getattr(dataset, "classes", None)
    features = getattr(dataset, "features", None)
    if names is None and isinstance(features, Mapping):
        key = next((key for key in _LABEL_KEYS if key in features), None)
        names = getattr(features.get(key), "names", None)
    if not isinstance(names, list | tuple) or len(set(map(str, names))) <= largest:
        return None
    return tuple(map(str, names))
