"""Rooms made by code: a wall, a floor and a bed, perhaps a window, perhaps a lamp; 64×64, RGB.

The bedrooms of arXiv 1511.06434 in miniature, of which everything is known: what a generator draws,
or a layer sees, can be scored against the truth. Room i of a part is a function of (seed, part, i):

1. Window and lamp are there by a coin each; the label is window + 2 · lamp. 2. The floor begins at
a height of its own. 3. A side is kept free for the lamp, whether or not there is one, so that
where the bed stands says nothing of it. 4. Parts never overlap: their boxes are what is seen.
5. Light falls from one side, and every pixel has a little noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import rng_for
from dcgan_eval.data.settings import Made
from dcgan_eval.data.sources import Item, Source

SIDE = 64
# Raised whenever equal settings would give other pixels, labels or boxes.
_VERSION = 1
# Columns for the lamp, at one side.
_FREE = 13
# Standard deviation of the noise, in units of a byte.
_NOISE = 3.0

Box = tuple[int, int, int, int]
"""Left, top, width, height in pixels, as COCO has boxes."""


@dataclass(frozen=True)
class Room:
    """One room.

    Attributes
    ----------
    pixels : uint8 array, (64, 64, 3)
    label
        0 bed, 1 with window, 2 with lamp, 3 with both.
    boxes
        Of each part that is there: ``bed``, ``window``, ``lamp``.
    """

    pixels: NDArray[np.uint8] = field(repr=False)
    label: int
    boxes: Mapping[str, Box]


def make_room(seed: int, part: str, number: int) -> Room:
    """Make room `number` of ``train`` or ``test``; any of them, without the others.

    Examples
    --------
    >>> from dcgan_eval.data import make_room
    >>> room = make_room(seed=0, part="test", number=0)
    >>> room.pixels.shape, room.label, sorted(room.boxes)
    ((64, 64, 3), 1, ['bed', 'window'])
    """
    rng = rng_for("rooms", seed, part, number)
    has_window, has_lamp = _coins(rng)
    lamp_left = bool(rng.random() < 0.5)
    first, last = (_FREE, SIDE - 2) if lamp_left else (2, SIDE - _FREE)
    floor = int(rng.integers(36, 45))
    picture = np.empty((SIDE, SIDE, 3))
    picture[:floor] = rng.uniform(110, 230, 3)
    picture[floor:] = rng.uniform(60, 150) * np.array([1.0, 0.8, 0.6])
    boxes: dict[str, Box] = {"bed": _bed(picture, first, last, floor, rng)}
    # What is not there is drawn on a copy: the random numbers behind it stay the same.
    for name, there, draw in (("window", has_window, _window), ("lamp", has_lamp, _lamp)):
        left, right = (first, last) if name == "window" else _lamp_columns(lamp_left)
        box = draw(picture if there else picture.copy(), left, right, floor, rng)
        if there:
            boxes[name] = box
    dim, bright = rng.uniform(0.8, 1.05, 2)
    light = np.linspace(dim, bright, SIDE)[None, :, None]
    shown = picture * light + rng.normal(0.0, _NOISE, picture.shape)
    label = int(has_window) + 2 * int(has_lamp)
    return Room(np.rint(shown.clip(0, 255)).astype(np.uint8), label, boxes)


def _coins(rng: np.random.Generator) -> tuple[bool, bool]:
    """Whether there is a window, and a lamp: the first numbers of a room's stream."""
    window, lamp = rng.random(2) < 0.5
    return bool(window), bool(lamp)


def _lamp_columns(left: bool) -> tuple[int, int]:
    return (1, _FREE - 1) if left else (SIDE - _FREE + 1, SIDE - 1)


def _fill(picture: NDArray[np.float64], box: Box, colour: NDArray[np.float64]) -> None:
    left, top, width, height = box
    picture[top : top + height, left : left + width] = colour


def _bed(
    picture: NDArray[np.float64], first: int, last: int, floor: int, rng: np.random.Generator
) -> Box:
    """A mattress with blanket and pillow on legs, a headboard at one end."""
    width, thick = int(rng.integers(28, 41)), int(rng.integers(7, 11))
    left = int(rng.integers(first, last - width + 1))
    bottom = int(rng.integers(floor + 8, 61))
    board, head_left = int(rng.integers(4, 9)), bool(rng.random() < 0.5)
    wood = rng.uniform(60, 140) * np.array([1.0, 0.65, 0.4])
    blanket, top = rng.uniform(40, 240, 3), bottom - 3 - thick
    for x in (left, left + width - 3):
        _fill(picture, (x, bottom - 3, 3, 3), wood)
    _fill(picture, (left, top, width, thick), blanket)
    _fill(picture, (left, top + thick - 2, width, 2), 0.6 * blanket)
    head = left if head_left else left + width - 3
    _fill(picture, (head, top - board, 3, thick + board), wood)
    pillow = left + 4 if head_left else left + width - 12
    _fill(picture, (pillow, top - 2, 8, 4), np.array([235.0, 232.0, 225.0]))
    return left, top - board, width, bottom - top + board


def _window(
    picture: NDArray[np.float64], first: int, last: int, floor: int, rng: np.random.Generator
) -> Box:
    """A sky in a frame with a cross."""
    width, height = int(rng.integers(13, 22)), int(rng.integers(11, 16))
    box = (int(rng.integers(first, last - width + 1)), int(rng.integers(3, 7)), width, height)
    frame = np.full(3, rng.uniform(215, 255)) if rng.random() < 0.7 else np.full(3, 60.0)
    sky = rng.uniform(0.35, 1.0) * np.array([150.0, 200.0, 255.0])
    left, top = box[:2]
    _fill(picture, box, frame)
    for x, wide in ((2, width // 2 - 2), (width // 2 + 1, width - width // 2 - 3)):
        for y, high in ((2, height // 2 - 2), (height // 2 + 1, height - height // 2 - 3)):
            _fill(picture, (left + x, top + y, wide, high), sky)
    return box


def _lamp(
    picture: NDArray[np.float64], first: int, last: int, floor: int, rng: np.random.Generator
) -> Box:
    """A shade on a pole with a foot."""
    width, height = int(rng.integers(7, 11)), int(rng.integers(27, 36))
    left, bottom = int(rng.integers(first, last - width + 1)), int(rng.integers(floor + 6, 60))
    top, middle = bottom - height, left + width // 2
    pole = np.full(3, rng.uniform(20, 90))
    _fill(picture, (middle - 1, top, 2, height), pole)
    _fill(picture, (middle - 3, bottom - 2, 6, 2), pole)
    glow = rng.uniform(0.8, 1.0) * np.array([255.0, 235.0, 150.0])
    for line in range(7):  # wider below
        inset = max(0, 2 - line // 2)
        _fill(picture, (left + inset, top + line, width - 2 * inset, 1), glow)
    return left, top, width, height


class RoomsSource(Source):
    """One part of the rooms."""

    def __init__(self, made: Made, split: str) -> None:
        super().__init__(Path(__file__))
        self.made, self.split = made, split
        self.count = made.train if split == "train" else made.test

    @override
    def content(self) -> Any:
        """What decides them; nothing is read."""
        return ["rooms", _VERSION, self.made.seed, self.count, self.split]

    @override
    def labels(self) -> NDArray[np.integer]:
        streams = (rng_for("rooms", self.made.seed, self.split, i) for i in range(self.count))
        return np.array([window + 2 * lamp for window, lamp in map(_coins, streams)], np.int64)

    def items(self) -> Iterator[Item]:
        """Rooms in their order, made one by one."""
        for number in range(self.count):
            yield Item(make_room(self.made.seed, self.split, number).pixels)


class RoomsReader:
    """Rooms of the usual seed and numbers; others are asked for by ``made`` of the settings."""

    def places(self, root: Path | None, name: str, split: str) -> tuple[Path, ...]:
        """Our own code, whatever the roots."""
        return (Path(__file__),) if root is None and name == "rooms" else ()

    def fits(self, path: Path) -> bool:
        """Our own code."""
        return path == Path(__file__)

    def open(self, path: Path, split: str) -> Source:
        """Make a source of a part."""
        return RoomsSource(Made(), split)


READER = RoomsReader()
