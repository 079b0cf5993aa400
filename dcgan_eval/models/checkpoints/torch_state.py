"""PyTorch files (.pt, .pth, .ckpt): state dicts, nested or not, read with ``weights_only=True``."""

from __future__ import annotations

import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import torch

from dcgan_eval.core import CheckpointError
from dcgan_eval.models.formats import CheckpointFormat, Loaded, Tensors

# Where training scripts put the weights, in the order in which they are tried.
_NESTS = (
    "state_dict",
    "model_state_dict",
    "netD",
    "netG",
    "ema",
    "model",
    "discriminator",
    "generator",
)
# What wrappers put in front of every name (DataParallel, torch.compile).
_PREFIXES = ("module.", "_orig_mod.")
# What a damaged file makes torch.load raise.
_DAMAGED = (
    RuntimeError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
    struct.error,
    zipfile.BadZipFile,
    UnicodeDecodeError,
    OSError,
    MemoryError,
)


class TorchState(CheckpointFormat):
    """See the module."""

    suffixes: ClassVar[tuple[str, ...]] = (".pt", ".pth", ".ckpt")

    def read(self, path: Path) -> Loaded:
        """Read tensors and plain containers; anything else in the file is refused."""
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            reason = " ".join(str(error).split("\n")[0].split())
            raise CheckpointError(
                f"{path}: holds more than tensors, reading it would run its code ({reason[:120]}); "
                "save the state dict alone"
            ) from None
        except _DAMAGED as error:
            reason = " ".join(str(error).split())[:120]
            raise CheckpointError(f"{path}: not a whole PyTorch file ({reason})") from None
        nested, tensors = _find_tensors(content, path)
        stripped: list[str] = []
        found = True
        while found:
            found = False
            for prefix in _PREFIXES:
                if tensors and all(name.startswith(prefix) for name in tensors):
                    tensors = {name.removeprefix(prefix): t for name, t in tensors.items()}
                    stripped.append(prefix)
                    found = True
        return Loaded(tensors, stripped=tuple(stripped), nested=nested)


def _find_tensors(content: object, path: Path) -> tuple[str | None, Tensors]:
    """The state dict itself, or the one that lies under a usual key."""
    if isinstance(content, Mapping):
        tensors = {str(n): t for n, t in content.items() if isinstance(t, torch.Tensor)}
        if tensors and len(tensors) == len(content):
            return None, tensors
        nests = [key for key in _NESTS if isinstance(content.get(key), Mapping)]
        if len(nests) > 1:
            raise CheckpointError(
                f"{path}: holds several networks ({', '.join(nests)}); save one of them alone"
            )
        if nests:
            inner = content[nests[0]]
            if inner and all(isinstance(tensor, torch.Tensor) for tensor in inner.values()):
                return nests[0], {str(name): tensor for name, tensor in inner.items()}
    raise CheckpointError(
        f"{path}: no state dict in it (looked at the top and under {', '.join(_NESTS)}); "
        "save network.state_dict()"
    )


FORMAT = TorchState()
