"""What batch norm uses at evaluation: stored statistics, a data set's, or the batch's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

BatchNormPolicy = Literal["stored", "dataset", "batch"]
Moments = dict[str, NDArray[np.float64]]
"""Means and variances of batch norms: ``<module>.mean``, ``<module>.var``."""

# Sums are taken over so many bytes of a map at a time, which stay in the cache.
_CHUNK_BYTES = 1 << 20


def batch_norms(network: nn.Module) -> dict[str, _BatchNorm]:
    """All batch-norm modules of a network by name, in order of registration."""
    return {
        name: module for name, module in network.named_modules() if isinstance(module, _BatchNorm)
    }


def give_statistics(network: nn.Module, statistics: Mapping[str, NDArray[np.float32]]) -> None:
    """Write means and variances (keys ``<module>.mean``, ``<module>.var``) into a network.

    A batch norm without an entry lies behind the last wanted layer and stays as it was.
    """
    for name, module in batch_norms(network).items():
        if f"{name}.mean" in statistics:
            device = next(iter(module.parameters()), torch.empty(0)).device
            module.running_mean = torch.tensor(statistics[f"{name}.mean"], device=device)
            module.running_var = torch.tensor(statistics[f"{name}.var"], device=device)
            module.track_running_stats = True


def forget_statistics(network: nn.Module) -> None:
    """Take the batch norms' own statistics away."""
    for module in batch_norms(network).values():
        module.running_mean = module.running_var = None


@contextmanager
def batch_statistics(network: nn.Module) -> Iterator[Moments]:
    """Normalise each batch by its own statistics while the block lasts.

    Parameters
    ----------
    network
        In evaluation mode. Its batch-norm modules are given the statistics of what comes, and
        their own back at the end.

    Yields
    ------
    dict
        Statistics of the last batch that went through; variances are biased (÷ N·H·W).
    """
    norms = batch_norms(network)
    saved = [(module, module.running_mean, module.running_var) for module in norms.values()]
    found: Moments = {}
    handles = [
        module.register_forward_pre_hook(_statistics_of_input(name, found))
        for name, module in norms.items()
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
        for module, mean, var in saved:
            module.running_mean, module.running_var = mean, var


def _statistics_of_input(
    name: str, found: Moments
) -> Callable[[nn.Module, tuple[torch.Tensor, ...]], None]:
    """A hook that gives a batch norm the statistics of the batch that is about to come."""

    def hook(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        assert isinstance(module, _BatchNorm)
        mean, var = moments(inputs[0])
        # Of less precision than float32 torch takes no statistics.
        dtype = inputs[0].dtype if inputs[0].itemsize >= 4 else torch.float32
        module.running_mean, module.running_var = mean.to(dtype), var.to(dtype)
        found[f"{name}.mean"], found[f"{name}.var"] = mean.cpu().numpy(), var.cpu().numpy()

    return hook


def moments(maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and biased variance of each channel of maps (n, channels, …), float64.

    Two passes over chunks whose size the shape alone decides; chunks are added in float64.
    """
    wide = maps if maps.itemsize >= 4 else maps.float()
    step = max(1, _CHUNK_BYTES // max(1, wide[0].nbytes))
    chunks, over = torch.split(wide, step), [0, *range(2, wide.ndim)]
    count = wide.numel() / wide.shape[1]
    total = torch.stack([chunk.sum(over).double() for chunk in chunks]).sum(0)
    mean = total / count
    centre = mean.to(wide.dtype).reshape(-1, *[1] * (wide.ndim - 2))
    squares = torch.stack([(chunk - centre).square_().sum(over).double() for chunk in chunks])
    return mean, squares.sum(0) / count


class AveragedStatistics:
    """Means and variances averaged over batches, each with equal weight, as the authors do.

    Source: REFERENCE of the experiments, section 2 (Theano code of arXiv 1511.06434): the last,
    partial batch counts as much as a whole one.
    """

    def __init__(self) -> None:
        self._sums: Moments = {}
        self._batches = 0

    def add(self, batch: Moments) -> None:
        """Add one batch's statistics."""
        self._batches += 1
        for key, value in batch.items():
            self._sums[key] = self._sums.get(key, np.zeros_like(value)) + value

    def result(self) -> dict[str, NDArray[np.float32]]:
        """Average so far: ``<module>.mean`` and ``<module>.var``, float32."""
        return {
            key: (total / self._batches).astype(np.float32) for key, total in self._sums.items()
        }
