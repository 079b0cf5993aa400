"""Frozen batch norm folded into the convolution before it; activations that work in place."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Collection
from itertools import pairwise
from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

M = TypeVar("M", bound=nn.Module)


def fold_batch_norms(network: nn.Module, layers: Collection[str]) -> nn.Module:
    """Copy a network with its batch norms folded where that changes nothing but rounding.

    A `Conv2d` directly followed by a `BatchNorm2d` with statistics in one `nn.Sequential` becomes
    one convolution; the LeakyReLU or ReLU behind a convolution works in place. Left as they are:
    modules whose own outputs are layers, modules that occur more than once or have hooks, and
    subclasses, whose forward may be another.

    Parameters
    ----------
    network
        In evaluation mode; unchanged.
    layers
        Names of submodules whose outputs will be read.
    """
    folded = copy.deepcopy(network)
    occurrences = Counter(
        id(child) for module in folded.modules() for child in module._modules.values()
    )
    for path, parent in list(folded.named_modules()):
        if type(parent) is nn.Sequential:
            prefix = f"{path}." if path else ""
            readable = {name for name in parent._modules if f"{prefix}{name}" in layers}
            _fold_sequence(parent, readable, occurrences)
    return folded


def _fold_sequence(sequence: nn.Sequential, read: set[str], occurrences: Counter[int]) -> None:
    """Fold the pairs of one sequence, then let the activation behind each convolution overwrite."""
    names = [name for name, module in sequence._modules.items() if module is not None]

    def plain(name: str, kind: type[M]) -> M | None:
        """The module of this very class whose output nobody but the sequence sees."""
        module = sequence._modules[name]
        if (
            not isinstance(module, kind)
            or type(module) is not kind
            or name in read
            or occurrences[id(module)] != 1
            or module._forward_hooks
            or module._forward_pre_hooks
        ):
            return None
        return module

    fresh = set()  # Modules whose output nobody but the next module sees.
    for first, second in pairwise(names):
        if (conv := plain(first, nn.Conv2d)) is not None:
            fresh.add(first)
            if (norm := plain(second, nn.BatchNorm2d)) is not None:
                if norm.running_mean is not None:
                    sequence._modules[first] = _folded_pair(conv, norm)
                    sequence._modules[second] = nn.Identity()
                fresh.add(second)
    for first, second in pairwise(names):
        activation = sequence._modules[second]
        if (
            first in fresh
            and isinstance(activation, nn.LeakyReLU | nn.ReLU)
            and occurrences[id(activation)] == 1
        ):
            activation.inplace = True


def _folded_pair(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """A convolution that does what convolution and batch norm did; folded in float64."""
    dtype = conv.weight.dtype
    fused: nn.Conv2d = fuse_conv_bn_eval(conv.double(), norm.double()).to(dtype)
    return fused
