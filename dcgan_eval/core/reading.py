"""Files that anybody may have written: regular ones only, up to a size, and JSON as JSON is meant.

A named pipe or a device never ends; a small file may claim to be a large one.
"""

from __future__ import annotations

import errno
import io
import json
import math
import os
import stat
from pathlib import Path
from typing import Any

# Of a whole number below the largest floating-point number.
_MOST_BITS = 1023


def open_regular(path: Path) -> io.BufferedReader[io.FileIO]:
    """Open a file for reading, if it is one.

    Raises
    ------
    OSError
        It cannot be opened, or is a folder, a pipe or a device.
    """
    # Whoever opens a pipe would wait for somebody to write to it.
    file = io.FileIO(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))
    stream = io.BufferedReader(file)
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    return stream


def read_regular(path: Path, most: int) -> bytes:
    """Read a whole file of at most so many bytes.

    Raises
    ------
    OSError
        As of `open_regular`, or it is larger.
    """
    with open_regular(path) as stream:
        if os.fstat(stream.fileno()).st_size > most:
            raise OSError(errno.EFBIG, f"larger than {most >> 20} MiB", str(path))
        return stream.read()


def parse_json(text: str | bytes) -> Any:
    """Parse JSON that anybody may have written.

    Raises
    ------
    ValueError
        Whatever is wrong with it: also a number that is not finite or larger than floating-point
        ones are, and lists within lists without end.

    Examples
    --------
    >>> parse_json('{"seed": 3}')
    {'seed': 3}
    """
    try:
        return json.loads(text, parse_int=whole, parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None


def whole(text: str, base: int = 10) -> int:
    """A whole number that has a place among floating-point ones.

    Raises
    ------
    ValueError
        It is none, or too large.
    """
    number = int(text, base)
    if number.bit_length() > _MOST_BITS:
        raise ValueError(f"a number of more than {_MOST_BITS} bits")
    return number


def _finite(text: str) -> float:
    """A number that is one."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is no finite number")
    return number
