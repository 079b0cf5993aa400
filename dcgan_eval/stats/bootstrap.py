"""Paired bootstrap over items, or over groups of items (one prediction an item)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.stats.items import Floats

_BLOCK = 4_000_000  # counts held at once: 32 MB


def paired_bootstrap(
    columns: Floats,
    codes: NDArray[np.intp] | None,
    rng: np.random.Generator,
    level: float = 0.95,
    replicates: int = 10_000,
) -> tuple[float, float]:
    """Percentile interval of the mean of ``columns`` when items (or groups) are drawn again.

    Parameters
    ----------
    columns
        One value an item: B's error minus A's.
    codes
        Group of each item, 0..G-1: whole groups are drawn. None: items are drawn.
    rng
        Where the replicates come from.
    level
        Nominal coverage.
    replicates
        Number of resamples.

    Notes
    -----
    Units with the same sum and size are interchangeable, so how often each *kind* of unit is
    drawn is multinomial. With 0/1 errors there are three kinds of items and some dozens of
    groups, and the whole bootstrap is one multinomial draw.
    """
    units = np.stack([columns, np.ones_like(columns)], axis=1)  # sum and size of each
    if codes is not None:
        units = np.stack([np.bincount(codes, weights=w) for w in units.T], axis=1)
    kinds, counts = np.unique(units, axis=0, return_counts=True)
    means = np.empty(replicates)
    block = max(1, _BLOCK // len(kinds))
    for start in range(0, replicates, block):
        stop = min(start + block, replicates)
        drawn = rng.multinomial(len(units), counts / len(units), size=stop - start)
        totals = drawn @ kinds
        means[start:stop] = totals[:, 0] / totals[:, 1]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
