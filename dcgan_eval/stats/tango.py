"""Tango's score interval of a paired difference of proportions (Tango 1998)."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.special import ndtri

_HALVINGS = 60  # of an interval of length 2 at most: to the last bit of a float64


def tango(only_a: int, only_b: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Ends of the score interval of ``(only_b - only_a) / n``.

    Parameters
    ----------
    only_a, only_b
        Items that only A and that only B gets wrong.
    n
        All items.
    level
        Nominal coverage.
    """
    z = float(ndtri((1 + level) / 2))

    def outside(delta: float) -> bool:
        """Whether the score test rejects a true difference of ``delta``."""
        # P(only A), most likely under delta: a root of 2n·q² + linear·q + constant.
        linear = (2 * n - only_b + only_a) * delta - only_b - only_a
        constant = -only_a * delta * (1 - delta)
        root = math.sqrt(max(0.0, linear * linear - 8 * n * constant))
        # Of its two forms the one without cancellation.
        q = (root - linear) / (4 * n) if linear <= 0 else -2 * constant / (root + linear)
        variance = max(0.0, n * (2 * q + delta * (1 - delta)))
        return abs(only_b - only_a - n * delta) > z * math.sqrt(variance)

    estimate = (only_b - only_a) / n
    return _edge(outside, -1.0, estimate), _edge(outside, 1.0, estimate)


def _edge(outside: Callable[[float], bool], far: float, near: float) -> float:
    """Where ``outside`` turns false from ``far`` to ``near``, by halving; ``far`` if at once."""
    for _ in range(_HALVINGS):
        middle = (far + near) / 2
        if outside(middle):
            far = middle
        else:
            near = middle
    return near
