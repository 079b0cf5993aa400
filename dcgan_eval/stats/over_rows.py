"""What is shown beside the interval, under its own name (section 4).

Everything here treats the test items as given: it answers "other draws, these very items".
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from dcgan_eval.stats.items import Floats
from dcgan_eval.stats.mcnemar import mcnemar_exact
from dcgan_eval.stats.results import DrawTests


def authors_spread(row_errors: ArrayLike) -> float:
    """1.96 times the standard deviation (ddof 0) over draws: a spread, not an interval.

    As the code of Radford et al. (2015) reports it for SVHN with 1,000 labels.
    """
    return 1.96 * float(np.std(np.asarray(row_errors, dtype=np.float64)))


def draw_tests(row_differences: Floats) -> DrawTests:
    """Paired t and sign test on B's minus A's error of each draw, given the items."""
    n = row_differences.size
    sd = float(row_differences.std(ddof=1)) if n > 1 else 0.0
    t_p = None
    if sd > 0:
        t = float(row_differences.mean()) / (sd / math.sqrt(n))
        t_p = float(2 * stdtr(n - 1, -abs(t)))
    wins_a, wins_b = int((row_differences > 0).sum()), int((row_differences < 0).sum())
    sign_p = float(mcnemar_exact(wins_a, wins_b)) if wins_a + wins_b else None
    return DrawTests(t_p, n - 1, sign_p, wins_a, wins_b)
