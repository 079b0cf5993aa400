"""Files of torch.save: state dicts, nested or not, read with ``weights_only=True``."""

from __future__ import annotations

import mmap
import pickle
import warnings
import zipfile
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, ClassVar, cast

import torch
from torch.serialization import get_unsafe_globals_in_checkpoint

from dcgan_eval.core import CheckpointError, distrusted
from dcgan_eval.models.files import CheckpointFormat, Loaded
from dcgan_eval.models.parts import choose_part
from dcgan_eval.models.weights import Tensors

# How a pickle names what makes any number of bytes, which PyTorch lets it call.
_BYTES = b"\nbytearray\n"
# How deep weights are looked for, such as checkpoint → model → state_dict, and in how many
# mappings: one may hold itself.
_DEPTH = 3
_MOST_MAPPINGS = 1000


class TorchState(CheckpointFormat):
    """See the module."""

    suffixes: ClassVar[tuple[str, ...]] = (".pt", ".pth", ".ckpt")
    others: ClassVar[tuple[str, ...]] = (".bin", ".model", ".pkl", ".tar")
    several: ClassVar[bool] = True

    def read(self, path: Path, role: str | None = None, part: str | None = None) -> Loaded:
        """Read tensors and plain containers; anything else in the file is refused."""
        content = load_torch(path)
        if isinstance(content, list | tuple):
            raise CheckpointError(_told_of_list(content))
        nested, tensors = choose_part(dict(_state_dicts(content)), role, part)
        return Loaded(tensors, nested=nested)


def load_torch(path: Path) -> object:
    """What torch.save wrote: tensors in plain containers, and no more than the file holds.

    No code of the file is run.

    Raises
    ------
    CheckpointError
        Anything else; a whole network or TorchScript is told how to become a state dict.
    """
    _check_archive(path)
    try:
        with warnings.catch_warnings():
            # About pickle protocols: what cannot be read is said below, in one line.
            warnings.simplefilter("ignore", UserWarning)
            content = _load(path)
    except MemoryError:
        raise
    except Exception as error:
        # A stranger's file: whatever is wrong with it is one line.
        if found := _code_in(path):
            raise CheckpointError(
                f"holds more than tensors ({', '.join(found)}) and is not read, since that "
                "would run its code; save network.state_dict() alone: where you trust the file, "
                "torch.save(torch.load(FILE, weights_only=False).state_dict(), 'state.pth')"
            ) from None
        if isinstance(error, pickle.UnpicklingError):
            # PyTorch's own words tell how to run it; files of its first format are not told
            # apart from damaged ones.
            reason = "or one that holds more than tensors; save network.state_dict() alone"
            raise CheckpointError(f"not a whole PyTorch file, {reason}") from None
        reason = " ".join(str(error).split())[:120]
        raise CheckpointError(f"not a whole PyTorch file ({reason})") from None
    _check_held(content, path.stat().st_size)
    return content


def _load(path: Path) -> object:
    """What torch makes of a file."""
    if zipfile.is_zipfile(path) or not path.stat().st_size:
        return torch.load(path, map_location="cpu", weights_only=True)
    # Of a file of PyTorch's first format as many bytes are wanted as it says; mapped, it gives no
    # more than it has.
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ) as content:
        return torch.load(cast("IO[bytes]", content), map_location="cpu", weights_only=True)


def _code_in(path: Path) -> list[str]:
    """A few names of what a file would have to run; read off its pickle, none of it is run."""
    try:
        return sorted(get_unsafe_globals_in_checkpoint(path))[:3]
    except Exception:
        return []


def _check_archive(path: Path) -> None:
    """Refuse TorchScript, and what torch.save never writes: compressed entries, made bytes."""
    if zipfile.is_zipfile(path):
        with distrusted(CheckpointError, "not a whole PyTorch file"), zipfile.ZipFile(path) as one:
            entries = one.infolist()
        if any(entry.filename.endswith("/constants.pkl") for entry in entries):
            raise CheckpointError(
                "is TorchScript, whose code is not run; save its weights alone: "
                "torch.save(torch.jit.load(FILE).state_dict(), 'state.pth')"
            )
        unfolded, size = sum(entry.file_size for entry in entries), path.stat().st_size
        packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
        if packed or unfolded > size:
            raise CheckpointError(
                f"unfolds to {unfolded} bytes out of {size}; not a file that torch.save wrote"
            )
    if path.stat().st_size:
        with (
            path.open("rb") as stream,
            mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ) as content,
        ):
            if content.find(_BYTES) >= 0:
                raise CheckpointError("holds bytes beside its tensors; save network.state_dict()")


def _check_held(content: object, size: int) -> None:
    """Refuse numbers that the file does not hold: a pickle may ask torch to make any number."""
    dense = (one for one in _tensors(content) if one.layout == torch.strided and not one.is_meta)
    held = {one.data_ptr(): one.nbytes() for one in (tensor.untyped_storage() for tensor in dense)}
    if sum(held.values()) > size:
        raise CheckpointError(
            f"its tensors have {sum(held.values())} bytes, the file {size}; not a file that "
            "torch.save wrote"
        )


def _tensors(content: object) -> Iterator[torch.Tensor]:
    """All tensors in nested containers; a container that is in several places counts once."""
    seen: set[int] = set()
    left = [content]
    while left:
        one = left.pop()
        if isinstance(one, torch.Tensor):
            yield one
        elif isinstance(one, Mapping | list | tuple) and id(one) not in seen:
            seen.add(id(one))
            left += one.values() if isinstance(one, Mapping) else one


def _told_of_list(content: list[object] | tuple[object, ...]) -> str:
    """A list has no names: one of its items may be what is wanted."""
    said = f"no state dict in it but a list of {len(content)}"
    for at, item in enumerate(content[:_MOST_MAPPINGS]):
        if next(_state_dicts(item), None):
            return f"{said}; save its item {at}: torch.save(torch.load(FILE)[{at}], 'state.pth')"
    return f"{said}, whose items have no names; save network.state_dict()"


def _state_dicts(content: object) -> Iterator[tuple[str, Tensors]]:
    """All state dicts under keys of text, with their dotted keys; a state dict has none within."""
    left, looked = deque([("", content)]), 0
    while left and looked < _MOST_MAPPINGS:
        key, one = left.popleft()
        looked += 1
        if not isinstance(one, Mapping) or key.count(".") >= _DEPTH:
            continue
        if one and all(isinstance(item, torch.Tensor) for item in one.values()):
            yield key, {str(name): tensor for name, tensor in one.items()}
            continue
        for name, item in one.items():
            if isinstance(name, str) and isinstance(item, Mapping) and len(left) < _MOST_MAPPINGS:
                left.append((f"{key}.{name}" if key else name, item))


FORMAT = TorchState()
