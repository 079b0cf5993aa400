"""Losses of the two players, on logits.

D's first logit says whether an image is real; those behind it, if there are any, are an auxiliary
classifier's, one a class, and their cross-entropy is added to both losses (arXiv 1610.09585).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F


def discriminator_loss(
    real: torch.Tensor, fake: torch.Tensor, real_label: float, labels: torch.Tensor | None = None
) -> torch.Tensor:
    """Binary cross-entropy of real and fake images, summed.

    Parameters
    ----------
    real, fake : tensors, (n, 1) or (n, 1 + classes)
        Logits.
    real_label
        Target of real images.
    labels : tensor, (n, classes), optional
        One-hot labels of both, where there is an auxiliary classifier.
    """
    judged = _taken_for(real, real_label) + _taken_for(fake, 0.0)
    return judged + _classified(real, labels) + _classified(fake, labels)


def generator_loss(
    fake: torch.Tensor, generator_label: float = 1.0, labels: torch.Tensor | None = None
) -> torch.Tensor:
    """Binary cross-entropy of fake images taken for real (the non-saturating loss).

    Parameters
    ----------
    fake : tensor, (n, 1) or (n, 1 + classes)
        Logits.
    generator_label
        What G wants D to say.
    labels : tensor, (n, classes), optional
        One-hot labels, where there is an auxiliary classifier.
    """
    return _taken_for(fake, generator_label) + _classified(fake, labels)


def _taken_for(logits: torch.Tensor, target: float) -> torch.Tensor:
    """Binary cross-entropy of D's first logit."""
    judged = logits[:, :1]
    return F.binary_cross_entropy_with_logits(judged, torch.full_like(judged, target))


def _classified(logits: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor | float:
    """Cross-entropy of the auxiliary classifier; 0 where there is none."""
    if labels is None or logits.shape[1] == 1:
        return 0.0
    return F.cross_entropy(logits[:, 1:], labels)
