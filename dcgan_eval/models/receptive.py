"""The receptive field of a layer: which pixels a place of its maps can see.

Along a chain of convolutions and pools, for one axis: place o of a layer sees pixels
first + o·step … first + o·step + size − 1. An image sees itself: (0, 1, 1). A kernel of k with
stride s, dilation d and p pixels of padding before makes of it

  first − p·step,  step·s,  size + (k − 1)·d·step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.modules.padding import ConstantPad2d

from dcgan_eval.core import rng_for
from dcgan_eval.models.encoder import Encoder
from dcgan_eval.models.layers import Dropout

# What keeps places, and what moves them in a known way.
_KNOWN = (
    nn.Conv2d,
    nn.MaxPool2d,
    nn.AvgPool2d,
    ConstantPad2d,
    _BatchNorm,
    _DropoutNd,
    Dropout,
    nn.Identity,
    nn.ReLU,
    nn.LeakyReLU,
    nn.PReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Tanh,
    nn.Sigmoid,
)


class Reach(NamedTuple):
    """What the places of a map see along one axis; see the module."""

    first: int
    step: int
    size: int

    def window(self, place: int) -> tuple[int, int]:
        """First pixel that a place sees, and the one behind the last; they may lie outside."""
        first = self.first + place * self.step
        return first, first + self.size

    def behind(self, kernel: int, stride: int, padding: int, dilation: int) -> Reach:
        """What the places behind a kernel see."""
        return Reach(
            self.first - padding * self.step,
            self.step * stride,
            self.size + (kernel - 1) * dilation * self.step,
        )


Field = tuple[Reach, Reach]
"""Along height and width."""


def receptive_field(encoder: Encoder, layer: str) -> Field | None:
    """What the places of a layer see of the image.

    Parameters
    ----------
    encoder
        The network is run once, and followed from module to module.
    layer
        One of the encoder's.

    Returns
    -------
    pair of `Reach`, or None
        None where it is not known: something else than convolutions, pools and what keeps places
        leads there, branches meet, or images are resized.

    Examples
    --------
    >>> from dcgan_eval import load_encoder
    >>> from dcgan_eval.models import receptive_field
    >>> encoder = load_encoder("zoo/digits_dcgan8.safetensors")
    >>> receptive_field(encoder, "layer2")[0]
    Reach(first=-2, step=1, size=5)
    """
    if encoder.preprocess.resize is not None:
        return None
    channels, height, width = encoder.input_shape
    noise = rng_for("receptive field").integers(0, 256, (2, height, width, channels), np.uint8)
    # Tensors are kept: another one might be given the id of one that is gone.
    known: dict[int, tuple[torch.Tensor, Field]] = {}

    def image(module: nn.Module, inputs: Any) -> None:
        known[id(inputs[0])] = inputs[0], (Reach(0, 1, 1), Reach(0, 1, 1))

    def follow(module: nn.Module, inputs: Any, output: Any) -> None:
        _, before = known.get(id(inputs[0]), (None, None))
        field = None if before is None else _behind(module, before)
        if field is not None:
            known[id(output)] = output, field

    found: list[Field | None] = []

    def see(name: str, output: object) -> bool:
        found.append(known.get(id(output), (None, None))[1])
        return True

    handles = [encoder.network.register_forward_pre_hook(image)]
    handles += [
        module.register_forward_hook(follow)
        for module in encoder.network.modules()
        if isinstance(module, _KNOWN)
    ]
    try:
        with torch.inference_mode():
            encoder.run(torch.from_numpy(noise), [layer], see)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


def _behind(module: nn.Module, before: Field) -> Field | None:
    """What the places behind a module see; None where a class of its own does something else."""
    if not type(module).forward.__module__.startswith(("torch.nn.", Dropout.__module__)):
        return None
    kernel = stride = dilation = (1, 1)
    top = left = 0
    if isinstance(module, nn.Conv2d):
        kernel, stride, dilation = module.kernel_size, module.stride, module.dilation  # type: ignore[assignment]
        left, _, top, _ = module._reversed_padding_repeated_twice  # "same" is a number there
    elif isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        kernel, stride = _pair(module.kernel_size), _pair(module.stride)
        top, left = _pair(module.padding)
        dilation = _pair(getattr(module, "dilation", 1))
    elif isinstance(module, ConstantPad2d):
        left, _, top, _ = module.padding
    y, x = before
    return (
        y.behind(kernel[0], stride[0], top, dilation[0]),
        x.behind(kernel[1], stride[1], left, dilation[1]),
    )


def _pair(given: int | tuple[int, int]) -> tuple[int, int]:
    """Along height and width."""
    return (given, given) if isinstance(given, int) else given
