"""Losses against the logarithms of the paper's objective."""

from __future__ import annotations

import torch

from dcgan_eval.training.losses import discriminator_loss, generator_loss


def test_losses_are_the_logarithms_of_the_objective() -> None:
    real, fake = torch.tensor([[1.5], [-0.3]]), torch.tensor([[0.2], [-2.0]])
    log_d, log_not = torch.log(torch.sigmoid(real)), torch.log(1 - torch.sigmoid(real))
    rejected = -torch.log(1 - torch.sigmoid(fake)).mean()
    torch.testing.assert_close(discriminator_loss(real, fake, 1.0), -log_d.mean() + rejected)
    smooth = -(0.9 * log_d + 0.1 * log_not).mean() + rejected
    torch.testing.assert_close(discriminator_loss(real, fake, 0.9), smooth)
    torch.testing.assert_close(generator_loss(fake), -torch.log(torch.sigmoid(fake)).mean())
