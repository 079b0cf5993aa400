"""Paths between two points of z."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Nearer to a line through the origin than this (radians) there is no arc to follow, or any.
_STRAIGHT = 1e-6


def linear(a: NDArray[Any], b: NDArray[Any], t: NDArray[np.float64]) -> NDArray[np.float32]:
    """Points a + t (b − a), one a value of t: a straight line at constant speed.

    Parameters
    ----------
    a, b
        Of any shape: points of z, or images.
    t : (n,)

    Returns
    -------
    float32 array, (n, …)
    """
    share = t.reshape(-1, *[1] * a.ndim)
    start, stop = a.astype(np.float64), b.astype(np.float64)
    return (start + share * (stop - start)).astype(np.float32)


def spherical(a: NDArray[Any], b: NDArray[Any], t: NDArray[np.float64]) -> NDArray[np.float32]:
    """Points sin((1 − t)ω)/sin ω · a + sin(tω)/sin ω · b, where ω is the angle between a and b.

    Source: Shoemake 1985, for z White, arXiv 1609.04468: lengths stay those of draws from a normal
    distribution, where the middle of a straight line is shorter than they ever are. Where a and b
    lie on one line, the straight line.

    Parameters
    ----------
    a, b : (d,)
    t : (n,)

    Returns
    -------
    float32 array, (n, d)

    Examples
    --------
    >>> import numpy as np
    >>> from dcgan_eval.studies import spherical
    >>> spherical(np.array([2.0, 0.0]), np.array([0.0, 2.0]), np.array([0.0, 0.5, 1.0])).round(3)
    array([[2.   , 0.   ],
           [1.414, 1.414],
           [0.   , 2.   ]], dtype=float32)
    """
    start, stop = a.astype(np.float64), b.astype(np.float64)
    lengths = math.sqrt(float(start @ start) * float(stop @ stop))
    angle = math.acos(min(1.0, max(-1.0, float(start @ stop) / lengths))) if lengths else 0.0
    if math.sin(angle) < _STRAIGHT:
        return linear(a, b, t)
    share = t[:, None]
    points = np.sin((1 - share) * angle) * start + np.sin(share * angle) * stop
    return np.asarray(points / math.sin(angle), np.float32)
