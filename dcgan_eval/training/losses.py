"""Losses of the two players, on logits."""

from __future__ import annotations

import torch
import torch.nn.functional as F


def discriminator_loss(real: torch.Tensor, fake: torch.Tensor, real_label: float) -> torch.Tensor:
    """Binary cross-entropy of real and fake images, summed.

    Parameters
    ----------
    real, fake : tensors, (n, 1)
        Logits.
    real_label
        Target of real images.
    """
    return F.binary_cross_entropy_with_logits(
        real, torch.full_like(real, real_label)
    ) + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))


def generator_loss(fake: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy of fake images taken for real (the non-saturating loss)."""
    return F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))
