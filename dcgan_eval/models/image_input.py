"""What a network of images takes: their shape, and how pixels become its input."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import field_validator, model_validator

from dcgan_eval.core import Settings, SettingsError, identity

Resize = Literal["bilinear", "bicubic"]


class Preprocess(Settings):
    """How pixels in [0, 1] become a network's input: (x − mean) / std, a value a channel or one.

    The default is the DCGAN paper's x/127.5 − 1 of uint8 pixels.

    Attributes
    ----------
    resize
        How images of another size than the network's are brought to it, as a whole and with
        antialiasing: ``bilinear`` or ``bicubic``. Without it they are refused.
    """

    mean: tuple[float, ...] = identity((0.5,))
    std: tuple[float, ...] = identity((0.5,))
    resize: Resize | None = identity(None, later=True)

    @field_validator("mean")
    @classmethod
    def _numbers(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(map(math.isfinite, value)):
            raise ValueError("means are finite numbers")
        return value

    @field_validator("std")
    @classmethod
    def _positive(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or not all(0 < std < math.inf for std in value):
            raise ValueError("standard deviations are positive")
        return value

    @model_validator(mode="after")
    def _as_many_as_each_other(self) -> Preprocess:
        if len(self.mean) != len(self.std):
            raise ValueError("mean and std have as many values as each other")
        return self

    def resized(self, images: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """Images (n, any height, any width, channels) as float32 ones of another size.

        Those that have it are given back as they are.
        """
        if self.resize is None or tuple(images.shape[1:3]) == (height, width):
            return images
        maps = images.permute(0, 3, 1, 2).float()
        maps = F.interpolate(maps, (height, width), mode=self.resize, antialias=True)
        # Bicubic weights overshoot what a pixel can be.
        return maps.clamp_(0, 255).permute(0, 2, 3, 1)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Images uint8 (n, height, width, channels) to float32 (n, channels, height, width).

        Raises
        ------
        SettingsError
            Images of another number of channels than there are means.
        """
        channels = int(images.shape[3])
        if len(self.mean) not in (1, channels):
            raise SettingsError(
                f"preprocess has {len(self.mean)} values a mean, the images have {channels} "
                f"channels; give one value or {channels}, or set data.channels"
            )
        scale = torch.tensor([1 / (255 * s) for s in self.std], device=images.device)
        shift = torch.tensor(
            [-m / s for m, s in zip(self.mean, self.std, strict=True)], device=images.device
        )
        # The permuted view of an N×H×W×C tensor is what torch calls channels_last: no copy.
        return images.float().mul_(scale).add_(shift).permute(0, 3, 1, 2)


@dataclass(frozen=True)
class ImageInput:
    """What a discriminator takes.

    Attributes
    ----------
    shape
        Channels, height, width of an image.
    preprocess
        How uint8 pixels become its input.
    """

    shape: tuple[int, int, int]
    preprocess: Preprocess = field(default_factory=Preprocess)
