"""What an image would have to change for a number of a layer to grow: gradients, guided or plain.

Guided backpropagation (Springenberg, Dosovitskiy, Brox, Riedmiller, arXiv 1412.6806) goes back
through a ReLU only where its input was positive, as a gradient does, and there only with what is
positive, as a deconvolutional network does: R = 1[x > 0] · max(R', 0). It is written for ReLU. For
LeakyReLU (and PReLU) no source says what becomes of the slope; here it is the same rule, and the
slope passes nothing: it is there to train by, and what would come through it tells how to make a
unit less silent that says nothing of the image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from dcgan_eval.core import full_convolutions, rng_for
from dcgan_eval.models.encoder import Encoder, Images

# A layer is computed the same way if it differs by no more than this of its largest value.
_ROUNDING = 1e-4
# What modules and functional code call, in place or not.
_RECTIFIERS = {
    F.relu,
    F.relu_,
    F.leaky_relu,
    F.leaky_relu_,
    F.prelu,
    torch.relu,
    torch.relu_,
    torch.prelu,
    torch.Tensor.relu,
    torch.Tensor.relu_,
    torch.Tensor.prelu,
}


class Guided(TorchFunctionMode):
    """While it lasts, gradients go back through rectifiers by the rule of the module.

    Attributes
    ----------
    met : int
        Rectifiers that were passed. One inside TorchScript is not seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.met = 0

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Compute rectifiers out of place, everything else as it is."""
        if func not in _RECTIFIERS:
            return func(*args, **(kwargs or {}))
        self.met += 1
        x, *others = args
        return _Rectified.apply(x, func(x.detach().clone(), *others, **(kwargs or {})))


class _Rectified(torch.autograd.Function):
    """A value forward, and the rule of the module back."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return value

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        (x,) = ctx.saved_tensors
        return gradient.clamp(min=0) * (x > 0), None


def gradients(
    encoder: Encoder,
    images: Images,
    layer: str,
    numbers: Callable[[torch.Tensor], torch.Tensor],
    *,
    guided: bool,
) -> torch.Tensor:
    """Gradients of numbers of an image's maps with respect to its pixels.

    Parameters
    ----------
    encoder
        With batch norms that have statistics of their own: an image's maps are its own.
    images : uint8 array, (n, height, width, channels)
    layer
        One of the encoder's.
    numbers
        From maps (n, channels, height, width) to (n, k).
    guided
        By the rule of the module; the plain gradient otherwise.

    Returns
    -------
    float32 tensor, (k, n, height, width, channels)
        A unit of pixel is 1 of 255.

    Examples
    --------
    >>> from dcgan_eval import load_encoder, load_images
    >>> from dcgan_eval.models import gradients
    >>> encoder = load_encoder("zoo/digits_dcgan8.safetensors")
    >>> images = load_images("digits", "test").images(0, 2)
    >>> largest = lambda maps: maps.flatten(2).amax(2)[:, :3]
    >>> gradients(encoder, images, "layer2", largest, guided=True).shape
    torch.Size([3, 2, 8, 8, 1])
    """
    pixels = encoder.pixels(images).to(encoder.device, torch.float32).requires_grad_()
    found: list[torch.Tensor] = []

    def see(name: str, output: object) -> bool:
        found.append(numbers(encoder.maps(name, output)))
        return True

    with full_convolutions(), torch.enable_grad():
        with Guided() if guided else nullcontext():
            encoder.run(pixels.clone(), [layer], see)
        (values,) = found
        k = values.shape[1]
        back = [
            torch.autograd.grad(values[:, number].sum(), pixels, retain_graph=number < k - 1)[0]
            for number in range(k)
        ]
    return torch.stack(back)


def rectifiers(encoder: Encoder, layer: str) -> int:
    """How many rectifiers the rule of the module reaches on the way to a layer.

    0 also where it would change what goes forward, as where somebody rectifies in place and goes on
    with the input.
    """
    channels, height, width = encoder.input_shape
    noise = rng_for("rectifiers").integers(0, 256, (1, height, width, channels), np.uint8)
    pixels = torch.from_numpy(noise)
    kept: list[torch.Tensor] = []

    def see(name: str, output: object) -> bool:
        kept.append(encoder.maps(name, output).clone())
        return True

    with full_convolutions(), torch.inference_mode():
        encoder.run(pixels, [layer], see)
        with Guided() as rule:
            encoder.run(pixels, [layer], see)
    before, after = kept
    return rule.met if (before - after).abs().max() <= _ROUNDING * before.abs().max() else 0
