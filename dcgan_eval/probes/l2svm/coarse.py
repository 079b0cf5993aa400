"""The problem over the leading directions and a few more, solved in every iteration (12, 13).

P is minimised over w + Uᵀθ + Σ γ_j p_j of each column by Newton's method, each step an exact one.
The numbers are those of ``docs/l2svm.md``, part 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from dcgan_eval.probes.l2svm import kernels
from dcgan_eval.probes.l2svm.column import Column
from dcgan_eval.probes.l2svm.leading import Leading
from dcgan_eval.probes.l2svm.products import Vectors

_EIGENVALUE_FLOOR = 1e-6  # of the scaled Schur complement: two directions may be nearly one
_ROWS = 4096  # that are gathered at a time
_REBUILT = 0.6  # share of changed rows from which adding up anew is less work


def coarse_solve(
    leading: Leading,
    columns: Sequence[Column],
    newton: int,
    again: float,
    pulled: Vectors | None = None,
) -> None:
    """Move columns to their optimum over the leading directions and their own `steps`.

    Parameters
    ----------
    newton, again
        At most so many Newton steps; none after one that found fewer than this share of the
        active rows changed.
    pulled : (q, k)
        Zᵀ(2c y h) at the present w, where it is known.
    """
    moves = [_Move(column) for column in columns]
    going = list(range(len(moves)))
    share = leading.Z.workers.map
    for number in range(newton):
        if not going:
            break
        chosen = [moves[i] for i in going]
        directions = max(len(move.column.steps) for move in chosen)
        n, width = leading.coordinates.shape
        R = np.zeros((len(chosen), 1 + directions, n), leading.coordinates.dtype)
        list(share(_Move.weigh, chosen, R))
        known = pulled if number == 0 else None
        if known is not None:
            R[:, 0] = 0  # rows that are zero cost nothing
        G = leading.Z.adjoint(R.reshape(-1, n)).reshape(len(chosen), 1 + directions, width)
        if known is not None:
            G[:, 0] = known
        D = np.stack(list(share(lambda move, g: move.aim(leading.coordinates, g), chosen, G)))
        list(share(_Move.go, chosen, leading.Z.scores(D)))
        going = [i for i in going if moves[i].changed > again]
    list(share(_Move.finish, moves))


class _Move:
    """The Newton steps of one column."""

    def __init__(self, column: Column) -> None:
        self.column = column
        P = column.steps
        m = len(P)
        self.lengths = np.array([[kernels.inner(p, q) for p in P] for q in P]).reshape(m, m)
        self.slopes = np.array([kernels.inner(p, column.r) for p in P])
        self.shares = np.zeros(m)
        self.changed = 1.0

    def weigh(self, out: Vectors) -> None:
        """12. r = 2c y h and 2c·q on the active rows of each direction, into `out` (1 + m, n)."""
        column = self.column
        column.dual_point(out[0])
        self.active = out[0] != 0
        m = len(self.shares)
        if m:
            self.square, self.pulled = kernels.weighted(
                column.step_scores, out[0], *column.costs, out[1 : 1 + m]
            )

    def aim(self, Z: Vectors, G: Vectors) -> Vectors:
        """13. The Newton step: θ, and γ by the Schur complement; G (1 + m, k) is Zᵀ of `weigh`."""
        column, m = self.column, len(self.shares)
        self.changed = refresh_gram(column, Z, self.active)
        right = np.empty((len(column.a), 1 + m), column.a.dtype, order="F")
        right[:, 0] = G[0] - column.a
        right[:, 1:] = G[1 : 1 + m].T
        solved = cho_solve(self._factor(Z), right, overwrite_b=True, check_finite=False)
        self.d_theta = solved[:, 0]
        self.d_shares = np.zeros(m)
        if m:
            cross = G[1 : 1 + m].astype(np.float64)
            block = self.lengths + self.square
            schur = block - cross @ solved[:, 1:]
            left = self.pulled - self.slopes - self.lengths @ self.shares - cross @ solved[:, 0]
            # A direction of no length has no curvature and no slope: any scale will do.
            scale = 1 / np.sqrt(np.where(block.diagonal() > 0, block.diagonal(), 1.0))
            values, vectors = np.linalg.eigh(schur * scale[:, None] * scale)
            floored = np.maximum(values, _EIGENVALUE_FLOOR)
            self.d_shares = scale * (vectors @ ((vectors.T @ (scale * left)) / floored))
            self.d_theta = self.d_theta - solved[:, 1:] @ self.d_shares.astype(solved.dtype)
        return np.asarray(self.d_theta)

    def _factor(self, Z: Vectors) -> tuple[Vectors, bool]:
        """Cholesky factor of I + 2C M; M is added up anew if up- and downdates have spoilt it."""
        column = self.column
        ridge = 0.0
        for _ in range(8):
            B = column.costs[1] * column.gram
            B[np.diag_indices(len(B))] *= 1 + ridge
            B[np.diag_indices(len(B))] += 1
            try:
                factor: tuple[Vectors, bool] = cho_factor(
                    B, lower=True, overwrite_a=True, check_finite=False
                )
                return factor
            except LinAlgError:
                column.active = np.zeros_like(column.active)
                refresh_gram(column, Z, self.active)
                ridge = max(100 * ridge, 10 * np.finfo(B.dtype).eps)
        raise AssertionError("a positive diagonal was not positive definite")

    def go(self, d_scores: Vectors) -> None:
        """2. An exact step there; `d_scores` are those of θ."""
        column, target = self.column, self.column.target
        moved = self.lengths @ self.d_shares
        if len(self.shares):
            d_scores = d_scores + self.d_shares.astype(d_scores.dtype) @ column.step_scores
        slope = kernels.inner(column.a, self.d_theta)
        slope += float(self.slopes @ self.d_shares + self.shares @ moved)
        curvature = kernels.inner(self.d_theta, self.d_theta) + float(self.d_shares @ moved)
        accuracy = 1e-3 if d_scores.dtype == np.float32 else 1e-8
        t = kernels.exact_step(
            column.scores, d_scores, target.codes, target.own, target.costs,
            (column.C, slope, curvature), accuracy,
        )  # fmt: skip
        kind = d_scores.dtype.type
        column.a = column.a + kind(t) * self.d_theta
        column.scores = column.scores + kind(t) * d_scores
        self.shares = self.shares + t * self.d_shares

    def finish(self) -> None:
        """Add the directions' part to r; it is the column's last step, of length one."""
        column = self.column
        if not len(self.shares):
            return
        shares = self.shares.astype(column.r.dtype)
        step = shares @ column.steps
        length = float(np.sqrt(kernels.inner(step, step)))
        column.r = column.r + step
        inverse = column.r.dtype.type(1 / length if length > 0 else 0)
        column.steps = (inverse * step)[None]
        column.step_scores = ((inverse * shares) @ column.step_scores)[None]


def refresh_gram(column: Column, Z: Vectors, active: NDArray[np.bool_]) -> float:
    """12. Add and take off the rows that changed; their share of the active ones."""
    changed = np.flatnonzero(active != column.active)
    count = int(np.count_nonzero(active))
    if len(changed) > _REBUILT * count:
        column.gram = _gram(column, Z, np.flatnonzero(active))
    else:
        added = active[changed]
        for rows, sign in ((changed[added], 1), (changed[~added], -1)):
            if len(rows):
                column.gram = column.gram + sign * _gram(column, Z, rows)
    column.active = active
    return len(changed) / max(1, count)


def _gram(column: Column, Z: Vectors, rows: NDArray[np.intp]) -> Vectors:
    """Σ ω z zᵀ over some rows."""
    total = np.zeros_like(column.gram)
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        part = Z[some] * np.sqrt(column.target.costs[some])[:, None]
        total += part.T @ part  # NumPy sees aᵀa and computes half of it
    return total
