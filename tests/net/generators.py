"""A small conditional generator, as a user's code would hold one."""

from __future__ import annotations

import torch
from torch import nn


class Drawn(nn.Module):
    """z and one-hot labels to 8×8 images: a blurred spot that the label moves."""

    def __init__(self) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(3)
        self.from_z = nn.Linear(6, 64, bias=False)
        self.from_label = nn.Linear(10, 64, bias=False)
        with torch.no_grad():
            self.from_z.weight.normal_(0, 0.3, generator=random)
            self.from_label.weight.normal_(0, 1.5, generator=random)

    def forward(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.from_z(z) + self.from_label(y)).reshape(-1, 1, 8, 8)


def drawn() -> nn.Module:
    """The network."""
    return Drawn()
