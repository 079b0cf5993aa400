"""`ComparisonReport`: what a comparison found, in words, tables, CSV and JSON."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

from dcgan_eval.core import SettingsError, did_you_mean
from dcgan_eval.records import MetricInterval
from dcgan_eval.reporting.comparison_grids import details_grid, pairs_grid, parts_grid, rows_grid
from dcgan_eval.reporting.grid import FORMATS, Table, from_dicts
from dcgan_eval.reporting.rows import Row
from dcgan_eval.stats import Comparison


@dataclass(frozen=True)
class Pair:
    """Two rows compared.

    Attributes
    ----------
    found
        As fractions of errors; ``difference`` is the error of B minus that of A.
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
        """Metric of B minus metric of A, in its unit."""
        return self._in_metric(self.found.difference)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Interval of `difference`."""
        interval = self.found.interval
        if interval is None:
            return None
        low, high = sorted((self._in_metric(interval.low), self._in_metric(interval.high)))
        return low, high

    def _in_metric(self, error_difference: float) -> float:
        """Points of the metric: an accuracy rises as the error falls."""
        points = 100.0 * error_difference
        # Adding zero turns a negative zero into a plain one.
        return (-points if self.a.better == "high" else points) + 0.0


@dataclass(frozen=True)
class ComparisonReport:
    """All pairs of several rows of one experiment and metric.

    Attributes
    ----------
    intervals
        Of each row, in its metric's unit.
    warnings
        What a reader must know: differing devices or versions, rows that were left out.
    problems
        Files that could not be used, and why.
    """

    title: str
    rows: tuple[Row, ...]
    intervals: tuple[MetricInterval | None, ...]
    pairs: tuple[Pair, ...]
    level: float
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=(), repr=False)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each pair in words."""
        return tuple(pair.sentence for pair in self.pairs)

    def table(self) -> Table:
        """Grids to look at; as data, one line a pair."""
        grids = [rows_grid(self.title, self.rows, self.intervals), pairs_grid(self.pairs)]
        grids += [grid for grid in (parts_grid(self.pairs), details_grid(self.pairs)) if grid]
        header, data = from_dicts([_flat(pair) for pair in self.pairs])
        return Table(tuple(grids), header, data, self.problems, (*self.sentences, *self.warnings))

    def render(self, format: str = "md") -> str:
        """Write it as ``md``, ``csv``, ``json``, ``latex`` or ``html``."""
        if format == "json":
            return self.to_json()
        known = ["json", *FORMATS.names()]
        if format not in known:
            raise SettingsError(
                f"--format: unknown format {format!r}; {did_you_mean(format, known)}"
            )
        return self.table().render(format)

    def to_json(self) -> str:
        """Everything that was found, as JSON."""
        values = {
            "title": self.title,
            "level": self.level,
            "rows": [_row(row, one) for row, one in zip(self.rows, self.intervals, strict=True)],
            "pairs": [_nested(pair) for pair in self.pairs],
            "warnings": list(self.warnings),
        }
        return json.dumps(values, indent=2, allow_nan=False, ensure_ascii=False) + "\n"

    def __str__(self) -> str:
        return self.render("md")

    def _repr_html_(self) -> str:
        return self.render("html")


def _row(row: Row, interval: MetricInterval | None) -> dict[str, Any]:
    """A row as JSON values."""
    return {
        "representation": row.name,
        "protocol": row.experiment.kind,
        "dataset": row.experiment.dataset,
        "metric": row.label,
        "better": row.better,
        "value": row.value,
        "interval": None if interval is None else interval.model_dump(),
        "n_repeats": row.n_repeats,
        "authors_spread": row.spread,
        "records": row.ids.split(),
    }


def _flat(pair: Pair) -> dict[str, Any]:
    """A pair as one line of a CSV; differences in the metric's unit, B minus A."""
    found, bounds = pair.found, pair.bounds
    interval = found.interval
    tests = found.over_rows
    values: dict[str, Any] = {
        "a": pair.a.name,
        "b": pair.b.name,
        "protocol": pair.a.experiment.kind,
        "dataset": pair.a.experiment.dataset,
        "metric": pair.a.label,
        "value_a": pair.a.value,
        "value_b": pair.b.value,
        "difference": pair.difference,
        "low": bounds[0] if bounds else None,
        "high": bounds[1] if bounds else None,
        "p": found.p,
        "p_holm": pair.adjusted_p,
        "significant": pair.significant,
        "method": found.method,
        "interval_method": interval.method if interval else None,
        "standard_error": 100.0 * found.standard_error,
        "df": None if math.isinf(found.df) else found.df,
        "detectable": None if found.detectable is None else 100.0 * found.detectable,
        "covers": interval.covers if interval else None,
        "given": interval.given if interval else None,
        "rows": found.rows,
        "n_rows_a": found.n_rows_a,
        "n_rows_b": found.n_rows_b,
        "n_items": found.n_items,
        "n_groups": found.n_groups,
        "only_a_wrong": found.discordant[0] if found.discordant else None,
        "only_b_wrong": found.discordant[1] if found.discordant else None,
        "never_disagree": found.never_disagree,
        "conditional_t_p": tests.t_p if tests else None,
        "conditional_sign_p": tests.sign_p if tests else None,
        "draws_a_better": tests.sign_wins_a if tests else None,
        "draws_b_better": tests.sign_wins_b if tests else None,
        "records_a": pair.a.ids,
        "records_b": pair.b.ids,
    }
    return values


def _nested(pair: Pair) -> dict[str, Any]:
    """A pair as JSON values: the CSV's, the variance parts, notes and the sentence."""
    variance = pair.found.standard_error**2
    parts = [
        {
            "name": part.name,
            "component": part.component,
            "share": part.share,
            "share_percent": 100.0 * part.share / variance if variance else None,
            "falls_with_items": part.falls_with_items,
        }
        for part in pair.found.parts
    ]
    return {
        **_flat(pair),
        "pairs": pair.found.pairs,
        "variance_parts": parts,
        "notes": list(pair.found.notes),
        "sentence": pair.sentence,
    }
