"""A matrix on disk that is written block by block and survives being killed at any moment.

A folder ``<name>.part`` holds ``values.bin`` (reserved whole at the start) and ``blocks.log``
(block number and checksum of each finished block). A block counts as done only when its number
stands in the log *and* its bytes have the checksum, so no order of writes has to be trusted. The
finished folder is renamed; only finished files are mapped.
"""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    parse_json,
    publish,
    read_regular,
    remove,
    reserve,
    storage_errors,
    write_bytes,
    write_json,
)

_ENTRY = struct.Struct("<II")
# A checksum for each of a hundred million images has room.
_MOST_ABOUT_BYTES = 1 << 24
# Files whose blocks all had their checksums: folder, inode, time of the last write.
_whole: set[tuple[Path, int, int]] = set()


class BlockFile:
    """Rows × columns of one dtype, in blocks of `block` rows (the last may be shorter).

    Parameters
    ----------
    folder
        Where the finished matrix lies; while unfinished, ``<folder>.part``.
    shape, dtype, block
        Rows × columns, float32 or float16, rows a block.
    """

    def __init__(self, folder: Path, shape: tuple[int, int], dtype: str, block: int) -> None:
        self.folder, self.shape, self.block = folder, shape, block
        self.dtype = np.dtype(dtype)
        self.part = folder.with_name(folder.name + ".part")
        self.n_blocks = -(-shape[0] // block)

    def rows(self, index: int) -> tuple[int, int]:
        """First and last + 1 row of a block."""
        return index * self.block, min((index + 1) * self.block, self.shape[0])

    def _extent(self, index: int) -> tuple[int, int]:
        """Offset and length of a block in bytes."""
        first, last = self.rows(index)
        width = self.shape[1] * self.dtype.itemsize
        return first * width, (last - first) * width

    @property
    def size(self) -> int:
        """Bytes of the whole matrix."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    def finished(self) -> bool:
        """Whether the finished folder is there, with a matrix of the right size and its sums."""
        values = self.folder / "values.bin"
        try:
            return values.stat().st_size == self.size and len(self.checksums()) == self.n_blocks
        except (OSError, ValueError, KeyError, TypeError):
            return False  # absent, or not whole

    def open(self) -> NDArray[np.floating]:
        """Map the finished matrix, read-only."""
        if self.size == 0:
            return np.empty(self.shape, self.dtype)
        return np.memmap(self.folder / "values.bin", self.dtype, "r", shape=self.shape)

    def first_block(self) -> NDArray[np.floating] | None:
        """The first block as it is stored; None where it is not there."""
        if self.finished():
            return self.open()[: self.block] if self.n_blocks else None
        if not self.part.exists() or 0 not in self.start():
            return None
        count = self.rows(0)[1] * self.shape[1]
        values = np.fromfile(self.part / "values.bin", self.dtype, count=count)
        return values.reshape(-1, self.shape[1])

    def checksums(self) -> list[int]:
        """Of the blocks of the finished matrix, in order."""
        about = parse_json(read_regular(self.folder / "about.json", _MOST_ABOUT_BYTES))
        sums: list[int] = about["checksums"]
        return sums

    def devices(self) -> tuple[str, ...]:
        """Where blocks were computed, each device once; none where that is not known."""
        place = self.folder if self.finished() else self.part
        said = place / "devices.txt"
        try:
            names = read_regular(said, _MOST_ABOUT_BYTES).decode().splitlines()
        except (OSError, ValueError):
            return ()
        return tuple(dict.fromkeys(names))

    def note_device(self, name: str) -> None:
        """Note, beside the unfinished matrix, where its next blocks are computed."""
        with storage_errors(self.part), (self.part / "devices.txt").open("a") as stream:
            stream.write(f"{name}\n")

    def damaged(self) -> list[int]:
        """Blocks of the finished matrix whose bytes do not have their checksum.

        Read once in a process, unless the file has been written to since.
        """
        about = (self.folder / "values.bin").stat()
        state = (self.folder, about.st_ino, about.st_mtime_ns)
        if state in _whole:
            return []
        found = self._verify(self.folder, dict(enumerate(self.checksums())))
        bad = [index for index, right in found if not right]
        if not bad:
            _whole.add(state)
        return bad

    def reopen(self) -> None:
        """Turn the finished matrix back into a part, all but its damaged blocks done."""
        bad = set(self.damaged())
        good = [(i, s) for i, s in enumerate(self.checksums()) if i not in bad]
        shutil.rmtree(self.part, ignore_errors=True)
        (self.folder / "blocks.log").write_bytes(b"".join(_ENTRY.pack(i, s) for i, s in good))
        self.folder.rename(self.part)

    def discard(self) -> None:
        """Remove the matrix, finished or not."""
        remove(self.folder)
        remove(self.part)

    def start(self) -> set[int]:
        """Reserve the disk, and return the blocks that an earlier run has finished."""
        with storage_errors(self.part):
            self.part.mkdir(parents=True, exist_ok=True)
            with (self.part / "values.bin").open("ab") as stream:
                reserve(stream.fileno(), self.size, self.part)
        log = self.part / "blocks.log"
        entries = None if log.exists() else b""
        with suppress(OSError):  # what is there and no log of ours is begun anew
            entries = read_regular(log, _MOST_ABOUT_BYTES)
        known = entries or b""
        known = known[: len(known) // _ENTRY.size * _ENTRY.size]
        sums = {i: s for i, s in _ENTRY.iter_unpack(known) if i < self.n_blocks}
        done = {index: sums[index] for index, right in self._verify(self.part, sums) if right}
        kept = b"".join(_ENTRY.pack(i, s) for i, s in done.items())
        if kept != entries:  # whole or not at all: with the log all blocks would be lost
            write_bytes(log, kept)
        return set(done)

    def _verify(self, folder: Path, sums: Mapping[int, int]) -> Iterator[tuple[int, bool]]:
        """Read blocks and compare their checksums."""
        handle = os.open(folder / "values.bin", os.O_RDONLY)

        def right(entry: tuple[int, int]) -> tuple[int, bool]:
            index, expected = entry
            offset, length = self._extent(index)
            return index, zlib.crc32(os.pread(handle, length, offset)) == expected

        try:
            with ThreadPoolExecutor(2) as pool:
                yield from pool.map(right, sums.items())
        finally:
            os.close(handle)

    def writer(self) -> BlockWriter:
        """Open the part for writing blocks."""
        return BlockWriter(self)

    def finish(self, about: Mapping[str, Any]) -> None:
        """Give the finished matrix its name; `about` says what it is, for people and for reuse."""
        entries = read_regular(self.part / "blocks.log", _MOST_ABOUT_BYTES)
        sums = dict(_ENTRY.iter_unpack(entries))
        ordered = [sums[index] for index in range(self.n_blocks)]
        write_json(self.part / "about.json", {**about, "checksums": ordered})
        publish(self.part, self.folder, replace=True, flush=False)
        # Not before: whoever is killed between the two must not lose the blocks.
        (self.folder / "blocks.log").unlink()


class BlockWriter:
    """Writes blocks from a thread of its own, so that computing does not wait for the disk."""

    # Blocks that may wait for the disk; more would only hold memory.
    _WAITING = 4

    def __init__(self, file: BlockFile) -> None:
        self.file = file
        self._values = os.open(file.part / "values.bin", os.O_WRONLY)
        self._log = os.open(file.part / "blocks.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._pool = ThreadPoolExecutor(1)
        self._pending: list[Any] = []

    def __enter__(self) -> BlockWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        try:
            if kind is None:
                self._wait(0)
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            os.close(self._values)
            os.close(self._log)

    def write(self, index: int, values: NDArray[np.floating]) -> None:
        """Hand over one block, C-contiguous, which the caller does not touch again."""
        self._pending.append(self._pool.submit(self._write, index, values))
        self._wait(self._WAITING)

    def _wait(self, waiting: int) -> None:
        """Let the disk catch up, and raise what it said."""
        while len(self._pending) > waiting:
            self._pending.pop(0).result()

    def _write(self, index: int, values: NDArray[np.floating]) -> None:
        """Write a block's bytes, then its line in the log."""
        view = values.reshape(-1).view(np.uint8).data
        offset, length = self.file._extent(index)
        assert len(view) == length, "a block has the wrong size"
        checksum = zlib.crc32(view)
        with storage_errors(self.file.part):
            at = 0
            while at < length:
                at += os.pwrite(self._values, view[at:], offset + at)
            line = _ENTRY.pack(index, checksum)
            while line:  # a disk that gets full takes a part of it first
                line = line[os.write(self._log, line) :]
