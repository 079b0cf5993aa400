"""Decoding all images of a source into one .npy file, by a pool of threads."""

from __future__ import annotations

import io
import math
import os
import re
import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan_eval.core import DataError, Progress, located, reserve, storage_errors
from dcgan_eval.data.pictures import read_picture
from dcgan_eval.data.settings import DataSettings
from dcgan_eval.data.sources import Item, Source

# Images that one thread decodes at a time: enough to hide its overhead, few enough for memory.
_BLOCK_IMAGES = 256
_BLOCK_BYTES = 4 << 20
_MOST_THREADS = 8


def write_pixels(
    path: Path, source: Source, settings: DataSettings, where: str, n: int, progress: Progress
) -> NDArray[np.int64] | None:
    """Decode all images into a .npy file and give the groups of the items, if they have any.

    Parameters
    ----------
    path
        File to write; its space is reserved before the first image is decoded.
    source, settings, where, progress
        See `dcgan_eval.data.decoded.decode`.
    n
        How many images there must be.

    Returns
    -------
    int64 array, (n,), or None
        Items with equal numbers share a group.
    """
    items = source.items()
    first = next(items, None)
    if first is None:
        raise DataError(f"{where}: {source.path} has {n} labels, but no images")
    with warnings.catch_warnings():
        # Pillow warns of images too large to be meant; here they are errors.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        # And of EXIF that cannot be read, which turns no image.
        warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
        with located(_name(where, 0, first)):
            shape = read_picture(first.picture, settings.channels, settings.resize).shape
        header = io.BytesIO()
        said = {"descr": "|u1", "fortran_order": False, "shape": (n, *shape)}
        np.lib.format.write_array_header_1_0(header, said)
        begin = len(header.getvalue())
        with storage_errors(path):
            path.write_bytes(header.getvalue())
        with path.open("rb+") as stream:
            reserve(stream.fileno(), begin + n * math.prod(shape), path)
            target = _Target(path, stream.fileno(), begin, shape)
            groups = _Groups(settings.item_groups)
            done = _run(chain([first], items), n, target, groups, settings, where, progress)
    if done != n:
        raise DataError(f"{where}: {source.path} has {n} labels, but {done} images")
    return groups.numbers()


@dataclass(frozen=True)
class _Target:
    """An open .npy file: images of `shape` lie one after the other from `begin`."""

    path: Path
    handle: int
    begin: int
    shape: tuple[int, ...]

    def write(self, row: int, pixels: NDArray[np.uint8]) -> None:
        """Write images from a row on."""
        left = memoryview(pixels.data).cast("B")
        place = self.begin + row * math.prod(self.shape)
        with storage_errors(self.path):
            while len(left):
                written = os.pwrite(self.handle, left, place)
                left, place = left[written:], place + written


class _Groups:
    """Collects the texts by which `item_groups` names the group of each item."""

    def __init__(self, pattern: str | None) -> None:
        self.pattern = None if pattern is None else re.compile(pattern)
        self.texts: list[str] = []

    def add(self, item: Item) -> None:
        """Find an item's group in its path."""
        if self.pattern is None:
            return
        if item.path is None:
            raise DataError("has no path for item_groups to be found in; leave item_groups out")
        found = self.pattern.search(item.path)
        if found is None or found[1] is None:
            raise DataError(f"item_groups {self.pattern.pattern!r} is not found in this path")
        self.texts.append(found[1])

    def numbers(self) -> NDArray[np.int64] | None:
        """Groups numbered in the order of their texts, which no order of items changes."""
        if self.pattern is None:
            return None
        return np.unique(np.array(self.texts), return_inverse=True)[1].astype(np.int64)


def _run(
    items: Iterator[Item],
    n: int,
    target: _Target,
    groups: _Groups,
    settings: DataSettings,
    where: str,
    progress: Progress,
) -> int:
    """Hand blocks to threads, a few in advance, and take them back in order; count the images."""
    per_block = max(1, min(_BLOCK_IMAGES, _BLOCK_BYTES // math.prod(target.shape)))
    threads = min(_MOST_THREADS, len(os.sched_getaffinity(0)))
    waiting: deque[Future[int]] = deque()
    done = 0
    with (
        progress.task(f"decode {where}", n, "images") as advance,
        ThreadPoolExecutor(threads) as pool,
    ):
        while block := list(islice(items, per_block)):
            if done + len(block) > n:
                raise DataError(f"{where}: {n} labels, but more images")
            for i, item in enumerate(block):
                with located(_name(where, done + i, item)):
                    groups.add(item)
            waiting.append(pool.submit(_decode_block, done, block, target, settings, where))
            done += len(block)
            if len(waiting) > 2 * threads:
                advance(waiting.popleft().result())
        for finished in waiting:
            advance(finished.result())
    return done


def _decode_block(
    start: int, block: list[Item], target: _Target, settings: DataSettings, where: str
) -> int:
    """Decode a block and write it to its place; give its length."""
    pixels = np.empty((len(block), *target.shape), dtype=np.uint8)
    for i, item in enumerate(block):
        with located(_name(where, start + i, item)):
            image = read_picture(item.picture, settings.channels, settings.resize)
            if image.shape != target.shape:
                raise DataError(
                    f"{_size(image.shape)}, but row 0 is {_size(target.shape)}; give resize or"
                    " channels"
                )
        pixels[i] = image
    target.write(start, pixels)
    return len(block)


def _name(where: str, row: int, item: Item) -> str:
    """An item as it is called in messages."""
    return f"{where} row {row}" + (f" ({item.path})" if item.path else "")


def _size(shape: tuple[int, ...]) -> str:
    """A shape as it is written in messages."""
    return "×".join(map(str, shape))
