"""What becomes of a layer's maps and tokens: a small grid of cells, the class token, a mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
import torch.nn.functional as F

from dcgan_eval.core import DataError, SettingsError

if TYPE_CHECKING:
    from dcgan_eval.models import LayerShape

SmallMaps = Literal["error", "keep"]
Pool = Literal["max", "avg", "gem"]
Tokens = Literal["cls", "mean", "cls+mean"]

# Exponent and floor of generalised-mean pooling: Radenović, Tolias, Chum, "Fine-tuning CNN Image
# Retrieval with No Human Annotation", arXiv 1711.02512 (its p before training), and its code.
GEM_P = 3.0
GEM_EPS = 1e-6
# A class token, a distillation token and four registers are the most that is usual.
_MOST_PREFIX = 6


@dataclass(frozen=True)
class Pooling:
    """How the outputs of layers become columns.

    Attributes
    ----------
    grid
        Cells a side of the pooled maps. Windows are exact where a side divides by it, adaptive
        otherwise.
    small_maps
        What becomes of maps with a side smaller than the grid: ``"error"`` or ``"keep"``.
    pool
        Of a cell: its largest value (``"max"``, the DCGAN paper's), its mean (``"avg"``), or
        ``"gem"``, (mean of max(x, eps)^p)^(1/p).
    gem_p, gem_eps
        p and eps of ``"gem"``.
    tokens
        Of layers that give tokens (n, tokens, channels): the first, which is the class token
        (``"cls"``), the mean of those that stand for patches (``"mean"``), or both side by side.
    prefix_tokens
        How many tokens stand before the patches': a class token, a distillation token, registers.
    """

    grid: int = 4
    small_maps: SmallMaps = "error"
    pool: Pool = "max"
    gem_p: float = GEM_P
    gem_eps: float = GEM_EPS
    tokens: Tokens | None = None
    prefix_tokens: int = 1

    def identity_values(self) -> dict[str, Any]:
        """What decides the columns; ids were made before any but the first two could be chosen."""
        values: dict[str, Any] = {"grid": self.grid, "small_maps": self.small_maps}
        if self.pool == "gem":
            values["pool"] = {"gem": {"p": self.gem_p, "eps": self.gem_eps}}
        elif self.pool != "max":
            values["pool"] = self.pool
        if self.tokens is not None:
            values |= {"tokens": self.tokens, "prefix_tokens": self.prefix_tokens}
        return values

    def check(self, layers: Iterable[LayerShape]) -> None:
        """Refuse what has no effect on some layers, and tokens of which nothing is said.

        Raises
        ------
        SettingsError
            Layers give tokens and `tokens` is None, or the other way round; there are not so many
            tokens; a pooling of maps where there are none.
        """
        shapes = list(layers)
        counts = [shape.tokens for shape in shapes if shape.tokens is not None]
        if self.tokens is None:
            if counts:
                raise SettingsError(
                    f"a layer gives {counts[0]} tokens; set tokens: cls, mean or cls+mean"
                )
            return
        if not counts:
            raise SettingsError(f"no layer gives tokens; remove tokens: {self.tokens}")
        if len(counts) == len(shapes) and self.pool != "max":
            raise SettingsError(f"all layers give tokens; remove pool: {self.pool}")
        if "cls" in self.tokens and self.prefix_tokens == 0:
            raise SettingsError(f"tokens: {self.tokens} with prefix_tokens: 0; use tokens: mean")
        if min(counts) <= self.prefix_tokens:
            raise SettingsError(
                f"a layer gives {min(counts)} tokens, prefix_tokens is {self.prefix_tokens}; set "
                "it to how many stand before those of the patches"
            )

    def columns(self, shape: LayerShape) -> int:
        """Columns of a layer of this shape.

        Raises
        ------
        DataError
            See `pooled_sides`.
        """
        if shape.tokens is not None:
            return shape.channels * (2 if self.tokens == "cls+mean" else 1)
        rows, columns = pooled_sides(shape.height, shape.width, self.grid, self.small_maps)
        return shape.channels * rows * columns

    def __call__(self, outputs: torch.Tensor) -> torch.Tensor:
        """Pool and flatten.

        Parameters
        ----------
        outputs : tensor
            Maps (n, channels, height, width), or tokens (n, tokens, channels).

        Returns
        -------
        tensor, (n, columns)
            In the order channel, y, x.
        """
        if outputs.ndim == 3:
            wanted = (self.tokens or "").split("+")
            parts = {"cls": outputs[:, 0], "mean": outputs[:, self.prefix_tokens :].mean(1)}
            return torch.cat([parts[part] for part in wanted], 1)
        if self.pool == "max":
            return max_pool_to_grid(outputs, self.grid, self.small_maps)
        if self.pool == "avg":
            return avg_pool_to_grid(outputs, self.grid, self.small_maps)
        powers = outputs.clamp(min=self.gem_eps).pow(self.gem_p)
        means = avg_pool_to_grid(powers, self.grid, self.small_maps)
        return means.pow(1 / self.gem_p)


def prefix_doubt(
    layers: Iterable[LayerShape], pooling: Pooling, image_shape: tuple[int, int, int]
) -> str | None:
    """Say what number of tokens seems to stand before the patches', where it is another.

    The patches of an image are as many as fit into it side by side. Where the rest of a layer's
    tokens are not so many for any side of a patch, and with another `prefix_tokens` they are, that
    is likely the right one. It decides means; for a class token that there is none.
    """
    _, height, width = image_shape
    grids = {(height // side) * (width // side) for side in range(1, min(height, width) + 1)}
    for count in sorted({shape.tokens or 0 for shape in layers} - {0}):
        if count - pooling.prefix_tokens in grids:
            continue
        others = [prefix for prefix in range(_MOST_PREFIX + 1) if count - prefix in grids]
        if pooling.tokens == "cls" and 0 not in others:
            continue
        if others:
            return (
                f"a layer gives {count} tokens for images of {height}×{width}: {others[0]} seem to "
                f"stand before those of the patches, prefix_tokens is {pooling.prefix_tokens}; set "
                "it if that is so"
            )
    return None


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
    """Largest value of each cell of a grid, flattened: (n, channels × cells)."""
    height, width = int(maps.shape[2]), int(maps.shape[3])
    rows, columns = pooled_sides(height, width, grid, small_maps)
    if height % rows == 0 and width % columns == 0:
        pooled = F.max_pool2d(maps, (height // rows, width // columns))
    else:
        pooled = F.adaptive_max_pool2d(maps, (rows, columns))
    return pooled.flatten(1)


def avg_pool_to_grid(maps: torch.Tensor, grid: int, small_maps: SmallMaps) -> torch.Tensor:
    """Mean of each cell of the same grid, flattened: (n, channels × cells)."""
    sides = pooled_sides(int(maps.shape[2]), int(maps.shape[3]), grid, small_maps)
    return F.adaptive_avg_pool2d(maps, sides).flatten(1)
