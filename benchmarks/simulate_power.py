"""Does a planned comparison have the power that `power` promises? By simulation.

Run from the root of the repository (one core, a few minutes):

    python -m benchmarks.simulate_power --record

Errors are drawn as in `benchmarks.error_model`. Of each case a pilot's variances are the means
over many pilots, so that only the planning is at stake; items and rows are then counted for a true
difference and 80 %, and `compare_paired` is run on new data of that size. All in percent:

- ``promised``: the power at the size that was planned; ``reached``: p < 5 % among the replicates.
- ``single/...``: from each of 200 single pilots, the power at what it plans (by the variances of
  all of them): quantiles 5, 50 and 95; and how often its range holds what is needed.

``misses`` in the record names what was reached by over `LIMIT` points more or less than promised.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.common import Benchmark
from benchmarks.error_model import TRUTHS, Truth, draw_pair, photo_groups
from benchmarks.statistics_replicates import Figures
from benchmarks.statistics_rows import METHODS
from dcgan_eval.core import rng_for
from dcgan_eval.stats import Comparison, Design, Pilot, compare_paired

LIMIT = 3.0
PILOTS = 200
WANTED = 0.8
Size = tuple[int, int]  # rows, items


@dataclass(frozen=True)
class Case:
    """A truth, the true difference to be found, and the pilot's size.

    Attributes
    ----------
    rows
        For which items are counted; rows are counted for the pilot's items.
    """

    name: str
    truth: Truth
    design: Design
    difference: float
    pilot: Size
    rows: tuple[int, ...]
    grouped: bool = False
    mid_p: bool = False

    def compared(self, rng: np.random.Generator, size: Size) -> Comparison:
        """Draw errors and compare them."""
        rows, items = size
        groups = photo_groups(items, rng) if self.grouped else None
        c = self.truth.c_for(self.truth.error(0.0) + self.difference)
        a, b = draw_pair(rng, self.truth, (rows, rows), items, (0.0, c), groups=groups)
        return compare_paired(a, b, self.design, groups=groups, mid_p=self.mid_p)


_NO_DRAWS = Truth(0.0, 0.3, 0.0, 0.0)
CASES = (
    Case("McNemar, exact", _NO_DRAWS, Design("none"), 0.02, (1, 2000), (1,)),
    Case("McNemar, exact, few discordant", _NO_DRAWS, Design("none"), 0.06, (1, 2000), (1,)),
    Case("McNemar, mid-p", _NO_DRAWS, Design("none"), 0.02, (1, 2000), (1,), mid_p=True),
    Case("z over groups", Truth(0, 0.3, 0.5, 0), Design("none"), 0.04, (1, 2000), (1,), True),
    Case("interaction", TRUTHS["interaction"], Design("draws"), 0.01, (10, 500), (3, 5, 10, 50)),
    Case("items", TRUTHS["items"], Design("draws"), 0.03, (10, 2000), (3, 10, 50)),
    Case("draws", TRUTHS["draws"], Design("draws"), 0.04, (10, 2000), (10, 20)),
    Case("all", TRUTHS["all"], Design("draws"), 0.03, (10, 2000), (10, 20, 50)),
    Case("all, groups", TRUTHS["all"], Design("draws"), 0.03, (10, 2000), (20,), True),
    Case("methods", METHODS, Design("seeds", setting="method"), 0.06, (5, 2000), (5, 10)),
)


def mean_pilot(pilots: Sequence[Pilot]) -> Pilot:
    """A pilot with the mean variances of several."""
    return replace(
        pilots[0],
        items=float(np.mean([one.items for one in pilots])),
        rows=tuple(np.mean([one.rows for one in pilots], axis=0).tolist()),
        cells=tuple(np.mean([one.cells for one in pilots], axis=0).tolist()),
    )


def plans(case: Case, pilot: Pilot) -> Iterator[tuple[str, Size, Callable[[Pilot], int | None]]]:
    """What is counted, the size that comes out, and how another pilot counts it."""
    for rows in case.rows:

        def items(one: Pilot, rows: int = rows) -> int | None:
            return one.items_needed(case.difference, rows, WANTED)

        n = items(pilot)
        if n is not None:
            yield f"items by {rows}", (rows, n), items
    if pilot.rows:

        def needed(one: Pilot) -> int | None:
            return one.rows_needed(case.difference, power=WANTED)

        n = needed(pilot)
        if n is not None:
            yield "rows", (n, case.pilot[1]), needed


def simulate(case: Case, replicates: int) -> Figures:
    """Promised and reached power of each plan, and what single pilots would have done.

    Without replicates nothing is compared, and there is no reached power.
    """
    figures: Figures = {}
    rng = rng_for("power", case.name)
    singles = [Pilot.of(case.compared(rng, case.pilot)) for _ in range(PILOTS)]
    pilot = mean_pilot(singles)
    for what, size, count in plans(case, pilot):
        key = f"{case.name}/{what}"
        rows, items = size
        figures[f"rows/{key}"], figures[f"items/{key}"] = rows, items
        figures[f"promised/{key}"] = 100 * pilot.power(case.difference, items, rows)
        if replicates:
            p = [case.compared(rng, size).p for _ in range(replicates)]
            found = np.array([np.nan if one is None else one for one in p]) < 0.05
            figures[f"reached/{key}"] = 100 * float(found.mean())
        print(key, {name: round(value, 1) for name, value in figures.items() if key in name})
        figures |= single_pilots(key, case, pilot, singles, size, count)
    return figures


def single_pilots(
    key: str,
    case: Case,
    pilot: Pilot,
    singles: Sequence[Pilot],
    size: Size,
    count: Callable[[Pilot], int | None],
) -> Figures:
    """Quantiles of the power at what single pilots plan, and how often their range is right."""
    rows, items = size
    needed = rows if key.endswith("rows") else items
    powers, held = [], []
    for one in singles:
        n = count(one)
        if n is None:
            powers.append(100.0)  # as many as there are: no plan falls short
        elif key.endswith("rows"):
            powers.append(100 * pilot.power(case.difference, items, n))
        else:
            powers.append(100 * pilot.power(case.difference, n, rows))
        low, high = (count(extreme) for extreme in one.extremes)
        held.append((low or np.inf) <= needed <= (high or np.inf))
    low, median, high = np.percentile(powers, [5, 50, 95])
    return {
        f"single/low/{key}": float(low),
        f"single/median/{key}": float(median),
        f"single/high/{key}": float(high),
        f"range_holds/{key}": 100 * float(np.mean(held)),
    }


def misses(figures: Figures) -> list[str]:
    """What was promised and not reached."""
    return [
        f"{name.removeprefix('promised/')}: {promised:.1f} promised, {reached:.1f} reached"
        for name, promised in figures.items()
        if name.startswith("promised/")
        and abs((reached := figures[name.replace("promised", "reached", 1)]) - promised) > LIMIT
    ]


def main() -> None:
    """Simulate, print what is not reached, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=2_000)
    parser.add_argument(
        "--pilots-alone",
        action="store_true",
        help="plan again, and keep the reached power of the record, which is of the same plans",
    )
    benchmark = Benchmark("power", parser)
    alone, n = benchmark.options.pilots_alone, benchmark.options.replicates
    figures, details = benchmark.kept() if alone else ({}, {})
    if alone and details.get("replicates") != n:
        parser.error(f"{benchmark.path} is not of {n} replicates: leave --pilots-alone out")
    for case in CASES:
        made = simulate(case, 0 if alone else n)
        if alone and any(
            figures[name] != made[name] for name in made if name.startswith(("rows/", "items/"))
        ):
            parser.error(f"{case.name} is planned otherwise now: leave --pilots-alone out")
        figures |= made
    missed = misses(figures)
    print(*(missed or ["every promise is reached"]), sep="\n")
    details = {"replicates": n, "limit": LIMIT, "misses": missed}
    benchmark.record(figures, details)


if __name__ == "__main__":
    main()
