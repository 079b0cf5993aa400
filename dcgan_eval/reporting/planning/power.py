"""How many test items, labelled draws or seeds a comparison takes, from a pilot."""

from __future__ import annotations

from collections.abc import Sequence

from dcgan_eval.core import SettingsError, did_you_mean
from dcgan_eval.reporting.comparison.comparison_report import ComparisonReport
from dcgan_eval.reporting.comparison.pair import Pair
from dcgan_eval.reporting.planning.goal import make_goal
from dcgan_eval.reporting.planning.power_report import PowerReport, size_of
from dcgan_eval.reporting.results.percent import percent
from dcgan_eval.stats import FEWEST_SEEDS, POWER, Pilot

DIFFERENCES = (0.5, 1.0, 2.0, 3.0, 5.0)
"""In points of percent."""
_MULTIPLES = (0.5, 1, 2, 5, 10)


def power(
    pilot: ComparisonReport,
    *,
    pair: tuple[str, str] | None = None,
    differences: Sequence[float] = DIFFERENCES,
    power: float = POWER,
    repeats: Sequence[int] = (),
) -> PowerReport:
    """How many test items, labelled draws or seeds find a true difference, from a pilot.

    Parameters
    ----------
    pilot
        A comparison of two; of more, with `pair`: its level is then divided by the pairs.
    pair
        Names of the two.
    differences
        True differences to be found, in points of percent.
    power
        The chance of finding them, a fraction.
    repeats
        Numbers of draws or seeds for which items are counted; some around the pilot's when empty.

    Raises
    ------
    SettingsError
        Unknown names, impossible numbers, or repeats of a pilot that says nothing of them.
    DataError
        A pilot in which nothing varies.

    Examples
    --------
    >>> import dcgan_eval as de
    >>> pilot = de.compare("results/cifar10_3000")
    >>> pair = "raw pixels", "random weights, layers 1-4"
    >>> found = de.power(pilot, pair=pair, differences=[1, 2])
    >>> [goal.items.number is not None for goal in found.goals]
    [True, True]
    """
    chosen = _chosen(pilot, pair)
    said = Pilot.of(chosen.found)
    if not differences or not all(0 < one < 100 for one in differences):
        raise SettingsError(f"differences {list(differences)}: expected points above 0, below 100")
    if not said.alpha < power < 1:
        raise SettingsError(
            f"power {power:g}: expected a fraction above the level of the test, such as 0.8"
        )
    if repeats and not said.rows:
        raise SettingsError("repeats: the pilot has none whose variance is known; leave them out")
    if any(n < said.fewest_rows for n in repeats):
        raise SettingsError(f"repeats {list(repeats)}: the test takes at least {said.fewest_rows}")
    around = {max(said.fewest_rows, round(k * min(said.n_rows))) for k in _MULTIPLES}
    numbers = tuple(repeats) or tuple(sorted(around))
    goals = tuple(make_goal(said, one, power, numbers if said.rows else ()) for one in differences)
    notes = (*_notes(chosen, said, pilot.items), *pilot.warnings)
    return PowerReport(chosen, said, power, goals, notes, pilot.items)


def _chosen(report: ComparisonReport, pair: tuple[str, str] | None) -> Pair:
    """The pair that was named, or the only one."""
    if pair is None:
        if len(report.pairs) == 1:
            return report.pairs[0]
        raise SettingsError(
            f"the pilot has {len(report.pairs)} pairs; name one of them: --pair A B"
        )
    names = [row.name for row in report.rows]
    for name in pair:
        if name not in names:
            raise SettingsError(f"pair: no result is called {name!r}; {did_you_mean(name, names)}")
    found = [one for one in report.pairs if {one.a.name, one.b.name} == set(pair)]
    if not found:
        raise SettingsError(f"pair {pair[0]!r} twice: name two results")
    return found[0]


def _notes(pair: Pair, pilot: Pilot, items: str) -> tuple[str, ...]:
    """What the pilot is, and what it says nothing about."""
    found = pair.found
    level = f"at {percent(1 - found.level):g} %"
    if found.pairs > 1:
        level += f" divided by {found.pairs} pairs (name two results alone for one pair)"
    size = size_of(found, items)
    notes = [f"Pilot: {pair.a.name} and {pair.b.name} on {size}; {pilot.method}, {level}."]
    if found.rows == "draws" and not pilot.rows:
        notes.append(
            "One draw: how much results differ between draws of labels is not known from it, so "
            "power is that on this draw, and how many draws are needed cannot be said."
        )
    if len(pilot.rows) < 2:
        notes.append(
            f"Fewer than {FEWEST_SEEDS} training seeds of either: power is that for these "
            "checkpoints, and how many seeds are needed to compare methods cannot be said."
        )
    return tuple(notes)
