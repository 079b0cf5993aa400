"""Networks of a user's own, for ``kind: module`` (see pipelines/module.yaml)."""

from __future__ import annotations

import torch
from torch import nn
from torchvision.models import resnet18


def small_inplace(inplace: bool = True) -> nn.Module:
    """Build three convolutions whose activations overwrite their inputs."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.LeakyReLU(0.2, inplace=inplace),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(inplace=inplace),
        nn.Conv2d(32, 32, 3, stride=2, padding=1),
        nn.LeakyReLU(0.2, inplace=inplace),
    )


def random_resnet() -> nn.Module:
    """Build torchvision's ResNet-18 with random weights, its first layer for small images."""
    torch.manual_seed(0)
    network = resnet18(weights=None)
    network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    network.maxpool = nn.Identity()
    return network
