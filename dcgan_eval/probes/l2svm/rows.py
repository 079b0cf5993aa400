"""The rows that columns are solved over: features, leading directions, labels and costs."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.probes.l2svm.leading import Leading, find_leading
from dcgan_eval.probes.l2svm.memory import choose_rank
from dcgan_eval.probes.l2svm.problem import Problem
from dcgan_eval.probes.l2svm.products import Products, Vectors


@dataclass(frozen=True, eq=False)
class Target:
    """One class against the rest on one subset of the rows.

    Attributes
    ----------
    subset, problem
        Numbers of the subset and of the two-class problem.
    codes : int32 (n,)
        Classes of the rows.
    own
        The code that is on the positive side.
    costs : (n,)
        ω of each row; zero for rows outside the subset.
    """

    subset: int
    problem: int
    codes: NDArray[np.int32]
    own: int
    costs: Vectors

    @property
    def signs(self) -> NDArray[np.float64]:
        """Targets y = ±1, (n,)."""
        return np.where(self.codes == self.own, 1.0, -1.0)


class Rows:
    """The rows of some subsets of a problem, with everything that their columns share.

    Attributes
    ----------
    X : Products
        In the dtype of the iteration.
    dtype
        float32, or float64 for tolerances that float32 cannot certify.
    leading : Leading
    mean_square
        Mean |x|² as far as the leading directions reach.
    """

    def __init__(self, problem: Problem, subsets: list[int], workers: Executor) -> None:
        self.problem, self.subsets = problem, subsets
        self.members = np.unique(np.concatenate([problem.subsets[one] for one in subsets]))
        whole = len(self.members) == problem.X.shape[0]
        self.given: dict[str, Any] = {
            "workers": workers,
            "rows": None if whole else self.members,
            "device": problem.device,
            "block_rows": problem.block_rows,
        }
        # float32 certifies 1e-5; what it cannot certify any more begins near 1e-6.
        self.dtype = np.dtype(np.float32 if problem.tol >= 1e-5 else np.float64)
        self.X = Products(problem.X, dtype=self.dtype, **self.given)
        columns = len(subsets) * problem.targets.columns * len(problem.Cs)
        rank, sample = choose_rank(*self.X.shape, columns)
        U = find_leading(self.X, rank, sample, self.dtype)
        self.leading = Leading(self.X, U, problem.bias)
        squares = np.square(self.leading.coordinates).sum(dtype=np.float64)
        self.mean_square = float(squares) / len(self.members)
        self.codes = problem.targets.codes[self.members].astype(np.int32)
        self._shared: dict[int, Vectors] = {}

    def exact(self) -> Products:
        """X for the certificate: float64 where float32 does not hold it as it is."""
        return Products(self.problem.X, dtype=np.float64, **self.given)

    def target(self, subset: int, problem: int) -> Target:
        """A two-class problem; those whose rows cost the same share their costs."""
        targets = self.problem.targets
        own = 1 if targets.columns == 1 else problem
        if targets.class_weight is not None:
            costs = self.costs(subset, problem).astype(self.dtype)
        else:
            if subset not in self._shared:
                self._shared[subset] = self.costs(subset, problem).astype(self.dtype)
            costs = self._shared[subset]
        return Target(subset, problem, self.codes, own, costs)

    def costs(self, subset: int, problem: int) -> NDArray[np.float64]:
        """ω of each row in float64, (n,)."""
        chosen = self.problem.subsets[subset]
        costs = np.zeros(len(self.members))
        costs[np.searchsorted(self.members, chosen)] = self.problem.targets.weight(chosen, problem)
        return costs
