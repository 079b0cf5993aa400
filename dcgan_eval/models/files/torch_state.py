"""PyTorch files (.pt, .pth, .ckpt): state dicts, nested or not, read with ``weights_only=True``."""

from __future__ import annotations

import mmap
import pickle
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import torch
from torch.serialization import get_unsafe_globals_in_checkpoint

from dcgan_eval.core import CheckpointError
from dcgan_eval.models.files import CheckpointFormat, Loaded
from dcgan_eval.models.weights import Tensors

# Where training scripts put the weights: whatever the network is, or by its role.
_NESTS = ("state_dict", "model_state_dict", "model", "network", "weights", "ema", "model_ema")
_ROLE_NESTS = {
    "discriminator": ("netD", "discriminator", "D", "netD_state_dict", "discriminator_state_dict"),
    "generator": ("netG", "generator", "G", "netG_state_dict", "generator_state_dict"),
}
_KNOWN = (*_NESTS, *_ROLE_NESTS["discriminator"], *_ROLE_NESTS["generator"])
# How a pickle names what makes any number of bytes, which PyTorch lets it call.
_BYTES = b"\nbytearray\n"
# How deep weights are looked for, such as checkpoint → model → state_dict.
_DEPTH = 3


class TorchState(CheckpointFormat):
    """See the module."""

    suffixes: ClassVar[tuple[str, ...]] = (".pt", ".pth", ".ckpt")
    several: ClassVar[bool] = True

    def read(self, path: Path, role: str | None = None, part: str | None = None) -> Loaded:
        """Read tensors and plain containers; anything else in the file is refused."""
        try:
            _check_archive(path)
            with warnings.catch_warnings():
                # About pickle protocols: what cannot be read is said below, in one line.
                warnings.simplefilter("ignore", UserWarning)
                content: object = torch.load(path, map_location="cpu", weights_only=True)
        except (CheckpointError, MemoryError):
            raise
        except Exception as error:
            # A stranger's file: whatever is wrong with it is one line.
            if found := _code_in(path):
                raise CheckpointError(
                    f"holds more than tensors ({', '.join(found)}) and is not read, since that "
                    "would run its code; save network.state_dict() alone"
                ) from None
            if isinstance(error, pickle.UnpicklingError):
                # PyTorch's own words tell how to run it; files of its first format are not told
                # apart from damaged ones.
                reason = "or one that holds more than tensors; save network.state_dict() alone"
                raise CheckpointError(f"not a whole PyTorch file, {reason}") from None
            reason = " ".join(str(error).split())[:120]
            raise CheckpointError(f"not a whole PyTorch file ({reason})") from None
        nested, tensors = _choose(content, role, part)
        _check_held(tensors, path.stat().st_size)
        return Loaded(tensors, nested=nested)


def _code_in(path: Path) -> list[str]:
    """A few names of what a file would have to run; read off its pickle, none of it is run."""
    try:
        return sorted(get_unsafe_globals_in_checkpoint(path))[:3]
    except Exception:
        return []


def _check_archive(path: Path) -> None:
    """Refuse what torch.save never writes: compressed entries, and bytes made by their number."""
    if path.stat().st_size:
        with (
            path.open("rb") as stream,
            mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ) as content,
        ):
            if content.find(_BYTES) >= 0:
                raise CheckpointError("holds bytes beside its tensors; save network.state_dict()")
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    unfolded, size = sum(entry.file_size for entry in entries), path.stat().st_size
    packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if packed or unfolded > size:
        raise CheckpointError(
            f"unfolds to {unfolded} bytes out of {size}; not a file that torch.save wrote"
        )


def _check_held(tensors: Tensors, size: int) -> None:
    """Refuse numbers that the file does not hold: a pickle may ask torch to make any number."""
    storages = (one.untyped_storage() for one in tensors.values() if one.layout == torch.strided)
    held = {storage.data_ptr(): storage.nbytes() for storage in storages}
    if sum(held.values()) > size:
        raise CheckpointError(
            f"its tensors have {sum(held.values())} bytes, the file {size}; not a file that "
            "torch.save wrote"
        )


def _choose(content: object, role: str | None, part: str | None) -> tuple[str | None, Tensors]:
    """The state dict itself, or the one that is wanted of those under usual keys."""
    if isinstance(content, Mapping) and part is not None:
        if not isinstance(content.get(part), Mapping):
            keys = ", ".join(str(key) for key, item in content.items() if isinstance(item, Mapping))
            raise CheckpointError(f"no weights under part {part!r}; it has {keys or 'none'}")
        content = {part: content[part]}
    found = dict(_state_dicts(content, "", part))
    if role is not None:
        # What is kept for the other network is never what is asked for.
        other = _ROLE_NESTS["generator" if role == "discriminator" else "discriminator"]
        own = _ROLE_NESTS[role]
        found = {key: t for key, t in found.items() if key.split(".")[0] not in other}
        found = {k: t for k, t in found.items() if k.split(".")[0] in own} or found
    if len(found) > 1:
        raise CheckpointError(
            f"holds several networks ({', '.join(found)}); say which by geometry: {{part: KEY}}"
        )
    if not found:
        raise CheckpointError(
            f"no state dict in it (looked at the top and under {', '.join(_NESTS)}, netD, "
            "netG); save network.state_dict()"
        )
    key, tensors = next(iter(found.items()))
    return key or None, tensors


def _state_dicts(content: object, key: str, part: str | None) -> Iterator[tuple[str, Tensors]]:
    """All state dicts at the top or under usual keys, with their dotted keys."""
    if not isinstance(content, Mapping) or key.count(".") >= _DEPTH:
        return
    if content and all(isinstance(item, torch.Tensor) for item in content.values()):
        yield key, {str(name): tensor for name, tensor in content.items()}
        return
    for name in (*_KNOWN, *([part] if part is not None and part not in _KNOWN else [])):
        yield from _state_dicts(content.get(name), f"{key}.{name}" if key else name, part)


FORMAT = TorchState()
