"""TorchScript as a part of a network: hooks cannot see into it, so that it is read as a whole."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import torch
from torch import nn


class Scripted(nn.Module):
    """A TorchScript module behind a module that can have hooks.

    Attributes
    ----------
    structure
        What an identity calls it: the name of the class that it was made of.
    """

    def __init__(self, script: torch.jit.ScriptModule) -> None:
        super().__init__()
        self.script = script
        self.structure = str(script.original_name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the script gives."""
        return self.script(*args, **kwargs)

    def normalises(self) -> bool:
        """Whether there are batch norms inside."""
        return any("BatchNorm" in str(part.original_name) for part in self.script.modules())

    def digest(self) -> str:
        """Hash of its code and constants; its weights are the network's."""
        sha = hashlib.sha256()
        graph: Any = self.script.inlined_graph
        # Names of classes are numbered by how many a process has seen.
        text = re.sub(r"\.___torch_mangle_\d+", "", graph.str(False))
        sha.update(text.encode())
        for node in graph.findAllNodes("prim::Constant"):
            if node.hasAttribute("value") and node.kindOf("value") == "t":
                values = node.t("value").detach().cpu().contiguous()
                sha.update(f"{values.dtype} {tuple(values.shape)}\n".encode())
                sha.update(values.reshape(-1).view(torch.uint8).numpy().tobytes())
        return sha.hexdigest()


def with_scripts_wrapped(network: nn.Module) -> nn.Module:
    """The network itself with each of its scripts behind a module of ours."""
    if isinstance(network, torch.jit.ScriptModule):
        return Scripted(network)
    for name, child in network.named_children():
        wrapped = with_scripts_wrapped(child)
        if wrapped is not child:
            setattr(network, name, wrapped)
    return network


def scripts_of(network: nn.Module) -> dict[str, Scripted]:
    """The scripts of a network by name."""
    parts = network.named_modules()
    return {name: part for name, part in parts if isinstance(part, Scripted)}
