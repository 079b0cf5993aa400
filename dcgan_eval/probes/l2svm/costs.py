"""The cost c = C·ω of every row in every column; zero for rows outside the column's subset."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.probes.l2svm.problem import OneVsRest


class Costs:
    """Costs of columns over the rows of one flight.

    Parameters
    ----------
    problem
        Weights of rows and classes.
    subsets
        Sorted rows of each subset.
    rows
        Their sorted union, the rows of the flight.
    """

    def __init__(
        self,
        problem: OneVsRest,
        subsets: Sequence[NDArray[np.int64]],
        rows: NDArray[np.int64],
        dtype: torch.dtype,
        device: str,
    ) -> None:
        self.dtype, self.problems = dtype, problem.columns
        self._omega: torch.Tensor | None = None
        plain = problem.sample_weight is None and problem.class_weight is None
        if plain and all(len(subset) == len(rows) for subset in subsets):
            return  # every ω is one: a cost a column is enough
        omega = np.zeros((len(subsets), problem.columns, len(rows)))
        for number, subset in enumerate(subsets):
            omega[number][:, np.searchsorted(rows, subset)] = problem.weights(subset)
        self._omega = torch.from_numpy(omega.reshape(-1, len(rows))).to(device, dtype)

    def of(self, subset: torch.Tensor, problem: torch.Tensor, C: torch.Tensor) -> torch.Tensor:
        """Costs (q, n), or (q, 1) where all rows of a column cost the same."""
        each = C.to(self.dtype)[:, None]
        if self._omega is None:
            return each
        return each * self._omega[subset * self.problems + problem]
