"""The rows that columns are solved over: labels, costs, leading directions (steps 10 and 11)."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import DataError, rng_for
from dcgan_eval.probes.l2svm.memory import choose_rank
from dcgan_eval.probes.l2svm.problem import Problem
from dcgan_eval.probes.l2svm.products import Products, Vectors

_EXTRA = 16  # probes beyond the rank, as usual for randomised range finding (Halko et al. 2011)
_COLUMNS = 512  # of a product that a worker computes at a time


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
        with np.errstate(over="ignore"):
            squares = float(np.square(self.leading.coordinates).sum(dtype=np.float64))
        most = 1e35 if self.dtype == np.float32 else 1e305  # as M adds up such squares
        if not squares <= most:
            raise DataError(
                f"the squares of the features sum up to {squares:.1e}: expected at most "
                f"{most:.0e}, which {self.dtype} holds; scale the features"
            )
        self.mean_square = squares / len(self.members)
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


class Leading:
    """k orthonormal directions, and what every row has of them and of the constant column.

    The constant column is a direction of its own, exactly: a coordinate of w and of each row.

    Attributes
    ----------
    U : Products with (k, d)
        Orthonormal rows.
    Z : Products with (n, k + 1), or (n, k) without an intercept
        Coordinates of the rows.
    coordinates : (n, k + 1)
        The same as an array.
    """

    def __init__(self, X: Products, U: Vectors, bias: float) -> None:
        Z = X.scores(U).T
        bad = ~np.isfinite(Z).all(axis=1)
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            row = at if X.rows is None else int(X.rows[at])
            raise DataError(
                f"features of row {row} contain NaN or infinity: expected finite numbers"
            )
        constant = np.full((X.shape[0], int(bias > 0)), bias, U.dtype)
        self.coordinates = np.concatenate([Z, constant], axis=1)
        held: dict[str, Any] = {"workers": X.workers, "device": str(X.device), "dtype": U.dtype}
        self.U = Products(U, **held)
        self.Z = Products(self.coordinates, **held)

    @property
    def width(self) -> int:
        """Leading coordinates of a w: k, and one more with an intercept."""
        return int(self.coordinates.shape[1])


def find_leading(X: Products, rank: int, sample: int, dtype: Any) -> Vectors:
    """10. About `rank` leading directions (k, d), from `sample` rows drawn with a fixed seed.

    Range finding with one power iteration: B = Ω A, C = orth(B Aᵀ), and the directions are the
    leading right singular vectors of C A.
    """
    n, d = X.shape
    if rank >= d:
        return np.eye(d, dtype=dtype)
    picked = np.sort(rng_for("l2svm", "leading rows").permutation(n)[:sample])
    A = np.ascontiguousarray(X.X[picked if X.rows is None else X.rows[picked]], dtype=dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        finite = np.isfinite(A.sum(axis=1, dtype=np.float64))
    A[~finite] = 0  # what is not finite is found, and named, when all rows are read
    probes = min(rank + _EXTRA, len(A))
    noise = rng_for("l2svm", "probes").standard_normal((probes, len(A))).astype(dtype)
    C = np.ascontiguousarray(np.linalg.qr(_times(X, _times(X, noise, A), A.T).T)[0].T)
    B = _times(X, C, A)
    _, vectors = np.linalg.eigh(_times(X, B, B.T).astype(np.float64))
    kept = vectors[:, ::-1][:, : min(rank, probes)].T.astype(dtype)
    return _orthonormal(X, _times(X, kept, B))


def _orthonormal(X: Products, rows: Vectors) -> Vectors:
    """Orthonormal rows of the same span, to the rounding of the dtype; they nearly are already.

    By Cholesky QR, twice, at a tenth of the seconds of a QR, where no row is in the others' span.
    """
    for _ in range(2):
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        rows = rows / np.maximum(lengths, np.finfo(rows.dtype).tiny)[:, None]
        gram = _times(X, rows, rows.T).astype(np.float64)
        if np.linalg.eigvalsh(gram)[0] < 0.1:
            return np.ascontiguousarray(np.linalg.qr(rows.T)[0].T)
        inverse = np.linalg.inv(np.linalg.cholesky(gram))
        rows = _times(X, inverse.astype(rows.dtype), rows)
    return rows


def _times(X: Products, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """A product a b of two large matrices, where X's products are computed."""
    if X.device.type != "cpu":
        sent = [torch.from_numpy(np.ascontiguousarray(one)).to(X.device) for one in (a, b)]
        return np.asarray((sent[0] @ sent[1]).cpu().numpy())
    strips = [b[:, start : start + _COLUMNS] for start in range(0, b.shape[1], _COLUMNS)]
    return np.concatenate(list(X.workers.map(lambda strip: a @ strip, strips)), axis=1)
