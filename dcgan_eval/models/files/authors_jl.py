"""The DCGAN authors' sets: ``NAME.jl`` (an old joblib pickle of a list) and ``NAME.jl_NN.npy``.

The pickle is never unpickled: its opcodes are scanned against a list of those that such a file
consists of, which tells how many arrays there are. The arrays are read from the .npy files beside
it, without pickle. Order: discriminator w1, (w2, g2, b2), …, wy; generator (w1, g1, b1), …, wx.

Theano's convolution flips the kernel: both spatial axes are reversed for PyTorch.
"""

from __future__ import annotations

import os
import pickletools
import warnings
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import (
    CheckpointError,
    distrusted,
    located,
    open_regular,
    printable,
    read_header,
    read_regular,
)
from dcgan_eval.models.files import CheckpointFormat, Loaded
from dcgan_eval.models.weights import Tensors

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
# Families by their number of convolutions; their shapes are checked when they are loaded.
_FAMILIES = {3: "svhn32", 4: "dcgan64", 6: "imagenet32"}
# An authors' array is at most a few tens of megabytes.
_MOST_ARRAY_BYTES = 1 << 30

# In the order of the list; None where the file is not there.
Arrays = list[NDArray[np.float32] | None]


class AuthorsJl(CheckpointFormat):
    """See the module."""

    suffixes: ClassVar[tuple[str, ...]] = (".jl",)

    def read(self, path: Path, role: str | None = None, part: str | None = None) -> Loaded:
        """Name the arrays by their place in the list and turn kernels round."""
        files = [path.with_name(f"{path.name}_{n + 1:02d}.npy") for n in range(_scan(path))]
        arrays = []
        for file in files:
            with located(file.name):
                arrays.append(_read_array(file))
        names = [file.name for file in files]
        found = _role(arrays, names)
        for name, array, ndim in zip(names, arrays, _dimensions(found, len(arrays)), strict=True):
            if array is not None and array.ndim != ndim:
                raise CheckpointError(
                    f"{name}: is {array.shape}, expected {ndim} dimensions at this place of the "
                    "authors' list"
                )
        make = _discriminator if found == "discriminator" else _generator
        return make(arrays, names)


def _scan(path: Path) -> int:
    """How many arrays the pickle lists, from its opcodes alone."""
    names: set[str] = set()
    with (
        distrusted(CheckpointError, "not a whole pickle"),
        warnings.catch_warnings(),
    ):
        # An escape that no pickle has (a flipped byte) is only warned of.
        warnings.simplefilter("error", DeprecationWarning)
        for opcode, argument, _ in pickletools.genops(read_regular(path, _MOST_BYTES)):
            if opcode.name not in _OPCODES:
                raise CheckpointError(
                    f"pickle opcode {opcode.name} is not allowed; this is not the "
                    "authors' list of arrays and is not read"
                )
            if opcode.name == "GLOBAL" and argument not in _CLASSES:
                raise CheckpointError(
                    f"names {argument!r}, which is not allowed; this is not the "
                    "authors' list of arrays and is not read"
                )
            if isinstance(argument, str) and argument.endswith(".npy"):
                names.add(argument)
    expected = {f"{path.name}_{number:02d}.npy" for number in range(1, len(names) + 1)}
    if not names or names != expected:
        raise CheckpointError(
            f"expected it to list {path.name}_01.npy, {path.name}_02.npy, …; it lists "
            f"{', '.join(printable(name[:60]) for name in sorted(names)[:3]) or 'none'}"
        )
    return len(names)


def _read_array(file: Path) -> NDArray[np.float32] | None:
    """One array, or None when its file is not there; its header is checked against its size."""
    if not file.is_file():
        return None
    with distrusted(CheckpointError, "not a whole .npy file"), open_regular(file) as stream:
        header = read_header(stream)
        left = os.fstat(stream.fileno()).st_size - stream.tell()
        whole = header.fits(left) and left <= _MOST_ARRAY_BYTES
        if header.dtype != np.float32 or header.fortran or not whole:
            raise CheckpointError(
                f"says {header.dtype} {header.shape} ({header.size} bytes), holds "
                f"{left} bytes; expected a whole float32 array in C order"
            )
        return np.frombuffer(stream.read(), np.float32).reshape(header.shape).copy()


def _for_torch(array: NDArray[np.float32]) -> torch.Tensor:
    """Kernels turned round, as PyTorch does not flip them; matrices as (outputs, inputs)."""
    if array.ndim == 4:
        array = array[:, :, ::-1, ::-1]
    return torch.from_numpy(np.ascontiguousarray(array.T if array.ndim == 2 else array))


def _role(arrays: Arrays, names: list[str]) -> str:
    """A discriminator begins with a kernel and ends with a matrix, a generator the reverse."""
    first, last = arrays[0], arrays[-1]
    if first is not None:
        return "discriminator" if first.ndim == 4 else "generator"
    if last is not None:
        return "discriminator" if last.ndim == 2 else "generator"
    raise CheckpointError(f"{names[0]} is missing; fetch it")


def _dimensions(role: str, count: int) -> list[int]:
    """How many dimensions the arrays of a list of so many have."""
    if role == "discriminator":
        if count < 2 or (count - 2) % 3:
            raise CheckpointError(f"{count} arrays are no discriminator (2 + 3·n)")
        return [4, *[4, 1, 1] * (count // 3), 2]
    if count < 4 or (count - 1) % 3:
        raise CheckpointError(f"{count} arrays are no generator (1 + 3·n)")
    return [2, 1, 1, *[4, 1, 1] * (count // 3 - 1), 4]


def _discriminator(arrays: Arrays, files: list[str]) -> Loaded:
    """w1, (w2, g2, b2), …, wy."""
    layers = len(arrays) // 3 + 1
    names = ["layer1.conv.weight"]
    for layer in range(2, layers + 1):
        names += [f"layer{layer}.{what}" for what in ("conv.weight", "norm.weight", "norm.bias")]
    names.append("head.weight")
    tensors: Tensors = {}
    missing: list[str] = []
    for name, file, array in zip(names, files, arrays, strict=True):
        if array is None:
            missing.append(f"{name} ({file})")
        else:
            tensors[name] = _for_torch(array)
    family = _FAMILIES.get(layers)
    return Loaded(tensors, missing=tuple(missing), family=family, role="discriminator")


def _generator(arrays: Arrays, files: list[str]) -> Loaded:
    """(w1, g1, b1), (w2, g2, b2), …, wx."""
    absent = [file for file, array in zip(files, arrays, strict=True) if array is None]
    if absent:
        raise CheckpointError(f"missing: {', '.join(absent)}; fetch them")
    layers = len(arrays) // 3
    names = []
    for layer in ["project", *(f"layer{number}" for number in range(1, layers))]:
        kernel = "linear" if layer == "project" else "conv"
        names += [f"{layer}.{what}" for what in (f"{kernel}.weight", "norm.weight", "norm.bias")]
    names.append(f"layer{layers}.conv.weight")
    whole = [array for array in arrays if array is not None]
    tensors = {name: _for_torch(array) for name, array in zip(names, whole, strict=True)}
    return Loaded(tensors, family=_FAMILIES.get(layers), role="generator")


FORMAT = AuthorsJl()
