"""McNemar's test on discordant items: exact, and mid-p (McNemar 1947; Fagerland et al. 2013)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr


def mcnemar_exact(only_a: ArrayLike, only_b: ArrayLike) -> NDArray[Any]:
    """Two-sided exact p: twice the smaller tail of Binomial(n, 1/2), at most 1.

    ``only_a`` and ``only_b`` are the numbers of items that only A and that only B gets wrong;
    arrays of them give an array of p.
    """
    fewer, n = np.minimum(only_a, only_b), np.add(only_a, only_b)
    return np.asarray(np.minimum(1.0, 2 * bdtr(fewer, n, 0.5)))


def mcnemar_midp(only_a: ArrayLike, only_b: ArrayLike) -> NDArray[Any]:
    """Two-sided mid-p: the observed outcome counts half in its tail. Less conservative.

    Where both numbers are equal it is 1 - P(observed)/2, as Fagerland et al. define it.
    """
    fewer, n = np.minimum(only_a, only_b), np.add(only_a, only_b)
    below = np.where(fewer > 0, bdtr(np.maximum(fewer - 1, 0), n, 0.5), 0.0)
    tail = np.where(np.equal(only_a, only_b) & (n > 0), 0.5, bdtr(fewer, n, 0.5))
    return np.asarray(below + tail)
