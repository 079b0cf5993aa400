"""Weights as content: their hash, and whether they are numbers at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import chain

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def weights_hash(network: nn.Module) -> str:
    """SHA-256 over names, types, shapes and values of parameters and buffers, by name.

    Independent of the file format. Counters of batches are left out: they decide nothing.
    """
    sha = hashlib.sha256()
    for name, tensor in sorted(_named(network)):
        if name.endswith("num_batches_tracked"):
            continue
        values = tensor.detach().cpu().contiguous()
        # NumPy has no bfloat16 (nor float8): such weights enter as their bytes, under torch's name.
        known = values.dtype not in (torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2)
        array = (values if known else values.reshape(-1).view(torch.uint8)).numpy()
        kind = array.dtype.str if known else str(values.dtype)
        sha.update(f"{name} {kind} {tuple(values.shape)}\n".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()


def _named(network: nn.Module) -> Iterable[tuple[str, torch.Tensor]]:
    """Parameters and buffers, those that no state dict keeps included."""
    return chain(network.named_parameters(), network.named_buffers())


def first_not_finite(tensors: Iterable[tuple[str, torch.Tensor]]) -> str | None:
    """Name of the first tensor that holds NaN or infinity."""
    for name, tensor in tensors:
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            return name
    return None


def lacks_statistics(network: nn.Module) -> bool:
    """Whether some batch norm of a network keeps no statistics of its own."""
    return any(
        isinstance(module, _BatchNorm) and module.running_mean is None
        for module in network.modules()
    )
