"""What a layer gives: maps with channels first, as of convolutions, or last, as of Swin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.modules.pooling import _AdaptiveAvgPoolNd, _AvgPoolNd, _MaxPoolNd

from dcgan_eval.core import SettingsError
from dcgan_eval.models.outputs import tensor_of

Layout = Literal["channels_first", "channels_last"]

# What torch's own parts give, whatever the network around them.
_FIRST = (_ConvNd, _BatchNorm, _MaxPoolNd, _AvgPoolNd, _AdaptiveAvgPoolNd)
_LAST = (nn.Linear, nn.LayerNorm)


@dataclass(frozen=True)
class LayerShape:
    """Shape of one layer's output for one image.

    A dense layer is channels × 1 × 1; a transformer's is so for each of its `tokens`.
    """

    channels: int
    height: int
    width: int
    tokens: int | None = None


def layout_of(module: nn.Module, usual: Layout) -> Layout:
    """The layout of what a module gives: that of torch's own parts, or the network's usual one.

    A sequence gives what its last part does. Subclasses with a forward of their own may permute.
    """
    while type(module) is nn.Sequential and len(module):
        module = module[-1]
    if type(module).forward.__module__.startswith("torch.nn."):
        if isinstance(module, _FIRST):
            return "channels_first"
        # Of channels, height and width together the order is any.
        if isinstance(module, _LAST) and len(getattr(module, "normalized_shape", (1,))) == 1:
            return "channels_last"
    return usual


def as_maps(output: torch.Tensor, layout: Layout) -> torch.Tensor:
    """A layer's output as (n, channels, height, width); that of a dense layer has one pixel.

    Tokens (n, tokens, channels) stay as they are.
    """
    if output.ndim == 2:
        return output[:, :, None, None]
    if output.ndim == 3:
        return output
    return output if layout == "channels_first" else output.permute(0, 3, 1, 2)


def layer_shape(name: str, output: object, layout: Layout, n: int) -> LayerShape:
    """Shape of a layer's output for one image, from what its module gave for `n` of them.

    Raises
    ------
    SettingsError
        It is neither maps, vectors nor tokens, or not of `n` images.
    """
    tensor = tensor_of(name, output)
    if tensor.ndim not in (2, 3, 4) or not tensor.is_floating_point() or len(tensor) != n:
        raise SettingsError(
            f"layer {name!r} gives {tensor.dtype} {tuple(tensor.shape)} for {n} images, expected "
            "maps (n, channels, height, width), vectors (n, channels) or tokens (n, tokens, "
            "channels); choose another"
        )
    if tensor.ndim == 3:
        return LayerShape(int(tensor.shape[2]), 1, 1, tokens=int(tensor.shape[1]))
    return LayerShape(*(int(size) for size in as_maps(tensor, layout).shape[1:]))


def layout_doubt(
    shapes: Mapping[str, LayerShape],
    layouts: Mapping[str, Layout],
    image_shape: tuple[int, int, int],
) -> str | None:
    """Say which maps look as if they were in the other layout; None where none does.

    Parameters
    ----------
    shapes, layouts
        Layer → shape, as it is read, and how it is read.
    image_shape
        Channels, height, width of the network's images.
    """
    given = {
        name: (one.channels, one.height, one.width)
        if layouts[name] == "channels_first"
        else (one.height, one.width, one.channels)
        for name, one in shapes.items()
    }
    doubtful = [name for name in given if looks_otherwise(given[name], layouts[name], image_shape)]
    if not doubtful:
        return None
    first = doubtful[0]
    more = f" (and {len(doubtful) - 1} more)" if len(doubtful) > 1 else ""
    layout = layouts[first]
    other = "channels_last" if layout == "channels_first" else "channels_first"
    return (
        f"layer {first!r}{more} gives n×{'×'.join(map(str, given[first]))} for images of "
        f"{'×'.join(map(str, image_shape))}: it looks {other} and is read {layout}; set layout: "
        f"{other} if it is"
    )


def looks_otherwise(
    shape: tuple[int, int, int], layout: Layout, image_shape: tuple[int, int, int]
) -> bool:
    """Whether a map, shaped as the network gives it for one image, seems to be in the other layout.

    A map is an image made smaller, by the same factor in both directions. If the two axes that
    would be height and width in the other layout are that, and those of this layout are not, the
    map is likely in the other one. It cannot be told where there are as many channels as columns.
    """
    first = _is_smaller_image(shape[1:], image_shape)
    last = _is_smaller_image(shape[:2], image_shape)
    return last and not first if layout == "channels_first" else first and not last


def _is_smaller_image(sides: tuple[int, ...], image_shape: tuple[int, int, int]) -> bool:
    """Whether two sides have the ratio of the image's, but for a pixel of rounding."""
    height, width = image_shape[1:]
    return abs(sides[0] * width - sides[1] * height) <= max(height, width)
