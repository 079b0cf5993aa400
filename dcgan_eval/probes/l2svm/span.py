"""The branch for few samples: each subset's path by Newton's method in its span (part 2)."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import Progress, Units
from dcgan_eval.probes.l2svm.gram import PoolGram, Share
from dcgan_eval.probes.l2svm.newton import newton_in_span
from dcgan_eval.probes.l2svm.problem import (
    Problem,
    Solution,
    dual_value,
    primal_value,
    relative_gap,
)
from dcgan_eval.probes.l2svm.threads import single_threaded_workers

_COLUMNS = 1024  # columns of X converted to float64 at a time
_SMALL = 512  # rows below which float64 costs nothing that is felt
# float32 keeps 24 bits: with 2C·λ beyond this, what it loses of λ decides the solution.
_CONDITION = 1e6


def solve_in_span(problem: Problem, progress: Progress, units: Units, key: str) -> Solution:
    """Each subset's solution, from the units where it is there."""
    found = Solution.empty(problem)
    count = len(problem.subsets)
    keys = [f"{key} subset-{number:05d}" for number in range(count)]
    todo = []
    for number in range(count):
        stored = units.get(keys[number])
        if stored is None:
            todo.append(number)
        else:
            found.put(number, Solution(**stored))
    solver = SpanSolver(problem)
    # Closed at once when saving fails: the workers must not outlive this call.
    with (
        progress.task("L2-SVM", count, "subsets") as advance,
        single_threaded_workers() as workers,
        closing(solver.solve_all(todo, workers)) as solutions,
    ):
        advance(count - len(todo), computed=False)
        for number, solution in zip(todo, solutions, strict=True):
            units.put(keys[number], vars(solution))
            found.put(number, solution)
            advance(1)
    return found


class SpanSolver:
    """Solve the subsets of a problem, each at all values of C."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.X, self.Cs, self.bias, self.tol = problem.X, problem.Cs, problem.bias, problem.tol
        self.device = problem.device
        self.grams = PoolGram(problem)

    def solve_all(
        self, numbers: Sequence[int], workers: Executor
    ) -> Generator[Solution, None, None]:
        """The paths of some subsets, in order; several at a time, each on one worker.

        The matrices of a subset are too small to be shared out; those of an only one are shared.
        """
        if self.device != "cpu":
            yield from (self.solve(number) for number in numbers)
            return
        if self.grams.pool is not None and numbers:
            if self._may_be_float32(len(self.problem.subsets[numbers[0]])):
                self.grams.prepare(torch.float32, workers.map)  # the large product, by all
            yield from workers.map(self.solve, numbers)
        elif len(numbers) > 1:
            yield from workers.map(self.solve, numbers)
        else:
            yield from (self.solve(number, workers.map) for number in numbers)

    def _may_be_float32(self, rows: int) -> bool:
        """Whether float32 can serve a subset of so many rows, as far as its size tells."""
        return rows > _SMALL and self.tol >= 1e-5

    def solve(self, number: int, share: Share = map) -> Solution:
        """The path of subset `number`, in float32 where that can certify `tol`, else in float64."""
        rows = self.problem.subsets[number]
        weights = self.problem.targets.weights(rows)
        if self._may_be_float32(len(rows)):
            gram = self.grams.of(number, torch.float32, share)
            scale = 2 * self.Cs[-1] * float(weights.max()) * float(gram.diagonal().sum())
            if scale <= _CONDITION:
                betas, alphas, steps = self._path(gram, rows, weights, share)
                found = self._weigh(rows, weights, betas, alphas, steps)
                if (found.gap <= self.tol).all():
                    return found
        gram = self.grams.of(number, torch.float64, share)
        return self._weigh(rows, weights, *self._path(gram, rows, weights, share))

    def _path(
        self,
        gram: torch.Tensor,
        rows: NDArray[np.int64],
        weights: NDArray[np.float64],
        share: Share,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """8. Walk up in C, each solution the start of the next: β, α (J, K, n) and steps (J, K)."""
        signs = torch.from_numpy(self.problem.targets.signs(rows)).to(gram)
        omega = torch.from_numpy(weights).to(gram)
        beta = torch.zeros_like(signs)
        points = []
        for C in self.Cs:
            # The Gram matrix' gap is met with a margin for what the true products add.
            limits = (self.tol / 2, self.problem.max_passes)
            point = newton_in_span(gram, signs, C * omega, beta, limits, share)
            beta = point.beta
            points.append(point)
        return (
            torch.stack([point.beta for point in points]),
            torch.stack([point.alpha for point in points]),
            torch.stack([point.steps for point in points]),
        )

    def _weigh(
        self,
        rows: NDArray[np.int64],
        weights: NDArray[np.float64],
        betas: torch.Tensor,
        alphas: torch.Tensor,
        steps: torch.Tensor,
    ) -> Solution:
        """9. w = Xᵀβ, and its certificate by float64 products with X itself.

        P is that of the w that is handed out, rounded as it is; D is that of α.
        """
        shape = betas.shape[:2]
        n = len(rows)
        omega = torch.from_numpy(weights).to(self.device)
        Cs = torch.tensor(list(self.Cs), dtype=torch.float64, device=self.device)
        costs = (Cs[:, None, None] * omega).reshape(-1, n)
        signs = torch.from_numpy(self.problem.targets.signs(rows)).to(self.device)
        signs = signs.expand(*shape, n).reshape(-1, n)
        beta, alpha = betas.reshape(-1, n).double(), alphas.reshape(-1, n).double()
        pulled = signs * alpha
        differs = (pulled != beta).any(1)
        coef = np.empty((len(beta), self.X.shape[1]), dtype=self.problem.coef_dtype)
        intercept = (self.bias**2 * beta.sum(1)).cpu().numpy().astype(coef.dtype)
        shift = torch.from_numpy(intercept.astype(np.float64)).to(self.device)
        scores = shift[:, None].expand(-1, n).clone()
        squared_w = (shift / self.bias) ** 2 if self.bias > 0 else torch.zeros_like(shift)
        squared_v = (self.bias * pulled.sum(1)) ** 2
        for start, block in self._column_blocks(rows):
            part = beta @ block
            squared = (part * part).sum(1)
            coef[:, start : start + block.shape[1]] = part.cpu().numpy()
            rounded = torch.from_numpy(coef[:, start : start + block.shape[1]].astype(np.float64))
            rounded = rounded.to(self.device)
            squared_w += (rounded * rounded).sum(1)
            scores += rounded @ block.T
            if bool(differs.any()):
                other = pulled[differs] @ block
                squared[differs] = (other * other).sum(1)
            squared_v += squared
        primal = primal_value(squared_w, scores, signs, costs)
        gap = relative_gap(primal, dual_value(squared_v, alpha, costs))
        return Solution(
            coef.reshape(*shape, -1),
            intercept.reshape(shape),
            primal.reshape(shape).cpu().numpy(),
            gap.reshape(shape).clamp(min=0).cpu().numpy(),
            steps.double().cpu().numpy(),
        )

    def _column_blocks(self, rows: NDArray[np.int64]) -> Iterator[tuple[int, torch.Tensor]]:
        """Blocks of columns of the subset's rows, in float64."""
        chosen = np.asarray(self.X[rows])
        for start in range(0, chosen.shape[1], _COLUMNS):
            block = chosen[:, start : start + _COLUMNS].astype(np.float64)
            yield start, torch.from_numpy(block).to(self.device)
