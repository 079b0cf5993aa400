"""Parts of which the families build their networks: named sequences, labels, seeded dropout."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from dcgan_eval.core import seed_for


def named(**parts: nn.Module) -> nn.Sequential:
    """Modules one behind the other, by name."""
    return nn.Sequential(OrderedDict(parts))


def join(h: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Join one-hot labels (n, classes) to vectors (n, units) or maps (n, channels, rows, columns).

    Source: arXiv 1511.06434, appendix 8.1, and its authors' code (``conv_cond_concat``).
    """
    y = y.to(h.dtype)  # else all of it would become float32 again behind a layer in bfloat16
    if h.ndim == 4:
        y = y[:, :, None, None].expand(-1, -1, h.shape[2], h.shape[3])
    return torch.cat([h, y], dim=1)


def labels_or_none_told(x: torch.Tensor, y: torch.Tensor | None, classes: int) -> torch.Tensor:
    """Labels as they are, or zeros, which is no class, where there are none."""
    return x.new_zeros(len(x), classes) if y is None else y


class Dropout(nn.Module):
    """Dropout from a stream of its own, which whoever trains names before each step or epoch.

    PyTorch's draws from a stream that everything shares: a run that is taken up goes on otherwise.

    Parameters
    ----------
    share
        Of the inputs that are set to 0 in training.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share, self.stream = share, torch.Generator()

    def draw_from(self, *coordinates: str | int) -> None:
        """Begin the stream of this name (see `dcgan_eval.core.seed_for`)."""
        self.stream.manual_seed(seed_for(*coordinates))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scale up what is kept, so that the mean stays; x itself outside training."""
        if not self.training:
            return x
        kept = torch.rand(x.shape, generator=self.stream) >= self.share
        return x * kept.to(x.device) / (1 - self.share)


def name_dropouts(network: nn.Module, *coordinates: str | int) -> None:
    """Begin the stream of every `Dropout` of a network, by its name in it."""
    for name, module in network.named_modules():
        if isinstance(module, Dropout):
            module.draw_from(*coordinates, name)
