"""How far a float32 score can be from the truth: the constants of docs/nearest.md, section 3.

The letters are those of the document: u, gamma, alpha, beta, tau.
"""

from __future__ import annotations

import numpy as np

from dcgan_eval.core import DataError

#: u: the unit roundoff of float32, and that of float64.
UNIT32 = 2.0**-24
UNIT64 = 2.0**-53

#: Beyond this many columns gamma is no longer small (step 3.5 needs gamma < 1/32).
MAX_COLUMNS = 2**18

#: Values beyond this are refused: their squared differences come near the end of float64.
MAX_VALUE = 2.0**300

#: A sample whose own term exceeds the square of this is not scanned but decided directly (3.2).
MAX_SCALED_NORM = 2.0**60


def product_margin(columns: int) -> float:
    """Alpha of step 3.5: ``alpha * |x| * |w|`` covers what float32 does to ``-2 x.w``."""
    if columns > MAX_COLUMNS:
        raise DataError(
            f"samples have {columns:,} columns, the error bound holds up to {MAX_COLUMNS:,}: "
            "pool or crop the images"
        )
    terms = columns + 1
    gamma = terms * UNIT32 / (1.0 - terms * UNIT32)
    return 2.0 * (gamma + 4.0 * UNIT32) / (1.0 - 2.0 * gamma)


def underflow_margin(columns: int) -> float:
    """Tau of step 3.6, to be multiplied by ``columns + 1 + |w|``: all underflows together."""
    return 2.0**-118 * (columns + 1)


def threshold_margin(columns: int) -> float:
    """4 g of step 3.8: what float64 does to the exact distances and to the threshold."""
    return 4.0 * (columns + 16) * UNIT64


#: beta of step 3.6: rounding of a sample's own term to float32, and its addition.
OWN_MARGIN = 3.0 * UNIT32

#: The absolute part of step 3.8: underflow in float64.
THRESHOLD_FLOOR = 2.0**-200

#: A factor that covers the rounding of the norms themselves (3.5).
NORM_MARGIN = 1.0 + 2.0**-20


def round_up(values: np.ndarray) -> np.ndarray:
    """The next float32 not below each float64 value."""
    rounded = values.astype(np.float32)
    low = rounded < values
    rounded[low] = np.nextafter(rounded[low], np.float32(np.inf))
    return rounded


def power_of_two_scale(largest: float) -> float:
    """Sigma of step 3.1: the power of two that takes ``largest`` into [1, 2)."""
    if largest == 0.0:
        return 1.0
    exponent = int(np.floor(np.log2(largest)))
    return float(2.0 ** -max(-400, min(301, exponent)))
