"""The DCGAN authors' sets: ``NAME.jl`` (an old joblib pickle of a list) and ``NAME.jl_NN.npy``.

The pickle is never unpickled: its opcodes are scanned against a list of those that such a file
consists of, which tells how many arrays there are. The arrays are read from the .npy files beside
it, without pickle. Order: discriminator w1, (w2, g2, b2), …, wy; generator (w1, g1, b1), …, wx.

Theano's convolution flips the kernel: both spatial axes are reversed for PyTorch.
"""

from __future__ import annotations

import os
import pickletools
import tokenize
import warnings
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import CheckpointError, printable
from dcgan_eval.models.formats import CheckpointFormat, Loaded, Tensors

# The opcodes of a joblib 0.8 pickle of a list of arrays, and the classes that it names. They are
# only looked at: nothing is imported, made or called.
_OPCODES = frozenset(
    {
        *("PROTO", "STOP", "MARK", "GLOBAL", "NEWOBJ", "BUILD", "NEWTRUE", "NEWFALSE"),
        *("EMPTY_LIST", "EMPTY_TUPLE", "EMPTY_DICT", "APPEND", "APPENDS", "SETITEM", "SETITEMS"),
        *("BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET", "SHORT_BINSTRING", "BINSTRING"),
    }
)
_CLASSES = frozenset(
    {
        "sklearn.externals.joblib.numpy_pickle NDArrayWrapper",
        "joblib.numpy_pickle NDArrayWrapper",
        "numpy ndarray",
    }
)
_MOST_BYTES = 1 << 20
# What a damaged .npy header makes NumPy's parser of it raise; a CheckpointError is none of them.
_DAMAGED = (
    EOFError,
    OSError,
    SyntaxError,
    TypeError,
    RecursionError,
    MemoryError,
    OverflowError,
    tokenize.TokenError,
    ValueError,
)
# Families by their number of convolutions; their shapes are checked when they are loaded.
_LAYOUTS = {3: "svhn32", 4: "dcgan64", 6: "imagenet32"}
# An authors' array is at most a few tens of megabytes.
_MOST_ARRAY_BYTES = 1 << 30


class AuthorsJl(CheckpointFormat):
    """See the module."""

    suffixes: ClassVar[tuple[str, ...]] = (".jl",)

    def read(self, path: Path, role: str | None = None, part: str | None = None) -> Loaded:
        """Name the arrays by their place in the list and turn kernels round."""
        count = _scan(path)
        arrays = {number: _read_array(path, number) for number in range(1, count + 1)}
        first, last = arrays[1], arrays[count]
        if first is None and last is None:
            raise CheckpointError(f"{path}: {_array_path(path, 1).name} is missing; fetch it")
        # A discriminator begins with a kernel and ends with a matrix, a generator the reverse.
        ends_in_matrix = last is not None and last.ndim == 2
        if ends_in_matrix if first is None else first.ndim == 4:
            return _discriminator(path, arrays, count)
        return _generator(path, arrays, count)


def _scan(path: Path) -> int:
    """How many arrays the pickle lists, from its opcodes alone."""
    if path.stat().st_size > _MOST_BYTES:
        raise CheckpointError(f"{path}: larger than 1 MiB, not the authors' list of arrays")
    names: set[str] = set()
    try:
        with warnings.catch_warnings():
            # An escape that no pickle has (a flipped byte) is only warned of.
            warnings.simplefilter("error", DeprecationWarning)
            for opcode, argument, _ in pickletools.genops(path.read_bytes()):
                if opcode.name not in _OPCODES:
                    raise CheckpointError(
                        f"{path}: pickle opcode {opcode.name} is not allowed; this is not the "
                        "authors' list of arrays and is not read"
                    )
                if opcode.name == "GLOBAL" and argument not in _CLASSES:
                    raise CheckpointError(
                        f"{path}: names {argument!r}, which is not allowed; this is not the "
                        "authors' list of arrays and is not read"
                    )
                if isinstance(argument, str) and argument.endswith(".npy"):
                    names.add(argument)
    except CheckpointError:
        raise
    except (ValueError, OSError, DeprecationWarning) as error:
        reason = " ".join(str(error).split())[:120]
        raise CheckpointError(f"{path}: not a whole pickle ({reason})") from None
    expected = {f"{path.name}_{number:02d}.npy" for number in range(1, len(names) + 1)}
    if not names or names != expected:
        raise CheckpointError(
            f"{path}: expected it to list {path.name}_01.npy, {path.name}_02.npy, …; it lists "
            f"{', '.join(printable(name[:60]) for name in sorted(names)[:3]) or 'none'}"
        )
    return len(names)


def _array_path(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}_{number:02d}.npy")


def _read_array(path: Path, number: int) -> NDArray[np.float32] | None:
    """One array, or None when its file is not there; its header is checked against its size."""
    file = _array_path(path, number)
    if not file.is_file():
        return None
    try:
        with file.open("rb") as stream:
            shape, fortran, dtype = _header(stream)
            size = int(np.prod(shape, dtype=object)) * dtype.itemsize
            left = os.fstat(stream.fileno()).st_size - stream.tell()
            whole = min(shape, default=1) >= 0 and size == left and size <= _MOST_ARRAY_BYTES
            if dtype != np.float32 or fortran or not whole:
                raise CheckpointError(
                    f"{file}: says {dtype} {shape} ({size} bytes), holds {left} bytes; expected "
                    "a whole float32 array in C order"
                )
            return np.frombuffer(stream.read(), np.float32).reshape(shape).copy()
    except CheckpointError:
        raise
    except _DAMAGED as error:
        reason = " ".join(str(error).split())[:120]
        raise CheckpointError(f"{file}: not a whole .npy file ({reason})") from None


def _header(stream: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether in Fortran order, and type, as a .npy file says."""
    if np.lib.format.read_magic(stream) == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    return np.lib.format.read_array_header_2_0(stream)


def _turned(kernel: NDArray[np.float32]) -> torch.Tensor:
    """A kernel of Theano's (true) convolution for PyTorch's cross-correlation."""
    return torch.from_numpy(np.ascontiguousarray(kernel[:, :, ::-1, ::-1]))


Arrays = dict[int, NDArray[np.float32] | None]


def _array(path: Path, arrays: Arrays, number: int, ndim: int) -> NDArray[np.float32] | None:
    """An array that must have so many dimensions, or None when its file is not there."""
    array = arrays[number]
    if array is not None and array.ndim != ndim:
        raise CheckpointError(
            f"{_array_path(path, number)}: is {array.shape}, expected {ndim} dimensions at this "
            "place of the authors' list"
        )
    return array


def _discriminator(path: Path, arrays: Arrays, count: int) -> Loaded:
    """w1, (w2, g2, b2), …, wy."""
    if count < 2 or (count - 2) % 3:
        raise CheckpointError(f"{path}: {count} arrays are no discriminator (2 + 3·n)")
    tensors: Tensors = {}
    missing: list[str] = []

    def put(name: str, number: int, ndim: int) -> None:
        array = _array(path, arrays, number, ndim)
        if array is None:
            missing.append(f"{name} ({_array_path(path, number).name})")
        elif ndim == 2:
            tensors[name] = torch.from_numpy(array.T.copy())
        else:
            tensors[name] = _turned(array) if ndim == 4 else torch.from_numpy(array)

    put("layer1.conv.weight", 1, 4)
    layers = (count - 2) // 3 + 1
    for layer in range(2, layers + 1):
        at = 3 * layer - 4
        put(f"layer{layer}.conv.weight", at, 4)
        put(f"layer{layer}.norm.weight", at + 1, 1)
        put(f"layer{layer}.norm.bias", at + 2, 1)
    put("head.weight", count, 2)
    return Loaded(
        tensors, missing=tuple(missing), layout=_LAYOUTS.get(layers), role="discriminator"
    )


def _generator(path: Path, arrays: Arrays, count: int) -> Loaded:
    """(w1, g1, b1), (w2, g2, b2), …, wx."""
    if count < 4 or (count - 1) % 3:
        raise CheckpointError(f"{path}: {count} arrays are no generator (1 + 3·n)")
    ndims = [2, 1, 1, *[4, 1, 1] * (count // 3 - 1), 4]
    found = {n: _array(path, arrays, n, ndim) for n, ndim in enumerate(ndims, start=1)}
    absent = [_array_path(path, number).name for number in found if found[number] is None]
    if absent:
        raise CheckpointError(f"{path}: missing: {', '.join(absent)}; fetch them")
    whole = {number: array for number, array in found.items() if array is not None}
    tensors: Tensors = {"project.linear.weight": torch.from_numpy(whole[1].T.copy())}
    layers = count // 3
    for number in range(1, layers + 1):
        tensors[f"layer{number}.conv.weight"] = _turned(whole[3 * number + 1])
    for number, name in enumerate(["project", *(f"layer{i}" for i in range(1, layers))]):
        tensors[f"{name}.norm.weight"] = torch.from_numpy(whole[3 * number + 2])
        tensors[f"{name}.norm.bias"] = torch.from_numpy(whole[3 * number + 3])
    return Loaded(tensors, layout=_LAYOUTS.get(layers), role="generator")


FORMAT = AuthorsJl()
