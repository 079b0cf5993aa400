"""The branch for few samples: each subset's path by Newton's method in its span (part 2)."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.probes.l2svm.gram import PoolGram
from dcgan_eval.probes.l2svm.newton import newton_in_span
from dcgan_eval.probes.l2svm.problem import OneVsRest, dual_value, primal_value, relative_gap
from dcgan_eval.probes.l2svm.rows import matmul
from dcgan_eval.probes.l2svm.threads import single_threaded_workers
from dcgan_eval.probes.matrix import Matrix

_COLUMNS = 1024  # columns of X converted to float64 at a time
_SMALL = 512  # rows below which float64 costs nothing that is felt
# float32 keeps 24 bits: with 2C·λ beyond this, what it loses of λ decides the solution.
_CONDITION = 1e6


@dataclass
class SubsetSolution:
    """Solutions of one subset at every C (ascending), K problems each.

    Attributes
    ----------
    coef : (J, K, d)
        In the dtype of the features (float32 for float16).
    bias_coef : (J, K)
        Weights of the constant column.
    objective, gap : float64 (J, K)
    passes : (J, K)
        Newton steps here; passes over X in the other branch.
    """

    coef: NDArray[np.floating]
    bias_coef: NDArray[np.float64]
    objective: NDArray[np.float64]
    gap: NDArray[np.float64]
    passes: NDArray[np.float64]


class SpanSolver:
    """Solve subsets of rows one after another, each at all values of C.

    Parameters
    ----------
    X, problem, bias, device
        Features, labels and weights, value of the constant column, where to compute.
    subsets
        Rows of each subset, those of weight zero left out.
    Cs
        Ascending.
    tol
        Relative gap to reach.
    max_steps
        Newton steps allowed for each C.
    """

    def __init__(
        self,
        X: Matrix,
        problem: OneVsRest,
        subsets: Sequence[NDArray[np.int64]],
        Cs: Sequence[float],
        bias: float,
        tol: float,
        max_steps: int,
        device: str,
    ) -> None:
        self.X, self.problem, self.subsets, self.Cs = X, problem, subsets, Cs
        self.bias, self.tol, self.max_steps, self.device = bias, tol, max_steps, device
        self.grams = PoolGram(X, subsets, bias, device)

    def solve_all(self, numbers: Sequence[int]) -> Generator[SubsetSolution, None, None]:
        """The paths of some subsets, in order; several at a time, each on one thread of its own.

        The matrices of a subset are too small to be shared out between threads.
        """
        threads = torch.get_num_threads()
        if not numbers:
            return
        # By how many there are, not by how many are left: a resumed path rounds as a whole one.
        if len(self.subsets) < 2 or threads < 2 or self.device != "cpu":
            yield from map(self.solve, numbers)
            return
        if self.grams.pool is not None and self._may_be_float32(len(self.subsets[numbers[0]])):
            self.grams.prepare(torch.float32)  # the large product, by all threads
        with single_threaded_workers() as pool:
            yield from pool.map(self.solve, numbers)

    def _may_be_float32(self, rows: int) -> bool:
        """Whether float32 can serve a subset of so many rows, as far as its size tells."""
        return rows > _SMALL and self.tol >= 1e-5

    def solve(self, number: int) -> SubsetSolution:
        """The path of subset `number`, in float32 where that can certify `tol`, else in float64."""
        rows = self.subsets[number]
        weights = self.problem.weights(rows)
        if self._may_be_float32(len(rows)):
            gram = self.grams.of(number, torch.float32)
            scale = 2 * self.Cs[-1] * float(weights.max()) * float(gram.diagonal().sum())
            if scale <= _CONDITION:
                betas, alphas, steps = self._path(gram, rows, weights)
                found = self._weigh(rows, weights, betas, alphas, steps)
                if (found.gap <= self.tol).all():
                    return found
        gram = self.grams.of(number, torch.float64)
        return self._weigh(rows, weights, *self._path(gram, rows, weights))

    def _path(
        self, gram: torch.Tensor, rows: NDArray[np.int64], weights: NDArray[np.float64]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """8. Walk up in C, each solution the start of the next: β, α (J, K, n) and steps (J, K)."""
        signs = torch.from_numpy(self.problem.signs(rows)).to(gram)
        omega = torch.from_numpy(weights).to(gram)
        beta = torch.zeros_like(signs)
        points = []
        for C in self.Cs:
            # The Gram matrix' gap is met with a margin for what the true products add.
            point = newton_in_span(gram, signs, C * omega, beta, self.tol / 2, self.max_steps)
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
    ) -> SubsetSolution:
        """9. w = Xᵀβ, and its certificate by float64 products with X itself.

        P is that of the w that is handed out, rounded as it is; D is that of α.
        """
        shape = betas.shape[:2]
        n = len(rows)
        omega = torch.from_numpy(weights).to(self.device)
        Cs = torch.tensor(list(self.Cs), dtype=torch.float64, device=self.device)
        costs = (Cs[:, None, None] * omega).reshape(-1, n)
        signs = torch.from_numpy(self.problem.signs(rows)).to(self.device)
        signs = signs.expand(*shape, n).reshape(-1, n)
        beta, alpha = betas.reshape(-1, n).double(), alphas.reshape(-1, n).double()
        pulled = signs * alpha
        differs = (pulled != beta).any(1)
        kept = np.float64 if self.X.dtype == np.float64 else np.float32
        coef = np.empty((len(beta), self.X.shape[1]), dtype=kept)
        bias_coef = self.bias * beta.sum(1)
        scores = (self.bias * bias_coef)[:, None].expand(-1, n).clone()
        squared_w = bias_coef**2
        squared_v = (self.bias * pulled.sum(1)) ** 2
        for start, block in self._column_blocks(rows):
            part = matmul(beta, block)
            squared = (part * part).sum(1)
            coef[:, start : start + block.shape[1]] = part.cpu().numpy()
            rounded = torch.from_numpy(coef[:, start : start + block.shape[1]].astype(np.float64))
            rounded = rounded.to(self.device)
            squared_w += (rounded * rounded).sum(1)
            scores += matmul(rounded, block.T)
            if bool(differs.any()):
                other = matmul(pulled[differs], block)
                squared[differs] = (other * other).sum(1)
            squared_v += squared
        primal = primal_value(squared_w, scores, signs, costs)
        gap = relative_gap(primal, dual_value(squared_v, alpha, costs))
        return SubsetSolution(
            coef.reshape(*shape, -1),
            bias_coef.reshape(shape).cpu().numpy(),
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
