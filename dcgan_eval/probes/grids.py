"""Grids of C in half decades, around a value that suits the scale of the features."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dcgan_eval.core import Indices
from dcgan_eval.probes.matrix import Matrix
from dcgan_eval.probes.scaling import mean_squared_norm


def half_decades_around(X: Matrix, rows: Indices, centre: float) -> tuple[float, ...]:
    """Seven half-decade steps around C = centre/mean‖x‖²."""
    norm = mean_squared_norm(X, rows)
    middle = round(2 * math.log10(centre / norm)) if norm > 0 else 0
    return tuple(_half_decade(middle + step) for step in range(-3, 4))


def half_decades_beyond(grid: Sequence[float], upwards: bool) -> tuple[float, ...]:
    """Two half-decade steps beyond an end."""
    at = round(2 * math.log10(grid[-1] if upwards else grid[0]))
    steps = (at + 1, at + 2) if upwards else (at - 2, at - 1)
    return tuple(_half_decade(step) for step in steps)


def _half_decade(step: int) -> float:
    """10^(step/2) as people write it: 1e-4, 3e-4, 1e-3."""
    decade, half = divmod(step, 2)
    return float(f"{3 if half else 1}e{decade}")
