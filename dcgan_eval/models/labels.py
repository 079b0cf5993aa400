"""Labels inside networks: joined to vectors, and to maps as constant maps."""

from __future__ import annotations

import torch


def join(h: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Join one-hot labels (n, classes) to vectors (n, units) or maps (n, channels, rows, columns).

    Source: arXiv 1511.06434, appendix 8.1, and its authors' code (``conv_cond_concat``).
    """
    if h.ndim == 4:
        y = y[:, :, None, None].expand(-1, -1, h.shape[2], h.shape[3])
    return torch.cat([h, y], dim=1)


def labels_or_none_told(x: torch.Tensor, y: torch.Tensor | None, classes: int) -> torch.Tensor:
    """Labels as they are, or zeros, which is no class, where there are none."""
    return x.new_zeros(len(x), classes) if y is None else y
