"""The DCGAN authors' sets: ``NAME.jl`` (an old joblib pickle of a list) and ``NAME.jl_NN.npy``.

The pickle is never unpickled: its opcodes are scanned against a list of those that such a file
consists of, which tells how many arrays there are. The arrays are read from the .npy files beside
it, without pickle. Order: discriminator w1, (w2, g2, b2), …, wy; generator (w1, g1, b1), …, wx.

Theano's convolution flips the kernel: both spatial axes are reversed for PyTorch.
"""

from __future__ import annotations

import os
import pickletools
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import CheckpointError
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
# An authors' array is at most a few tens of megabytes.
_MOST_ARRAY_BYTES = 1 << 30


class AuthorsJl(CheckpointFormat):
    """See the module."""

    suffixes: ClassVar[tuple[str, ...]] = (".jl",)

    def read(self, path: Path) -> Loaded:
        """Name the arrays by their place in the list and turn kernels round."""
        count = _scan(path)
        arrays = {number: _read_array(path, number) for number in range(1, count + 1)}
        last = arrays.get(count)
        first = arrays.get(1)
        if first is None or last is None:
            number = 1 if first is None else count
            raise CheckpointError(f"{path}: {_array_path(path, number).name} is missing; fetch it")
        if last.ndim == 2:
            return _discriminator(path, arrays, count)
        return _generator(path, arrays, count)


def _scan(path: Path) -> int:
    """How many arrays the pickle lists, from its opcodes alone."""
    if path.stat().st_size > _MOST_BYTES:
        raise CheckpointError(f"{path}: larger than 1 MiB, not the authors' list of arrays")
    names: set[str] = set()
    try:
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
    except ValueError as error:
        raise CheckpointError(f"{path}: not a whole pickle ({error})") from None
    expected = {f"{path.name}_{number:02d}.npy" for number in range(1, len(names) + 1)}
    if not names or names != expected:
        raise CheckpointError(
            f"{path}: expected it to list {path.name}_01.npy, {path.name}_02.npy, …; it lists "
            f"{', '.join(sorted(names)[:3]) or 'none'}"
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
            version = np.lib.format.read_magic(stream)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, fortran, dtype = read(stream)
            size = int(np.prod(shape, dtype=object)) * dtype.itemsize
            left = os.fstat(stream.fileno()).st_size - stream.tell()
            if dtype != np.float32 or fortran or size != left or size > _MOST_ARRAY_BYTES:
                raise CheckpointError(
                    f"{file}: says {dtype} {shape} ({size} bytes), holds {left} bytes; expected "
                    "a whole float32 array"
                )
            return np.frombuffer(stream.read(), np.float32).reshape(shape).copy()
    except (ValueError, EOFError) as error:
        raise CheckpointError(f"{file}: not a whole .npy file ({error})") from None


def _turned(kernel: NDArray[np.float32]) -> torch.Tensor:
    """A kernel of Theano's (true) convolution for PyTorch's cross-correlation."""
    return torch.from_numpy(np.ascontiguousarray(kernel[:, :, ::-1, ::-1]))


def _discriminator(path: Path, arrays: dict[int, NDArray[np.float32] | None], count: int) -> Loaded:
    """w1, (w2, g2, b2), …, wy."""
    if (count - 2) % 3:
        raise CheckpointError(f"{path}: {count} arrays are no discriminator (2 + 3·n)")
    tensors: Tensors = {}
    missing: list[str] = []

    def put(name: str, number: int, kernel: bool = False) -> None:
        array = arrays[number]
        if array is None:
            missing.append(f"{name} ({_array_path(path, number).name})")
        else:
            tensors[name] = _turned(array) if kernel else torch.from_numpy(array)

    put("layer1.conv.weight", 1, kernel=True)
    layers = (count - 2) // 3 + 1
    for layer in range(2, layers + 1):
        at = 3 * layer - 4
        put(f"layer{layer}.conv.weight", at, kernel=True)
        put(f"layer{layer}.norm.weight", at + 1)
        put(f"layer{layer}.norm.bias", at + 2)
    put("head.weight", count)
    if "head.weight" in tensors:
        tensors["head.weight"] = tensors["head.weight"].T.contiguous()
    layout = {6: "imagenet32", 3: "svhn32", 4: "dcgan64"}.get(layers)
    return Loaded(tensors, missing=tuple(missing), layout=layout, role="discriminator")


def _generator(path: Path, arrays: dict[int, NDArray[np.float32] | None], count: int) -> Loaded:
    """(w1, g1, b1), (w2, g2, b2), …, wx."""
    if (count - 1) % 3:
        raise CheckpointError(f"{path}: {count} arrays are no generator (1 + 3·n)")
    absent = [number for number in range(1, count + 1) if arrays[number] is None]
    if absent:
        raise CheckpointError(f"{path}: {_array_path(path, absent[0]).name} is missing; fetch it")
    whole = {number: array for number, array in arrays.items() if array is not None}
    tensors: Tensors = {
        "project.linear.weight": torch.from_numpy(whole[1].T.copy()),
        "project.norm.weight": torch.from_numpy(whole[2]),
        "project.norm.bias": torch.from_numpy(whole[3]),
    }
    layers = (count - 1) // 3
    for layer in range(1, layers):
        at = 3 * layer + 1
        tensors[f"layer{layer}.conv.weight"] = _turned(whole[at])
        tensors[f"layer{layer}.norm.weight"] = torch.from_numpy(whole[at + 1])
        tensors[f"layer{layer}.norm.bias"] = torch.from_numpy(whole[at + 2])
    tensors[f"layer{layers}.conv.weight"] = _turned(whole[count])
    layout = {6: "imagenet32", 3: "svhn32", 4: "dcgan64"}.get(layers)
    return Loaded(tensors, layout=layout, role="generator")


FORMAT = AuthorsJl()
