"""Parts of pairs that were written for TensorFlow or Keras, as those libraries mean them.

Padding ``"same"`` puts the odd pixel behind an image, where PyTorch's puts as many on each side;
biases are everywhere; batch norm has an ε of 1e-3 and keeps 0.99 of its statistics at a step.
"""

from __future__ import annotations

from torch import nn

EPSILON = 1e-3
MOMENTUM = 0.01  # PyTorch says what comes in: 1 − 0.99


def same_padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Pixels that ``"same"`` adds before and behind a side, whose output is side / stride.

    Examples
    --------
    >>> same_padding(28, 3, 2), same_padding(7, 3, 2), same_padding(28, 5, 2)
    ((0, 1), (1, 1), (1, 2))
    """
    outputs = -(-side // stride)
    added = max((outputs - 1) * stride + kernel - side, 0)
    return added // 2, added - added // 2


def same_conv(
    inputs: int, outputs: int, kernel: int, stride: int, side: int
) -> dict[str, nn.Module]:
    """A convolution with padding ``"same"`` of maps of a side, as parts of a sequence."""
    before, behind = same_padding(side, kernel, stride)
    if before == behind:
        return {"conv": nn.Conv2d(inputs, outputs, kernel, stride, before)}
    pad = nn.ZeroPad2d((before, behind, before, behind))
    return {"pad": pad, "conv": nn.Conv2d(inputs, outputs, kernel, stride)}


def same_transposed(
    inputs: int, outputs: int, kernel: int, stride: int, side: int
) -> dict[str, nn.Module]:
    """The transposed convolution of maps of a side, side → stride × side.

    It is the gradient of `same_conv` of the larger maps: what that pads is cut away.
    """
    before, behind = same_padding(stride * side, kernel, stride)
    conv = nn.ConvTranspose2d(inputs, outputs, kernel, stride, before)
    # PyTorch cuts as much behind as before; a negative padding cuts the rest.
    cut = {"cut": nn.ZeroPad2d((0, before - behind, 0, before - behind))}
    return {"conv": conv, **(cut if before < behind else {})}


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Batch norm of maps, a mean and a variance a channel."""
    return nn.BatchNorm2d(channels, EPSILON, MOMENTUM)
