"""Networks that stand behind others: compiled, on several devices, or in TorchScript.

Hooks cannot see into TorchScript, so that it is read as a whole. Of the others what they hold is
read, under its own names.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DataParallel, DistributedDataParallel


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
        """Hash of its code, constants and attributes; its weights are the network's."""
        sha = hashlib.sha256()
        graph: Any = self.script.inlined_graph
        # Names of classes are numbered by how many a process has seen.
        text = re.sub(r"\.___torch_mangle_\d+", "", graph.str(False))
        sha.update(text.encode())
        for node in graph.findAllNodes("prim::Constant"):
            if node.hasAttribute("value") and node.kindOf("value") == "t":
                sha.update(_told(node.t("value")))
        asked = sorted({node.s("name") for node in graph.findAllNodes("prim::GetAttr")})
        for path, part in self.script.named_modules():
            weights = {*part._parameters.keys(), *part._buffers.keys(), *part._modules.keys()}
            compiled: Any = part._c
            for name in asked:
                if name not in weights and compiled.hasattr(name):
                    sha.update(f"{path} {name} ".encode() + _told(compiled.getattr(name)))
        return sha.hexdigest()


def _told(value: object) -> bytes:
    """A value of TorchScript's as bytes."""
    if isinstance(value, torch.Tensor):
        values = value.detach().cpu().contiguous()
        bits = values.reshape(-1).view(torch.uint8).numpy().tobytes()
        return f"{values.dtype} {tuple(values.shape)}\n".encode() + bits
    if isinstance(value, dict):
        return b"{" + b",".join(_told(pair) for pair in value.items()) + b"}"
    if isinstance(value, list | tuple):
        return b"[" + b",".join(map(_told, value)) + b"]"
    return repr(value).encode()


def unwrapped(network: nn.Module) -> nn.Module:
    """The network itself of one that is compiled or spread over devices."""
    while True:
        if isinstance(network, DataParallel | DistributedDataParallel):
            network = network.module
        elif type(network).__name__ == "OptimizedModule":  # the class is slow to import
            network = network.get_submodule("_orig_mod")
        else:
            return network


def readable(network: nn.Module) -> nn.Module:
    """A network's parts unwrapped, and each of its scripts behind a module of ours, in place."""
    network = unwrapped(network)
    if isinstance(network, torch.jit.ScriptModule):
        return Scripted(network)
    if not isinstance(network, Scripted):
        for name, child in network.named_children():
            setattr(network, name, readable(child))
    return network


def scripts_of(network: nn.Module) -> dict[str, Scripted]:
    """The scripts of a network by name."""
    parts = network.named_modules()
    return {name: part for name, part in parts if isinstance(part, Scripted)}
