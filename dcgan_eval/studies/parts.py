"""Parts of a data set's images, and real images of which is known where each part is.

Of `rooms` the parts are bed, window and lamp, and their boxes are known. Of any other set each
class is a part, whose box is the whole image.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, did_you_mean, rng_for
from dcgan_eval.data import KNOWN, ImageSet, make_room

_ROOM_PARTS = ("bed", "window", "lamp")
_ROOM_SHAPE = (64, 64, 3)
# Of the marked images: for thresholds one to three that are trained on, and at most so many others.
_TRAINED_TO_VALIDATION = 3
_MOST_TESTED = 2000


@dataclass(frozen=True)
class Parts:
    """Which parts there are, and which of them an image of each class has.

    Attributes
    ----------
    names
        Of the parts.
    classes
        Of the data set.
    patterns : bool array, (classes, parts)
        No two classes have the same parts.

    Examples
    --------
    >>> import numpy as np
    >>> from dcgan_eval.studies import Parts
    >>> both = Parts(("bed", "lamp"), ("dark", "bright"), np.array([[1, 0], [1, 1]], bool))
    >>> both.class_of(np.array([[True, True], [False, True]]))
    array([ 1, -1])
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    patterns: NDArray[np.bool_]

    def part(self, name: str) -> int:
        """The number of a part; one line where there is none of this name."""
        return _number(name, self.names, "part")

    def class_number(self, name: str) -> int:
        """The number of a class; one line where there is none of this name."""
        return _number(name, self.classes, "class")

    def class_of(self, present: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The class of which each image has exactly the parts; −1 where it is of none.

        Parameters
        ----------
        present : (n, parts)

        Returns
        -------
        int64 array, (n,)
        """
        same = (present[:, None] == self.patterns).all(axis=2)
        return np.where(same.any(axis=1), same.argmax(axis=1), -1)


def _number(name: str, names: tuple[str, ...], what: str) -> int:
    if name not in names:
        raise DataError(f"{what} {name!r} is none of the data set's; {did_you_mean(name, names)}")
    return names.index(name)


@dataclass(frozen=True)
class Marked:
    """Images of which is known where each part is.

    Attributes
    ----------
    pixels : uint8 array, (n, height, width, channels)
    boxes : float32 array, (n, parts, 4)
        Left, top, width, height in pixels; NaN where an image has not the part.
    """

    pixels: NDArray[np.uint8] = field(repr=False)
    boxes: NDArray[np.float32] = field(repr=False)

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which parts there are, (n, parts)."""
        return ~np.isnan(self.boxes[:, :, 0])


@dataclass(frozen=True)
class Truth:
    """Real images with their parts, no two of the three from the same images.

    Attributes
    ----------
    parts
        What may be there.
    train, validation, test
        To be trained on, to fix thresholds on, to be scored on.
    has_boxes
        Whether boxes are of parts, and not of whole images.
    """

    parts: Parts
    train: Marked
    validation: Marked
    test: Marked
    has_boxes: bool


def is_rooms(images: ImageSet) -> bool:
    """Whether images are the rooms that code of ours makes, in their size."""
    return images.class_names == KNOWN["rooms"].class_names and images.image_shape == _ROOM_SHAPE


def parts_of(images: ImageSet) -> Parts:
    """Parts of a data set: see the module."""
    classes = images.class_names
    if is_rooms(images):
        patterns = np.array([[part in name for part in _ROOM_PARTS] for name in classes])
        return Parts(_ROOM_PARTS, classes, patterns)
    return Parts(classes, classes, np.eye(len(classes), dtype=bool))


def marked(train: ImageSet, test: ImageSet, images: int, seed: int) -> Truth:
    """Real images of a data set: `images` for training, a third as many for validation, and test.

    Rooms are made anew, of the usual seed and whichever rooms the set consists of: a room is a
    function of its number. Of another set, rows of its training part are drawn.

    Raises
    ------
    DataError
        Too few images, or a class without any: nobody could learn to see it.
    """
    parts = parts_of(train)
    validation = images // _TRAINED_TO_VALIDATION
    if is_rooms(train):
        return Truth(
            parts,
            _rooms("train", 0, images),
            _rooms("train", images, validation),
            _rooms("test", 0, min(_MOST_TESTED, images)),
            has_boxes=True,
        )
    every = rng_for("detector", seed, "rows").permutation(len(train))
    share = min(images, len(train) * _TRAINED_TO_VALIDATION // (_TRAINED_TO_VALIDATION + 1))
    learned = train.take(every[:share])
    kept = train.take(every[share : share + max(validation, 1)])
    for name, some in (("train", learned), ("validation", kept)):
        lacking = np.flatnonzero(np.bincount(some.y, minlength=len(parts.classes)) == 0)
        if len(lacking):
            raise DataError(
                f"{train.name}: the detector sees no image of class {parts.classes[lacking[0]]!r} "
                f"among {len(some)} ({name}); raise detector.images, or leave the class out"
            )
    asked = np.arange(min(_MOST_TESTED, len(test)))
    return Truth(parts, _whole(learned), _whole(kept), _whole(test.take(asked)), has_boxes=False)


def _rooms(part: Literal["train", "test"], first: int, count: int) -> Marked:
    """Rooms first … of a part."""
    pixels = np.empty((count, *_ROOM_SHAPE), np.uint8)
    boxes = np.full((count, len(_ROOM_PARTS), 4), np.nan, np.float32)
    for row in range(count):
        room = make_room(0, part, first + row)
        pixels[row] = room.pixels
        for name, box in room.boxes.items():
            boxes[row, _ROOM_PARTS.index(name)] = box
    return Marked(pixels, boxes)


def _whole(images: ImageSet) -> Marked:
    """Images whose class is a part as large as they are."""
    height, width, _ = images.image_shape
    boxes = np.full((len(images), len(images.class_names), 4), np.nan, np.float32)
    boxes[np.arange(len(images)), images.y] = (0, 0, width, height)
    return Marked(np.ascontiguousarray(images.images(0, len(images))), boxes)
