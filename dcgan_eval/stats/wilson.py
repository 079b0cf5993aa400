"""Wilson's score interval of one proportion (Wilson 1927)."""

from __future__ import annotations

import math

from scipy.special import ndtri


def wilson(proportion: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Ends of the score interval of a proportion seen on ``n`` independent items.

    ``n`` may be an effective number of items, so it need not be whole.
    """
    z = float(ndtri((1 + level) / 2))
    centre = (proportion + z * z / (2 * n)) / (1 + z * z / n)
    spread = math.sqrt(proportion * (1 - proportion) / n + z * z / (4 * n * n))
    half = z / (1 + z * z / n) * spread
    # At 0 and at n errors one end is 0 or 1 exactly; rounding must not move it.
    low = 0.0 if proportion == 0 else max(0.0, centre - half)
    high = 1.0 if proportion == 1 else min(1.0, centre + half)
    return low, high


def effective_items(proportion: float, n: int, variance: float, n_groups: int) -> float:
    """How many independent items grouped ones are worth: n over the design effect (Kish 1965).

    ``variance`` is that of the mean with groups taken into account. A design effect below one
    counts as one. With no error at all, or nothing but errors, groups show no design effect and
    count as one item each.
    """
    plain = proportion * (1 - proportion) / n
    return float(n_groups) if plain == 0 else n / max(1.0, variance / plain)
