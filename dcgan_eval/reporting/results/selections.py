"""Scores that hyper-parameters were chosen by: of each value, and of the choice."""

from __future__ import annotations

from collections.abc import Sequence

from dcgan_eval.records import Selection


def scores_by_value(selections: Sequence[Selection]) -> dict[float, tuple[float, ...]]:
    """Scores of each value that every selection tried, ascending.

    Parameters
    ----------
    selections
        Of one record: one, whose scores are those of its draws or folds where it has several; or
        one a draw, each with one score.
    """
    curves = [{point.value: point for point in one.curve} for one in selections]
    common = sorted(value for value in curves[0] if all(value in curve for curve in curves))
    if len(curves) == 1:
        return {value: curves[0][value].scores or (curves[0][value].score,) for value in common}
    return {value: tuple(curve[value].score for curve in curves) for value in common}


def scores_of_choice(selections: Sequence[Selection]) -> tuple[float, ...]:
    """The same at the choice; each of several selections has its own."""
    points = [p for one in selections for p in one.curve if p.value == one.chosen]
    if len(points) == 1:
        return points[0].scores or (points[0].score,)
    return tuple(point.score for point in points)


def repeats_of(selections: Sequence[Selection]) -> str:
    """What several scores are of: ``draws`` or ``folds``."""
    return "folds" if len(selections) == 1 and "folds" in selections[0].scored_on else "draws"
