"""Max-pooling of a layer's maps to a small grid, the reduction of the DCGAN paper."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F

from dcgan_eval.core import DataError

SmallMaps = Literal["error", "keep"]


def pooled_sides(height: int, width: int, grid: int, small_maps: SmallMaps) -> tuple[int, int]:
    """Sides of a pooled map: grid × grid, or the map's own where it is smaller and kept.

    Raises
    ------
    DataError
        A side is smaller than the grid and `small_maps` is ``"error"``.
    """
    if small_maps == "error" and min(height, width) < grid:
        raise DataError(
            f"maps of {height}×{width} are smaller than the grid of {grid}×{grid}; choose other "
            "layers, a smaller grid, or small_maps: keep"
        )
    return min(height, grid), min(width, grid)


def max_pool_to_grid(maps: torch.Tensor, grid: int, small_maps: SmallMaps) -> torch.Tensor:
    """Max-pool maps to a grid and flatten.

    Parameters
    ----------
    maps : tensor, (n, channels, height, width)
    grid
        Cells a side. Windows are exact where a side divides by it, adaptive otherwise.
    small_maps
        What becomes of maps with a side smaller than the grid.

    Returns
    -------
    tensor, (n, channels × cells)
        In the order channel, y, x.
    """
    height, width = int(maps.shape[2]), int(maps.shape[3])
    rows, columns = pooled_sides(height, width, grid, small_maps)
    if height % rows == 0 and width % columns == 0:
        pooled = F.max_pool2d(maps, (height // rows, width // columns))
    else:
        pooled = F.adaptive_max_pool2d(maps, (rows, columns))
    return pooled.flatten(1)
