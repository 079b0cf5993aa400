"""Checkpoint files: what a format is, the folder of all (one file a format), reading by ending."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import nn

from dcgan_eval.core import CheckpointError, Folder, instances_of, located, open_regular
from dcgan_eval.models.normed import effective_weights
from dcgan_eval.models.weights import Tensors, refuse_not_finite

# What wrappers put in front of every name (DataParallel, AveragedModel, torch.compile), and what
# one of them counts beside the network.
_PREFIXES = ("module.", "_orig_mod.")
_AVERAGED = "n_averaged"


@dataclass(frozen=True)
class Loaded:
    """What a file holds, before it is known which network it belongs to.

    Attributes
    ----------
    tensors
        Name → tensor on the CPU, prefixes stripped; dense, finite.
    card
        What the file says beside its weights (our own format); empty where it says nothing.
    stripped
        Prefixes that were stripped from all names.
    nested
        Key or prefix under which the weights were found, where they were nested.
    norms
        Norms of weights (spectral norm, weight norm) whose effective weights were computed.
    missing
        What ought to be there and is not (names of arrays); using those layers is an error.
    family, role
        Where the format itself knows the network: the family, and ``discriminator`` or
        ``generator``.
    """

    tensors: Tensors
    card: dict[str, Any] = field(default_factory=dict)
    stripped: tuple[str, ...] = ()
    nested: str | None = None
    norms: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    family: str | None = None
    role: str | None = None


class CheckpointFormat(ABC):
    """One way in which weights lie in files.

    Attributes
    ----------
    suffixes
        File name endings.
    others
        Endings that files of other kinds have as well: read where a file is named, not looked for
        in folders.
    """

    suffixes: ClassVar[tuple[str, ...]]
    others: ClassVar[tuple[str, ...]] = ()
    several: ClassVar[bool] = False
    """Whether a file may hold several networks, one of which has to be chosen."""

    @abstractmethod
    def read(self, path: Path, role: str | None = None, part: str | None = None) -> Loaded:
        """Read without running any code of the file.

        Parameters
        ----------
        path
            The file, which can be opened.
        role
            ``discriminator`` or ``generator``: which of several networks is wanted; None for
            whatever is there.
        part
            Key of the wanted network among several, or prefix of its names.

        Raises
        ------
        CheckpointError
            Not a whole file of this format, or one that would have to run code. The file's name
            is put in front of the message.
        """


FORMATS = Folder(
    "dcgan_eval.models.files",
    "FORMAT",
    "checkpoint format",
    instances_of(CheckpointFormat),
    "formats",
)


def checkpoint_suffixes() -> frozenset[str]:
    """File name endings by which checkpoints are found in folders."""
    return frozenset(suffix for name in FORMATS.names() for suffix in FORMATS.load(name).suffixes)


def read_checkpoint(
    path: Path, role: str | None = None, part: str | None = None
) -> tuple[str, Loaded]:
    """Read a file by the format that its ending names; returns the format's name, too.

    Raises
    ------
    CheckpointError
        No such file, no known format, not a whole file, weights that are no plain numbers.
    """
    with located(path):
        if path.is_dir():
            raise CheckpointError("not a file; give the checkpoint itself")
        try:
            open_regular(path).close()
        except FileNotFoundError:
            raise CheckpointError("no such file; check the path") from None
        except OSError as error:
            raise CheckpointError(f"cannot be read: {error.strerror}") from None
        known: list[str] = []
        for name in FORMATS.names():
            form = FORMATS.load(name)
            known += (*form.suffixes, *form.others)
            if path.suffix.lower() not in (*form.suffixes, *form.others):
                continue
            if part is not None and not form.several:
                raise CheckpointError(f"a {name} file holds one network; leave out part")
            loaded = form.read(path, role, part)
            _check_tensors(loaded.tensors)
            tensors, stripped = _without_prefixes(loaded.tensors)
            tensors, norms = effective_weights(tensors)
            refuse_not_finite(tensors.items())
            return name, replace(loaded, tensors=tensors, stripped=stripped, norms=norms)
        raise CheckpointError(f"unknown ending {path.suffix!r}; known: {', '.join(sorted(known))}")


def _check_tensors(tensors: Tensors) -> None:
    """Refuse what is no plain array of numbers, before anything is made of its shape."""
    if not tensors:
        raise CheckpointError("holds no weights; save network.state_dict()")
    for name, tensor in tensors.items():
        plain = (
            type(tensor) in (torch.Tensor, nn.Parameter)
            and tensor.layout == torch.strided
            and tensor.device.type == "cpu"
            and not tensor.is_complex()
            and not tensor.is_quantized
        )
        # A stride of 0 makes a shape of any size out of one number, a side of 0 out of none.
        needed = tensor.numel() * tensor.element_size()
        none = tensor.ndim > 1 and not needed
        if not plain or none or tensor.untyped_storage().nbytes() < needed:
            raise CheckpointError(
                f"{name!r} is no plain dense array of numbers; save the weights as such"
            )


def _without_prefixes(tensors: Tensors) -> tuple[Tensors, tuple[str, ...]]:
    """Strip what wrappers put in front of all names, as often as they did; say what it was."""
    stripped: list[str] = []
    while True:
        inner = [name for name in tensors if name != _AVERAGED]
        for prefix in _PREFIXES:
            if inner and all(name.startswith(prefix) for name in inner):
                tensors = {name.removeprefix(prefix): tensors[name] for name in inner}
                stripped.append(prefix)
                break
        else:
            return tensors, tuple(stripped)
