"""Curves with bands: steps of trainings, scores along a grid, errors by number of samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev

from dcgan_eval.reporting.results.percent import percent
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.results.selections import (
    repeats_of,
    scores_by_value,
    scores_of_choice,
)
from dcgan_eval.reporting.results.series import samples_of
from dcgan_eval.reporting.results.trainings import Training

_NO_END = float("nan")


@dataclass(frozen=True)
class Curve:
    """Points in order of x, and how far each may be off.

    Attributes
    ----------
    chosen
        The x that was chosen; of several choices the commonest.
    low, high
        Ends of the band at each point, NaN where it has none; empty without a band.
    band
        What the band is: ``95 % interval``.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    chosen: float | None = None
    low: tuple[float, ...] = field(default=(), repr=False)
    high: tuple[float, ...] = field(default=(), repr=False)
    band: str = ""


def rung_curve(line: Sequence[Row]) -> Curve:
    """The rows of one representation by number of samples, with their intervals."""
    x = tuple(float(samples_of(row)) for row in line)
    y = tuple(row.value for row in line)
    intervals = [row.interval for row in line]
    levels = {one.level for one in intervals if one}
    if len(levels) != 1:
        return Curve(line[0].name, x, y)
    return Curve(
        line[0].name,
        x,
        y,
        low=tuple(one.low if one else _NO_END for one in intervals),
        high=tuple(one.high if one else _NO_END for one in intervals),
        band=f"{percent(levels.pop()):g} % interval",
    )


def steps_curve(training: Training) -> Curve | None:
    """The validation scores of one training; None where it has none."""
    chosen = None if training.chosen is None else float(training.chosen.number)
    selections = {step.number: step.stored.record.outcome.selection for step in training.steps}
    points = {float(step): scores_of_choice(found) for step, found in selections.items()}
    points = {step: scores for step, scores in points.items() if scores}
    if not points:
        return None
    repeats = repeats_of(next(found for found in selections.values() if found))
    return _spread_curve(training.name, points, chosen, repeats)


def selection_curve(row: Row) -> tuple[Curve, str, str] | None:
    """Scores along the grid of a row's selection, and what x and y are; None where it has none.

    Of several training seeds, or of draws that chose for themselves, the mean at those values
    that all of them tried.
    """
    selections = [stored.record.outcome.selection for stored in row.records]
    if not selections or not all(selections):
        return None
    tried = [scores_by_value(of_record) for of_record in selections]
    if len(tried) == 1:
        points, repeats = tried[0], repeats_of(selections[0])
    else:
        common = [value for value in tried[0] if all(value in one for one in tried)]
        points = {value: tuple(fmean(one[value]) for one in tried) for value in common}
        repeats = "seeds"
    if len(points) < 2:
        return None
    every = Counter(one.chosen for of_record in selections for one in of_record)
    chosen = min(every, key=lambda value: (-every[value], value))
    first = selections[0][0]
    curve = _spread_curve(row.name, points, chosen, repeats)
    return curve, first.parameter, f"{first.metric} (%), {first.scored_on}"


def _spread_curve(
    label: str, points: dict[float, tuple[float, ...]], chosen: float | None, repeats: str
) -> Curve:
    """Means of the scores at each x; where there are several, a band of a standard deviation."""
    x, y = tuple(points), tuple(map(fmean, points.values()))
    n = min(map(len, points.values()))
    if n < 2:
        return Curve(label, x, y, chosen)
    sd = [stdev(scores) for scores in points.values()]
    return Curve(
        label,
        x,
        y,
        chosen,
        low=tuple(mean - one for mean, one in zip(y, sd, strict=True)),
        high=tuple(mean + one for mean, one in zip(y, sd, strict=True)),
        band=f"± 1 sd over {n} {repeats}",
    )


def curve_in_words(curve: Curve, x_name: str) -> str:
    """``A from 61.0 at C 0.001 to 60.2 at 0.1, chosen 0.01``."""
    ends = f"{curve.y[0]:.1f} at {x_name} {curve.x[0]:g} to {curve.y[-1]:.1f} at {curve.x[-1]:g}"
    chosen = "" if curve.chosen is None else f", chosen {curve.chosen:g}"
    return f"{curve.label} from {ends}{chosen}"
