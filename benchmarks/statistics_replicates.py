"""What the simulations of the statistics collect."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from dcgan_eval.stats import Estimate, WelchTerms, detectable_difference

Figures = dict[str, float]


class Moments:
    """Means, variances and degrees of freedom of many replicates."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float, float]] = []
        self._welch: list[WelchTerms] = []

    def add(self, mean: float, variance: float, df: float) -> None:
        """One replicate."""
        self._rows.append((mean, variance, df))

    def add_estimate(self, estimate: Estimate) -> None:
        """One replicate of ours."""
        self.add(estimate.mean, estimate.variance, estimate.df)
        if estimate.welch is not None:
            self._welch.append(estimate.welch)

    def covered(self, truth: float) -> float:
        """Percent of the 95 % intervals that hold the truth."""
        mean, variance, df = np.array(self._rows).T
        return 100 * float(
            np.mean(np.abs(mean - truth) <= student.ppf(0.975, df) * np.sqrt(variance))
        )

    def rejected(self) -> float:
        """Percent with p < 5 % for "no difference"."""
        return 100 - self.covered(0.0)

    def detectable(self, kind: str) -> float:
        """A δ80 of these replicates.

        ``two_way``: from the standard error of the cell (the mean variance) and the median
        degrees of freedom; of methods, from the means of what Welch's are made of.
        ``t_quantiles``: from the median degrees of freedom, of methods too. ``normal_quantiles``:
        the same with normal quantiles. ``reported``: the mean of what the replicates report,
        each from its own standard error and df.
        """
        _, variance, df = np.array(self._rows).T
        if kind == "reported":
            welch = self._welch or [None] * len(df)
            each = zip(variance, df, welch, strict=True)
            return float(
                np.mean([detectable_difference(math.sqrt(v), df=f, welch=w) for v, f, w in each])
            )
        if kind == "two_way" and self._welch:
            means = WelchTerms(*np.mean([astuple(one) for one in self._welch], axis=0).tolist())
            return detectable_difference(math.sqrt(variance.mean()), welch=means)
        used = math.inf if kind == "normal_quantiles" else float(np.median(df))
        return detectable_difference(math.sqrt(variance.mean()), df=used)


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.int8]:
    """B's minus A's 0/1 errors."""
    return b.view(np.int8) - a.view(np.int8)
