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


def test_an_auxiliary_classifier_adds_its_cross_entropy_to_both() -> None:
    real, fake = torch.randn(5, 4), torch.randn(5, 4)
    labels = torch.eye(3)[[0, 2, 1, 1, 0]]

    def entropy(logits: torch.Tensor) -> torch.Tensor:
        return -(torch.log_softmax(logits[:, 1:], 1) * labels).sum(1).mean()

    judged = discriminator_loss(real[:, :1], fake[:, :1], 0.9)
    found = discriminator_loss(real, fake, 0.9, labels)
    torch.testing.assert_close(found, judged + entropy(real) + entropy(fake))
    wanted = generator_loss(fake[:, :1], 0.9) + entropy(fake)
    torch.testing.assert_close(generator_loss(fake, 0.9, labels), wanted)


def test_what_g_wants_d_to_say_may_be_smoothed() -> None:
    fake = torch.tensor([[0.2], [-2.0]])
    judged = torch.sigmoid(fake)
    wanted = -(0.8 * torch.log(judged) + 0.2 * torch.log(1 - judged)).mean()
    torch.testing.assert_close(generator_loss(fake, 0.8), wanted)
