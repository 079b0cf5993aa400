"""What batch norm uses at evaluation: stored statistics, a data set's, or the batch's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

BatchNormPolicy = Literal["stored", "dataset", "batch"]
Observe = Callable[[str, torch.Tensor, torch.Tensor], None]


def batch_norms(network: nn.Module) -> dict[str, _BatchNorm]:
    """All batch-norm modules of a network by name, in order of registration."""
    return {
        name: module for name, module in network.named_modules() if isinstance(module, _BatchNorm)
    }


def give_statistics(network: nn.Module, statistics: dict[str, NDArray[np.float32]]) -> None:
    """Write means and variances (keys ``<module>.mean``, ``<module>.var``) into a network.

    A batch norm without an entry lies behind the last wanted layer and stays as it was.
    """
    for name, module in batch_norms(network).items():
        if f"{name}.mean" in statistics:
            device = next(iter(module.parameters()), torch.empty(0)).device
            module.running_mean = torch.tensor(statistics[f"{name}.mean"], device=device)
            module.running_var = torch.tensor(statistics[f"{name}.var"], device=device)
            module.track_running_stats = True


@contextmanager
def batch_statistics(network: nn.Module, observe: Observe | None = None) -> Iterator[None]:
    """Normalise each batch by its own statistics while the block lasts.

    Parameters
    ----------
    network
        Its batch-norm modules are put into training mode and restored afterwards.
    observe
        Called after each batch-norm module with its name, the batch's means and its (biased,
        ÷ N·H·W) variances.
    """
    kept = (
        *("training", "momentum", "track_running_stats"),
        *("running_mean", "running_var", "num_batches_tracked"),
    )
    saved = [
        (module, {name: getattr(module, name) for name in kept})
        for module in batch_norms(network).values()
    ]
    handles = []
    for name, module in batch_norms(network).items():
        device = next(iter(module.parameters()), torch.empty(0)).device
        module.running_mean = torch.zeros(module.num_features, device=device)
        module.running_var = torch.ones(module.num_features, device=device)
        module.num_batches_tracked = None
        module.track_running_stats = True
        # With momentum 1 the buffers hold just this batch's statistics, at no extra cost.
        module.momentum = 1.0
        module.training = True
        if observe is not None:
            handles.append(module.register_forward_hook(_observer(name, observe)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        for module, values in saved:
            for name, value in values.items():
                setattr(module, name, value)


def _observer(
    name: str, observe: Observe
) -> Callable[[nn.Module, tuple[torch.Tensor, ...], torch.Tensor], None]:
    """A forward hook that hands on a batch norm's statistics of the batch that went through."""

    def hook(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        assert isinstance(module, _BatchNorm)
        assert module.running_mean is not None and module.running_var is not None
        n = inputs[0].numel() // inputs[0].shape[1]
        # The buffer holds the unbiased variance (÷ n − 1); the authors' is ÷ n.
        observe(name, module.running_mean, module.running_var * ((n - 1) / n))

    return hook


class AveragedStatistics:
    """Means and variances averaged over batches, each with equal weight, as the authors do.

    Source: REFERENCE of the experiments, section 2 (Theano code of arXiv 1511.06434): the last,
    partial batch counts as much as a whole one.
    """

    def __init__(self) -> None:
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._batches: dict[str, int] = {}

    def observe(self, name: str, mean: torch.Tensor, var: torch.Tensor) -> None:
        """Add one batch's statistics of one batch norm."""
        for key, value in ((f"{name}.mean", mean), (f"{name}.var", var)):
            added = value.detach().cpu().numpy().astype(np.float64)
            self._sums[key] = self._sums.get(key, np.zeros_like(added)) + added
            self._batches[key] = self._batches.get(key, 0) + 1

    def result(self) -> dict[str, NDArray[np.float32]]:
        """Average so far: ``<module>.mean`` and ``<module>.var``, float32."""
        return {
            key: (total / self._batches[key]).astype(np.float32)
            for key, total in self._sums.items()
        }
