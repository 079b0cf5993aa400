"""Boxes of what is to be seen in images: from annotation tools, or of rooms, where they are known.

A CSV file has the columns ``image, part, left, top, width, height`` in any order, a row a box. A
COCO JSON file has ``images``, ``annotations`` and ``categories``. An image's number in COCO is the
last number in the name of its file (``sample_0012.png`` is 12): its id is the tool's own.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, distrusted, located, parse_json, read_regular
from dcgan_eval.data import ImageSet, make_room

_MOST_BYTES = 64 << 20
_COLUMNS = ("image", "part", "left", "top", "width", "height")


class PartBox(NamedTuple):
    """Where a part of an image is, in pixels from its upper left corner, as COCO has it."""

    image: int
    part: str
    left: float
    top: float
    width: float
    height: float


def read_boxes(path: Path | str) -> list[PartBox]:
    r"""Read the boxes of a ``.json`` (COCO) or ``.csv`` file, in its order.

    Raises
    ------
    DataError
        It is neither, or has no boxes.

    Examples
    --------
    >>> from pathlib import Path
    >>> from dcgan_eval.studies import read_boxes
    >>> lines = ["image,part,left,top,width,height", "3,lamp,50,20,8,30"]
    >>> _ = Path("boxes.csv").write_text("\n".join(lines))
    >>> read_boxes("boxes.csv")
    [PartBox(image=3, part='lamp', left=50.0, top=20.0, width=8.0, height=30.0)]
    """
    path = Path(path)
    expected = f"expected a .csv with the columns {', '.join(_COLUMNS)}, or COCO as .json"
    with located(path), distrusted(DataError, expected):
        content = read_regular(path, _MOST_BYTES)
        if path.suffix == ".json":
            boxes = _of_coco(parse_json(content))
        else:
            rows = csv.DictReader(content.decode("utf-8-sig").splitlines(), strict=True)
            lacking = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
            if lacking:
                raise DataError(f"{expected} (there is no {lacking[0]})")
            boxes = [
                _box(row["image"], row["part"], [row[name] for name in _COLUMNS[2:]])
                for row in rows
            ]
        if not boxes:
            raise DataError("has no boxes; give one at least")
        return boxes


def _of_coco(coco: Any) -> list[PartBox]:
    """Boxes of a COCO file."""
    parts = {one["id"]: one["name"] for one in coco["categories"]}
    numbers = {one["id"]: _number(one["file_name"]) for one in coco["images"]}
    if len(set(numbers.values())) < len(numbers):
        raise DataError("two images have the same number in the names of their files")
    return [
        _box(numbers[one["image_id"]], parts[one["category_id"]], one["bbox"])
        for one in coco["annotations"]
    ]


def _number(file_name: str) -> int:
    """The last number in the name of a file."""
    found = re.findall(r"\d+", Path(file_name).stem)
    if not found:
        raise DataError(f"file_name {file_name[:80]!r} has no number")
    return int(found[-1])


def _box(image: int | str, part: str, sides: Sequence[float | str]) -> PartBox:
    """One box, once it is known to be one."""
    left, top, width, height = map(float, sides)
    if not (math.isfinite(left + top + width + height) and width > 0 and height > 0):
        raise DataError(f"image {image}, {part}: left, top, width, height are {[*sides]}")
    if not isinstance(part, str) or not part:
        raise DataError(f"image {image}: part is {part!r}; expected a name")
    return PartBox(int(image), part, left, top, width, height)


def room_boxes(images: ImageSet, seed: int = 0) -> list[PartBox]:
    """Boxes of rooms that were made by code; an image's number is that in its part of the set.

    Raises
    ------
    DataError
        An image is another than its room.
    """
    boxes = []
    numbers = item_numbers(images)
    for row, number in enumerate(numbers):
        room = make_room(seed, images.part or "test", number)
        if not np.array_equal(room.pixels, images.images(row, row + 1)[0]):
            raise DataError(
                f"{images.name}: image {number} is not room {number} of seed {seed}; give a file "
                "of its boxes, or rooms:SEED"
            )
        boxes += [PartBox(number, part, *map(float, box)) for part, box in room.boxes.items()]
    return boxes


def item_numbers(images: ImageSet) -> list[int]:
    """Numbers of images in their part of a data set, whichever of them were chosen."""
    return list(range(len(images))) if images.rows is None else images.rows.tolist()


def refuse_outside(boxes: Iterable[PartBox], images: int, height: int, width: int) -> None:
    """Refuse boxes that leave their image, or are of none of so many.

    Raises
    ------
    DataError
        One of them does.
    """
    for box in boxes:
        if not 0 <= box.image < images:
            raise DataError(f"box of image {box.image}: images are 0 … {images - 1}")
        beyond = box.left + box.width > width or box.top + box.height > height
        if box.left < 0 or box.top < 0 or beyond:
            raise DataError(
                f"image {box.image}, {box.part}: left {box.left:g}, top {box.top:g}, width "
                f"{box.width:g}, height {box.height:g} leaves the image of {height}×{width}"
            )


def masks(
    boxes: Iterable[PartBox], height: int, width: int
) -> Mapping[tuple[int, str], NDArray[np.bool_]]:
    """Pixels inside the boxes of each part of an image: (image, part) → (height, width).

    A pixel is inside where its centre is.
    """
    y, x = np.arange(height)[:, None] + 0.5, np.arange(width)[None, :] + 0.5
    found: dict[tuple[int, str], NDArray[np.bool_]] = {}
    for image, part, left, top, wide, high in boxes:
        inside = (left <= x) & (x < left + wide) & (top <= y) & (y < top + high)
        found[image, part] = inside | found.get((image, part), np.zeros_like(inside))
    return found
