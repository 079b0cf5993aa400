"""The ladder of C that every class walks up (step 15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_RATIO = 3.3  # between two rungs
_GAP_OF_RUNGS = 5.0  # a ratio above this gets rungs in between


@dataclass(frozen=True)
class Rung:
    """One value of C on the ladder; `wanted` if it was asked for."""

    C: float
    wanted: bool


def ladder(Cs: Sequence[float], mean_square: float) -> list[Rung]:
    """The values of C (ascending), with rungs in between where they lie far apart.

    The first rung is near 0.1/mean |x|², where every row is active and one step leads to the
    optimum.
    """
    rungs: list[Rung] = []
    before = 0.1 / mean_square if mean_square > 0 else Cs[0]
    for C in Cs:
        if C / before > _GAP_OF_RUNGS:
            between = int(np.ceil(np.log(C / before) / np.log(_RATIO))) - 1
            grid = np.geomspace(before, C, between + 2)[0 if not rungs else 1 : -1]
            rungs += [Rung(float(value), False) for value in grid]
        rungs.append(Rung(C, True))
        before = C
    return rungs
