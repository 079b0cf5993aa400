"""`Pair`: two rows compared, in the unit of their metric."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dcgan_eval.records import MetricInterval
from dcgan_eval.reporting.results.percent import difference_interval, metric_difference, percent
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.stats import Comparison, VariancePart


@dataclass(frozen=True)
class Pair:
    """Two rows compared.

    Attributes
    ----------
    found
        What the statistics say, as shares of errors: everything that has a unit is read from the
        properties of the pair.
    adjusted_p
        p after Holm's correction; None for a single pair, and without a p.
    """

    a: Row
    b: Row
    found: Comparison
    adjusted_p: float | None = None
    sentence: str = ""

    @property
    def significant(self) -> bool | None:
        """Whether the two can be told apart; None where there is no p."""
        p = self.found.p if self.adjusted_p is None else self.adjusted_p
        return None if p is None else p < 1 - self.found.level

    @property
    def difference(self) -> float:
        """Metric of B minus metric of A."""
        return metric_difference(self.found.difference, self.a.better)

    @cached_property
    def interval(self) -> MetricInterval | None:
        """Interval of `difference`."""
        interval = self.found.interval
        return None if interval is None else difference_interval(interval, self.a.better)

    @property
    def standard_error(self) -> float:
        """Of `difference`."""
        return percent(self.found.standard_error)

    @property
    def detectable(self) -> float | None:
        """The true difference that would be found four times in five; None without a p."""
        return None if self.found.detectable is None else percent(self.found.detectable)

    def percent_of_variance(self, part: VariancePart) -> float | None:
        """What a source adds to the variance of the difference; None where nothing varies."""
        variance = self.found.standard_error**2
        return percent(part.share) / variance if variance else None
