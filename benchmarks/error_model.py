"""The errors that the simulations of the statistics draw: a model with a known truth.

The error of representation k on item n in draw d is

    1[ u_n + v_d + own_kn + own_kd + noise_kdn > 1 - c_k ]

with u standard normal and all others normal of the standard deviations below, so that the true
error is a normal tail.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Errors = NDArray[np.uint8]


@dataclass(frozen=True)
class Truth:
    """Standard deviations of what is added to u_n."""

    draw: float
    """v_d: a draw is hard for both."""
    noise: float
    """noise_kdn: draw x item, of each representation its own."""
    own_item: float
    """own_kn: an item is hard for one of them."""
    own_draw: float
    """own_kd: a draw (or training seed) is hard for one of them."""

    def error(self, c: float) -> float:
        """The true mean error of a representation with this c."""
        parts = (1.0, self.draw, self.noise, self.own_item, self.own_draw)
        return float(norm.sf((1 - c) / math.sqrt(sum(s * s for s in parts))))

    def c_for(self, error: float) -> float:
        """The c with this true mean error."""
        parts = (1.0, self.draw, self.noise, self.own_item, self.own_draw)
        return 1 - float(norm.isf(error)) * math.sqrt(sum(s * s for s in parts))


TRUTHS = {
    "interaction": Truth(0.02, 0.3, 0.0, 0.0),
    "items": Truth(0.02, 0.1, 0.5, 0.0),
    "draws": Truth(0.05, 0.3, 0.0, 0.15),
    "all": Truth(0.1, 0.4, 0.3, 0.08),
}
C_OF_B = 0.05
"""c of A is 0, c of B this: a true difference of about one point of percent."""
SIZES = ((5, 2000), (10, 2000), (20, 500), (100, 400))


def photo_groups(n_items: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Group ids of items: groups of 1 to 5, as the digits of a photo."""
    sizes = rng.integers(1, 6, size=n_items)
    return np.repeat(np.arange(n_items), sizes)[:n_items]


def item_effects(
    rng: np.random.Generator, n: int, groups: NDArray[np.intp] | None, shared: float
) -> NDArray[np.float32]:
    """Standard normal effects of items; those of a group share this part of their variance."""
    own = rng.standard_normal(n, dtype=np.float32)
    if groups is None:
        return own
    common = rng.standard_normal(int(groups.max()) + 1, dtype=np.float32)[groups]
    return np.float32(math.sqrt(shared)) * common + np.float32(math.sqrt(1 - shared)) * own


def draw_pair(
    rng: np.random.Generator,
    truth: Truth,
    n_rows: tuple[int, int],
    n_items: int,
    c: tuple[float, float],
    *,
    groups: NDArray[np.intp] | None = None,
    shared: float = 0.5,
    shared_noise: float = 0.0,
) -> tuple[Errors, Errors]:
    """Errors of A and of B, rows x items.

    With equal numbers of rows, rows are draws that both see (v_d is common). With groups, the
    effects of items share ``shared`` of their variance within a group, and the noise of each
    row ``shared_noise`` of its own.
    """
    u = item_effects(rng, n_items, groups, shared)
    v = np.float32(truth.draw) * rng.standard_normal(max(n_rows), dtype=np.float32)
    made = []
    for rows, c_k in zip(n_rows, c, strict=True):
        own = np.float32(truth.own_item) * item_effects(rng, n_items, groups, shared)
        row = v[:rows] + np.float32(truth.own_draw) * rng.standard_normal(rows, dtype=np.float32)
        noise = rng.standard_normal((rows, n_items), dtype=np.float32)
        if groups is not None and shared_noise > 0:
            of_groups = rng.standard_normal((rows, int(groups.max()) + 1), dtype=np.float32)
            noise *= np.float32(math.sqrt(1 - shared_noise))
            noise += np.float32(math.sqrt(shared_noise)) * of_groups[:, groups]
        noise *= np.float32(truth.noise)
        noise += u + own
        noise += row[:, np.newaxis]
        made.append((noise > 1 - c_k).view(np.uint8))
    return made[0], made[1]
