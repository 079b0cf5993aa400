"""The contract of a checkpoint format, and what all formats share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import nn

from dcgan_eval.core import CheckpointError, Folder

FORMATS = Folder("dcgan_eval.models.checkpoints", "FORMAT", "checkpoint format")

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Loaded:
    """What a file holds, before it is known which network it belongs to.

    Attributes
    ----------
    tensors
        Name → tensor, prefixes stripped.
    card
        What the file says beside its weights (our own format), or None.
    stripped
        Prefixes that were stripped from all names.
    nested
        Key under which the weights were found, where they were nested.
    missing
        What ought to be there and is not (names of arrays); using those layers is an error.
    layout, role
        Where the format itself knows the network: its family, and ``discriminator`` or
        ``generator``.
    """

    tensors: Tensors
    card: dict[str, Any] | None = None
    stripped: tuple[str, ...] = ()
    nested: str | None = None
    missing: tuple[str, ...] = ()
    layout: str | None = None
    role: str | None = None


class CheckpointFormat(ABC):
    """One way in which weights lie in files."""

    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def read(self, path: Path) -> Loaded:
        """Read without running any code of the file.

        Raises
        ------
        CheckpointError
            Not a whole file of this format, or one that would have to run code.
        """


def checkpoint_suffixes() -> frozenset[str]:
    """File name endings of all formats."""
    return frozenset(suffix for name in FORMATS.names() for suffix in _format(name).suffixes)


def _format(name: str) -> CheckpointFormat:
    loaded = FORMATS.load(name)
    assert isinstance(loaded, CheckpointFormat)
    return loaded


def read_checkpoint(path: Path) -> tuple[str, Loaded]:
    """Read a file by the format that its ending names; returns the format's name, too."""
    if not path.exists():
        raise CheckpointError(f"{path}: no such file; check the path")
    if not path.is_file():
        raise CheckpointError(f"{path}: not a file; give the checkpoint itself")
    for name in FORMATS.names():
        if path.suffix.lower() in _format(name).suffixes:
            return name, _format(name).read(path)
    known = ", ".join(sorted(checkpoint_suffixes()))
    raise CheckpointError(f"{path}: unknown ending {path.suffix!r}; known: {known}")


def load_exactly(network: nn.Module, tensors: Tensors, path: Path) -> None:
    """Load all weights or none, and say what does not fit.

    Raises
    ------
    CheckpointError
        Missing, unexpected or differently shaped tensors, a few of each by name.
    """
    wanted = {
        name: tensor
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    given = {n: t for n, t in tensors.items() if not n.endswith("num_batches_tracked")}
    problems = []
    for what, names in (
        ("missing", sorted(set(wanted) - set(given))),
        ("unexpected", sorted(set(given) - set(wanted))),
    ):
        if names:
            problems.append(f"{what} {_few(names)}")
    shapes = [
        f"{name} {tuple(given[name].shape)} in place of {tuple(wanted[name].shape)}"
        for name in sorted(set(given) & set(wanted))
        if given[name].shape != wanted[name].shape
    ]
    if shapes:
        problems.append(f"shape of {_few(shapes)}")
    if problems:
        raise CheckpointError(f"{path}: does not fit its network: {'; '.join(problems)}")
    network.load_state_dict({n: t.float() for n, t in given.items()}, strict=False)


def _few(names: list[str]) -> str:
    """A few names, and how many more there are."""
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more
