"""The branch for many samples: deflated conjugate gradients on the primal (part 3).

All columns in flight share the two products with X of a round; the leading directions of the rows
are solved for exactly, within each round, by the coarse problem.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Advance, Progress, Units
from dcgan_eval.probes.l2svm.coarse import coarse_solve
from dcgan_eval.probes.l2svm.column import Column
from dcgan_eval.probes.l2svm.landing import Landed, land, returned, verify
from dcgan_eval.probes.l2svm.memory import GROUP_OF_TARGETS
from dcgan_eval.probes.l2svm.problem import Problem, Solution
from dcgan_eval.probes.l2svm.products import Vectors
from dcgan_eval.probes.l2svm.rows import Rows, Target
from dcgan_eval.probes.l2svm.threads import single_threaded_workers

# Gap at which a column starts the next rung, and the same of rungs that nobody asked for; looser
# parents cost more passes than they save.
_SPAWN, _SPAWN_UNWANTED = 0.003, 0.02
_RATIO, _GAP_OF_RUNGS = 3.3, 5.0  # between two rungs; a ratio above this gets rungs in between
_RETURNS = 3  # times that a column whose gap float64 does not confirm goes on


@dataclass(frozen=True)
class Rung:
    """One value of C on the ladder; `wanted` if it was asked for."""

    C: float
    wanted: bool


def ladder(Cs: Sequence[float], mean_square: float) -> list[Rung]:
    """15. The values of C (ascending), with rungs in between where they lie far apart.

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


def solve_deflated(problem: Problem, progress: Progress, units: Units, key: str) -> Solution:
    """Solve all subsets: over the same rows where they are most of them, else one after another.

    Of many targets (subsets × classes) a group flies at a time.
    """
    everyone = list(range(len(problem.subsets)))
    together = [everyone] if flies_together(problem.subsets) else [[one] for one in everyone]
    found = Solution.empty(problem)
    total = found.gap.size
    number = 0
    with (
        progress.task("L2-SVM", total, "columns") as advance,
        single_threaded_workers() as workers,
    ):
        for subsets in together:
            rows = Rows(problem, subsets, workers)
            pairs = [(subset, one) for subset in subsets for one in range(problem.targets.columns)]
            for start in range(0, len(pairs), GROUP_OF_TARGETS):
                targets = [rows.target(*pair) for pair in pairs[start : start + GROUP_OF_TARGETS]]
                flight = Flight(rows, targets, units, f"{key} flight-{number:05d}")
                flight.fly(found, advance, progress.say)
                number += 1
    return found


def flies_together(subsets: Sequence[NDArray[np.int64]]) -> bool:
    """Whether subsets hold at least half of their union on average: foreign rows cost nothing."""
    union = len(np.unique(np.concatenate(subsets)))
    return 2 * sum(map(len, subsets)) >= len(subsets) * union


class Flight:
    """Some targets over the same rows, each walking up the ladder of C.

    Parameters
    ----------
    rows
        What they share.
    targets
        Two-class problems.
    units, key
        Where the flight is kept whenever a value of C is finished, and under which name.
    """

    def __init__(self, rows: Rows, targets: list[Target], units: Units, key: str) -> None:
        self.rows, self.targets, self.units, self.key = rows, targets, units, key
        self.problem = rows.problem
        self.rungs = ladder(self.problem.Cs, rows.mean_square)
        strict = self.problem.tol < 1e-4
        self.newton, self.again = (3, 0.03) if strict else (2, 0.1)

    def fly(self, found: Solution, advance: Advance, say: Callable[[str], None]) -> None:
        """Solve, and write the solutions into `found`."""
        live, landed = self._restored()
        advance(len(landed), computed=False)
        for attempt in range(_RETURNS + 1):
            while live:
                live, left = self._round(live)
                landed += left
                advance(len(left))
                self._keep(live, landed, left, say)
            primal, gap = verify(self.rows, landed)
            passes = np.array([one.passes for one in landed])
            doubtful = (gap > self.problem.tol) & (passes < self.problem.max_passes)
            if attempt == _RETURNS or not doubtful.any():
                break
            # 17. What float64 does not confirm goes on from recomputed scores.
            again = [one for one, back in zip(landed, doubtful, strict=True) if back]
            live = returned(self.rows, again)
            landed = [one for one, back in zip(landed, doubtful, strict=True) if not back]
            advance(-len(live))
        asked = [number for number, rung in enumerate(self.rungs) if rung.wanted]
        for one, P, relative in zip(landed, primal, gap, strict=True):
            at = (one.target.subset, asked.index(one.rung), one.target.problem)
            found.coef[at], found.intercept[at] = one.weights[:-1], one.weights[-1]
            found.objective[at], found.gap[at], found.passes[at] = P, relative, one.passes

    def _restored(self) -> tuple[list[Column], list[Landed]]:
        """Where an interrupted flight stood, or the start: w = 0 at the first rung."""
        stored = self.units.get(self.key)
        if stored is None:
            return self._started(), []
        parts: dict[str, dict[str, NDArray[Any]]] = {}
        for name, array in stored.items():
            where, attribute = name.rsplit("/", 1)
            parts.setdefault(where, {})[attribute] = array
        live = [Column.from_arrays(self.targets[int(one.pop("of"))], one)
                for where, one in sorted(parts.items()) if where.startswith("live")]  # fmt: skip
        landed = [
            Landed.from_arrays(self.targets[int(one.pop("of"))], one)
            for where, one in sorted(parts.items())
            if where.startswith("landed")
        ]
        return live, landed

    def _keep(
        self,
        live: Sequence[Column],
        landed: Sequence[Landed],
        left: Sequence[Landed],
        say: Callable[[str], None],
    ) -> None:
        """Tell of each C that is finished in all its columns, and keep where the flight stands."""
        finished = [
            rung
            for rung in sorted({one.rung for one in left})
            if sum(one.rung == rung for one in landed) == len(self.targets)
        ]
        for rung in finished:
            passes = np.mean([one.passes for one in landed if one.rung == rung])
            gaps = {other: max(one.gap for one in live if one.rung == other)
                    for other in sorted({one.rung for one in live})}  # fmt: skip
            flying = ", ".join(f"C={self.rungs[r].C:g} at {gap:.1e}" for r, gap in gaps.items())
            say(
                f"L2-SVM: C={self.rungs[rung].C:g} done in {passes:.1f} passes; "
                f"gaps in flight: {flying or 'none'}"
            )
        if finished:
            arrays = {
                f"{where}/{number:05d}/{name}": array
                for where, columns in (("live", live), ("landed", landed))
                for number, one in enumerate(columns)
                for name, array in (
                    *one.to_arrays().items(),
                    ("of", np.asarray(self.targets.index(one.target))),
                )
            }
            self.units.put(self.key, arrays)

    def _started(self) -> list[Column]:
        """Every target at w = 0 on the first rung, moved to its optimum over the leading."""
        (n, d), width = self.rows.X.shape, self.rows.leading.width
        columns: list[Column] = []
        for target in self.targets:
            a, r, s = (np.zeros(size, self.rows.dtype) for size in (width, d, n))
            gram, active = np.zeros((width, width), self.rows.dtype), np.zeros(n, np.bool_)
            columns.append(Column(target, self.rungs[0].C, 0, a, r, s, gram, active))
        # Every row is active at w = 0: one matrix serves all whose rows cost the same.
        first: dict[int, Column] = {}
        for column in columns:
            like = first.setdefault(id(column.target.costs), column)
            if like is column:
                column.refresh_gram(self.rows.leading.coordinates, column.target.costs > 0)
            column.gram, column.active = like.gram, like.active
        coarse_solve(self.rows.leading, columns, 6, self.again)
        return columns

    def _round(self, live: list[Column]) -> tuple[list[Column], list[Landed]]:
        """One pass over X for all columns in flight: steps 14 to 16."""
        share = self.rows.X.workers.map
        # 14. Dual points, their pulls, and the certificates.
        R = np.empty((len(live), self.rows.X.shape[0]), self.rows.dtype)
        points = list(share(Column.dual_point, live, R))
        pulls = np.empty((len(live), self.rows.X.shape[1] + 1), self.rows.dtype)
        pulls[:, :-1] = self.rows.X.adjoint(R)
        pulls[:, -1] = self.problem.bias * R.sum(axis=1, dtype=np.float64)
        list(share(lambda column, pull, point: column.certify(point[0], pull, *point[1:]),
                   live, pulls, points))  # fmt: skip
        # 15. Good columns start the next rung; those that are done leave.
        parents, going, leaving = [], [], []
        for number, column in enumerate(live):
            column.passes += 0.5
            wanted = self.rungs[column.rung].wanted
            spent = column.passes >= self.problem.max_passes
            enough = max(_SPAWN, self.problem.tol) if wanted else _SPAWN_UNWANTED
            last = column.rung + 1 == len(self.rungs)
            if (column.gap <= enough or spent) and not column.spawned and not last:
                parents.append(column)
                column.spawned = True
            if not (column.gap <= self.problem.tol or spent if wanted else column.spawned):
                going.append(number)
            elif wanted:
                leaving.append(column)
        children = self._children(parents)
        left = land(self.rows, leaving)
        # 16. The others take one step of conjugate gradients.
        going_on = [live[number] for number in going]
        self._advance(going_on, pulls[going])
        return going_on + children, left

    def _advance(self, columns: Sequence[Column], pulls: Vectors) -> None:
        """16. The coarse optimum along the gradient's complement and the last step."""
        if not columns:
            return
        leading = self.rows.leading
        P = pulls[:, :-1] - np.stack([column.r for column in columns])
        coordinates = leading.U.scores(P)
        before = np.sqrt((P * P).sum(axis=1))
        P += leading.U.adjoint(-coordinates)
        # What rounding leaves of a gradient within the leading directions is no direction.
        threshold = 100 * np.finfo(P.dtype).eps * before
        length = np.sqrt((P * P).sum(axis=1))
        P /= np.where(length > threshold, length, np.inf)[:, None]
        Q = self.rows.X.scores(P)
        for column, p, q in zip(columns, P, Q, strict=True):
            column.passes += 0.5
            column.steps = np.stack([p, *column.steps])
            column.step_scores = np.stack([q, *column.step_scores])
        if self.problem.bias > 0:
            coordinates = np.concatenate([coordinates, pulls[:, -1:]], axis=1)
        coarse_solve(leading, columns, self.newton, self.again, coordinates)

    def _children(self, parents: Sequence[Column]) -> list[Column]:
        """15. The next rung from w(C), along r(C) and r of the rung below: no pass over X."""
        if not parents:
            return []
        leading = self.rows.leading
        rest = np.stack([one.scores for one in parents])
        rest -= leading.Z.scores(np.stack([one.a for one in parents]))
        children = []
        for parent, rest_scores in zip(parents, rest, strict=True):
            child = Column(
                parent.target, self.rungs[parent.rung + 1].C, parent.rung + 1,
                parent.a, parent.r, parent.scores, parent.gram, parent.active,
                birth=parent.r, birth_scores=rest_scores,
            )  # fmt: skip
            steps, step_scores = [], []
            for vector, scores in ((parent.r, rest_scores), (parent.birth, parent.birth_scores)):
                length = np.linalg.norm(vector)
                if length > 0:
                    steps.append(vector / length)
                    step_scores.append(scores / length)
            if steps:
                child.steps, child.step_scores = np.stack(steps), np.stack(step_scores)
            children.append(child)
        coarse_solve(leading, children, self.newton, self.again)
        return children
