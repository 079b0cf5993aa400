"""The order of a map's axes: channels first, as convolutions give it, or last, as Swin does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch

Layout = Literal["channels_first", "channels_last"]


def as_maps(output: torch.Tensor, layout: Layout) -> torch.Tensor:
    """A layer's output as (n, channels, height, width); that of a dense layer has one pixel."""
    if output.ndim == 2:
        return output[:, :, None, None]
    return output if layout == "channels_first" else output.permute(0, 3, 1, 2)


def layout_doubt(
    shapes: Mapping[str, tuple[int, int, int]], layout: Layout, image_shape: tuple[int, int, int]
) -> str | None:
    """Say which maps look as if they were in the other layout; None where none does.

    Parameters
    ----------
    shapes
        Layer → shape of one image's map, as the network gives it.
    layout, image_shape
        See `looks_otherwise`.
    """
    doubtful = [name for name, one in shapes.items() if looks_otherwise(one, layout, image_shape)]
    if not doubtful:
        return None
    first = doubtful[0]
    more = f" (and {len(doubtful) - 1} more)" if len(doubtful) > 1 else ""
    other = "channels_last" if layout == "channels_first" else "channels_first"
    return (
        f"layer {first!r}{more} gives n×{'×'.join(map(str, shapes[first]))} for images of "
        f"{'×'.join(map(str, image_shape))}: it looks {other} and is read {layout}; set layout: "
        f"{other} if it is"
    )


def looks_otherwise(
    shape: tuple[int, int, int], layout: Layout, image_shape: tuple[int, int, int]
) -> bool:
    """Whether a map seems to be in the other layout.

    A map is an image made smaller, by the same factor in both directions. If the two axes that
    would be height and width in the other layout are that, and those of this layout are not, the
    map is likely in the other one. It cannot be told where there are as many channels as columns.

    Parameters
    ----------
    shape
        Of one image's map, as the network gives it.
    layout
        How it is read.
    image_shape
        Channels, height, width of the network's images.
    """
    first = _is_smaller_image(shape[1:], image_shape)
    last = _is_smaller_image(shape[:2], image_shape)
    return last and not first if layout == "channels_first" else first and not last


def _is_smaller_image(sides: tuple[int, ...], image_shape: tuple[int, int, int]) -> bool:
    """Whether two sides have the ratio of the image's, but for a pixel of rounding."""
    height, width = image_shape[1:]
    return abs(sides[0] * width - sides[1] * height) <= max(height, width)
