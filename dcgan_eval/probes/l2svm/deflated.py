"""The branch for many samples: deflated conjugate gradients on the primal (part 3).

All columns share the two products with X of an iteration; the leading directions of the rows are
solved for exactly, within each iteration, by the coarse problem.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import Progress, Units
from dcgan_eval.probes.l2svm.coarse import CoarseSettings, Directions, coarse_solve
from dcgan_eval.probes.l2svm.columns import Columns, Landed, new_columns
from dcgan_eval.probes.l2svm.costs import Costs
from dcgan_eval.probes.l2svm.ladder import ladder
from dcgan_eval.probes.l2svm.leading import find_leading
from dcgan_eval.probes.l2svm.memory import choose_rank
from dcgan_eval.probes.l2svm.problem import OneVsRest, primal_value, relative_gap
from dcgan_eval.probes.l2svm.rows import RowBlocks
from dcgan_eval.probes.l2svm.span import SubsetSolution
from dcgan_eval.probes.l2svm.verify import solutions, verify
from dcgan_eval.probes.matrix import Matrix

_SPAWN = (
    0.003  # gap at which a column starts the next rung; looser parents cost more than they save
)
_SPAWN_UNWANTED = 0.02  # the same of rungs that nobody asked for
_RETURNS = 3  # times that a column whose gap float64 does not confirm goes on


def solve_deflated(
    X: Matrix,
    problem: OneVsRest,
    subsets: Sequence[NDArray[np.int64]],
    Cs: Sequence[float],
    bias: float,
    tol: float,
    max_passes: int,
    device: str,
    block_rows: int | None,
    progress: Progress,
    units: Units,
    key: str,
) -> list[SubsetSolution]:
    """Solve all subsets: in one flight where they are most of the rows, else one after another."""
    union = len(np.unique(np.concatenate(subsets)))
    together = 2 * sum(map(len, subsets)) >= len(subsets) * union
    found = []
    for number, flight in enumerate([subsets] if together else [[one] for one in subsets]):
        rank, sample = choose_rank(max(map(len, flight)), X.shape[1])
        solver = DeflatedSolver(
            X, problem, flight, Cs, bias, tol, max_passes, device, block_rows, rank, sample,
            progress, units, f"{key} flight-{number:05d}",
        )  # fmt: skip
        found += solver.solve()
    return found


class DeflatedSolver:
    """Solve several subsets of the same rows together, each at all values of C.

    Parameters
    ----------
    X, problem, bias, device, block_rows
        As in `RowBlocks` and `OneVsRest`.
    subsets
        Sorted rows of each subset, those of weight zero left out.
    Cs
        Ascending.
    tol
        Relative gap to reach, confirmed in float64.
    max_passes
        Passes over X allowed to a column.
    rank, sample
        Number of leading directions, and rows that they are found from.
    """

    def __init__(
        self,
        X: Matrix,
        problem: OneVsRest,
        subsets: Sequence[NDArray[np.int64]],
        Cs: Sequence[float],
        bias: float,
        tol: float,
        max_passes: int,
        device: str,
        block_rows: int | None,
        rank: int,
        sample: int,
        progress: Progress,
        units: Units,
        key: str,
    ) -> None:
        self.X, self.problem, self.subsets, self.Cs = X, problem, subsets, Cs
        self.bias, self.tol, self.max_passes = bias, tol, max_passes
        self.device, self.block_rows = device, block_rows
        self.rank, self.sample = rank, sample
        self.progress, self.units, self.key = progress, units, key
        # float32 certifies 1e-5; what it cannot certify any more begins near 1e-6.
        self.dtype = torch.float32 if tol >= 1e-5 else torch.float64
        self.coarse = CoarseSettings() if tol >= 1e-4 else CoarseSettings(3, 0.05, 8, 0.1)

    def solve(self) -> list[SubsetSolution]:
        """The solutions of all subsets."""
        rows = np.unique(np.concatenate(self.subsets))
        whole = len(rows) == self.X.shape[0]
        self.reader = self._reader(None if whole else rows, self.dtype)
        self.costs = Costs(self.problem, self.subsets, rows, self.dtype, self.device)
        self.signs = torch.from_numpy(self.problem.signs(rows)).to(self.device, self.dtype)
        self.leading = find_leading(self.reader, self.rank, self.sample)
        mean_square = float((self.leading.Z**2).sum()) / len(rows)
        self.rungs = ladder(self.Cs, mean_square)
        live, landed = self._restored()
        total = len(self.subsets) * self.problem.columns * sum(rung.wanted for rung in self.rungs)
        with self.progress.task("L2-SVM", total, "columns") as advance:
            advance(len(landed), computed=False)
            for attempt in range(_RETURNS + 1):
                while len(live):
                    live, left = self._iterate(live)
                    landed = Landed.joined([landed, left])
                    advance(len(left))
                    self._tell_and_keep(live, landed, left)
                primal, gap = verify(
                    self._reader(self.reader.rows, torch.float64),
                    landed,
                    self.signs[landed.problem].double(),
                    self._costs(landed).double(),
                )
                doubtful = (gap > self.tol) & (landed.passes < self.max_passes)
                if attempt == _RETURNS or not bool(doubtful.any()):
                    break
                # 17. What float64 does not confirm goes on from recomputed scores.
                live = self._returned(landed.chosen(doubtful))
                landed = landed.chosen(~doubtful)
        shape = (len(self.subsets), len(self.Cs), self.problem.columns)
        return solutions(landed, primal, gap, shape, self.reader)

    def _reader(self, rows: NDArray[np.int64] | None, dtype: torch.dtype) -> RowBlocks:
        """X for products in `dtype`."""
        return RowBlocks(self.X, rows, self.bias, dtype, self.device, self.block_rows)

    def _restored(self) -> tuple[Columns, Landed]:
        """Where an interrupted flight stood, or the start: w = 0 at the first rung."""
        start, none = self._started(), self._no_landed()
        stored = self.units.get(self.key)
        if stored is None:
            return self._begun(start), none
        parts = {"live": {}, "landed": {}}  # type: dict[str, dict[str, NDArray[np.generic]]]
        for name, array in stored.items():
            table, field = name.split("/")
            parts[table][field] = array
        return (
            start.chosen(torch.zeros(0, dtype=torch.int64)).filled(parts["live"], self.device),
            none.filled(parts["landed"], self.device),
        )

    def _started(self) -> Columns:
        """Every (subset, class) at w = 0 on the first rung."""
        problems = self.problem.columns
        which = torch.arange(len(self.subsets) * problems, device=self.device)
        q, n = len(which), self.reader.n
        zeros = self.leading.U.new_zeros
        return new_columns(
            which // problems,
            torch.zeros_like(which),
            which % problems,
            zeros((q, len(self.leading.U))),
            zeros((q, self.reader.width)),
            zeros((q, n)),
        )

    def _no_landed(self) -> Landed:
        """An empty table of landed columns."""
        index = torch.zeros(0, dtype=torch.int64, device=self.device)
        zeros = self.leading.U.new_zeros
        passes = torch.zeros(0, dtype=torch.float64, device=self.device)
        return Landed(
            index, index, index, passes, zeros((0, self.reader.width)), zeros((0, self.reader.n))
        )

    def _begun(self, columns: Columns) -> Columns:
        """The first coarse solution: no further directions, more Newton steps from w = 0."""
        settings = CoarseSettings(6, self.coarse.cg_ratio, self.coarse.cg_steps, 0.1)
        none = columns.steps[:, :0]
        self._coarse(columns, none, columns.step_scores[:, :0], settings)
        return columns

    def _coarse(
        self,
        columns: Columns,
        vectors: torch.Tensor,
        scores: torch.Tensor,
        settings: CoarseSettings,
    ) -> torch.Tensor:
        """Move `columns` to the optimum over the leading and the given directions; their shares."""
        found = coarse_solve(
            self.leading.Z,
            self.signs[columns.problem],
            self._costs(columns),
            columns.a,
            columns.scores,
            Directions.of(vectors, scores, columns.r),
            columns.factors,
            settings,
        )
        columns.a = columns.a + found.theta
        columns.scores = found.scores
        return found.shares

    def _costs(self, columns: Columns | Landed) -> torch.Tensor:
        """Costs of the rows of columns, each at its C."""
        Cs = torch.tensor([rung.C for rung in self.rungs], dtype=torch.float64, device=self.device)
        return self.costs.of(columns.subset, columns.problem, Cs[columns.value])

    def _iterate(self, live: Columns) -> tuple[Columns, Landed]:
        """One pass over X for all columns in flight: steps 14 to 16."""
        signs = self.signs[live.problem]
        costs = self._costs(live)
        # 14. Dual point, its pull, and the certificate.
        hinge = (1 - signs * live.scores).clamp_(min=0)
        pull = self.reader.adjoint(2 * costs * hinge * signs)
        live.passes += 0.5
        squared = (live.a * live.a).sum(1, dtype=torch.float64)
        squared += (live.r * live.r).sum(1, dtype=torch.float64)
        primal = primal_value(squared, live.scores, signs, costs)
        live.cone.add(hinge, pull, costs)
        gap = live.gap = relative_gap(primal, live.cone.best)
        # 15. Columns that are done leave; good ones start the next rung.
        spent = live.passes >= self.max_passes
        wanted = self._wanted(live.value)
        spawn_at = torch.where(wanted, max(_SPAWN, self.tol), _SPAWN_UNWANTED).to(gap)
        last = live.value == len(self.rungs) - 1
        spawning = ((gap <= spawn_at) | spent) & ~live.spawned & ~last
        children = self._children(live.chosen(spawning)) if bool(spawning.any()) else None
        live.spawned |= spawning
        done = torch.where(wanted, (gap <= self.tol) | spent, live.spawned)
        left = self._land(live.chosen(done & wanted))
        # 16. The others take one step of conjugate gradients.
        going = live.chosen(~done)
        if len(going):
            self._advance(going, pull[~done])
        return (going if children is None else Columns.joined([going, children])), left

    def _wanted(self, value: torch.Tensor) -> torch.Tensor:
        """Whether rungs were asked for."""
        flags = torch.tensor([rung.wanted for rung in self.rungs], device=self.device)
        return flags[value]

    def _advance(self, columns: Columns, pull: torch.Tensor) -> None:
        """16. The coarse optimum along the gradient's complement and the last two steps."""
        direction = _unit(self.leading.complement(pull) - columns.r)
        direction_scores = self.reader.scores(direction)
        columns.passes += 0.5
        vectors = torch.cat([direction[:, None], columns.steps], 1)
        scores = torch.cat([direction_scores[:, None], columns.step_scores], 1)
        shares = self._coarse(columns, vectors, scores, self.coarse)
        step = torch.bmm(shares[:, None], vectors)[:, 0]
        columns.r = columns.r + step
        length = step.norm(dim=1, keepdim=True)
        inverse = torch.where(length > 0, 1 / length, torch.zeros_like(length))
        step_scores = torch.bmm((shares * inverse)[:, None], scores)[:, 0]
        columns.steps = torch.stack([step * inverse, columns.steps[:, 0]], 1)
        columns.step_scores = torch.stack([step_scores, columns.step_scores[:, 0]], 1)

    def _children(self, parents: Columns) -> Columns:
        """15. The next rung from w(C), along w(C) and w of the rung below: no pass over X."""
        rest_scores = parents.scores - parents.a @ self.leading.Z
        children = new_columns(
            parents.subset,
            parents.value + 1,
            parents.problem,
            parents.a,
            parents.r,
            parents.scores,
        )
        children.birth, children.birth_scores = parents.r, rest_scores
        vectors = torch.stack([parents.r, parents.birth], 1)
        scores = torch.stack([rest_scores, parents.birth_scores], 1)
        length = vectors.norm(dim=2, keepdim=True)
        inverse = torch.where(length > 0, 1 / length, torch.zeros_like(length))
        children.steps, children.step_scores = vectors * inverse, scores * inverse
        shares = self._coarse(children, children.steps, children.step_scores, self.coarse)
        children.r = children.r + torch.bmm(shares[:, None], children.steps)[:, 0]
        return children

    def _land(self, columns: Columns) -> Landed:
        """Weights and dual points of columns that leave."""
        weights = columns.a @ self.leading.U + columns.r
        return Landed(
            columns.subset,
            columns.value,
            columns.problem,
            columns.passes,
            weights,
            columns.cone.best_hinge,
        )

    def _tell_and_keep(self, live: Columns, landed: Landed, left: Landed) -> None:
        """Tell of each C that is finished in all its columns, and keep where the flight stands."""
        finished = [
            value
            for value in sorted(set(left.value.tolist()))
            if not bool((live.value == value).any())
            and int((landed.value == value).sum()) == len(self.subsets) * self.problem.columns
        ]
        for value in finished:
            passes = landed.passes[landed.value == value].mean()
            flying = ", ".join(
                f"C={self.rungs[other].C:g} at {float(live.gap[live.value == other].max()):.1e}"
                for other in sorted(set(live.value.tolist()))
            )
            self.progress.say(
                f"L2-SVM: C={self.rungs[value].C:g} done in {passes:.1f} passes; "
                f"gaps in flight: {flying or 'none'}"
            )
        if finished:
            arrays = {f"live/{name}": array for name, array in live.to_arrays().items()}
            arrays |= {f"landed/{name}": array for name, array in landed.to_arrays().items()}
            self.units.put(self.key, arrays)

    def _returned(self, landed: Landed) -> Columns:
        """Landed columns in flight again, their scores recomputed."""
        a = landed.weights @ self.leading.U.T
        columns = new_columns(
            landed.subset,
            landed.value,
            landed.problem,
            a,
            self.leading.complement(landed.weights),
            self.reader.scores(landed.weights),
        )
        columns.passes = landed.passes + 0.5
        columns.spawned[:] = True
        return columns


def _unit(vectors: torch.Tensor) -> torch.Tensor:
    """Vectors of length one; those of no length stay zero."""
    length = vectors.norm(dim=1, keepdim=True)
    return torch.where(length > 0, vectors / length, torch.zeros_like(vectors))
