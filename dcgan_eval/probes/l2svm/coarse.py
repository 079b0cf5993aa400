"""The problem over the leading directions and a few more, solved in every iteration (12, 13).

P is minimised over w + Uᵀθ + Σ γ_j p_j of each column by Newton's method, each step an exact one.
The numbers are those of ``docs/l2svm.md``, part 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import lapack

from dcgan_eval.probes.l2svm.column import Column
from dcgan_eval.probes.l2svm.column_kernels import exact_step, inner, inners, newton_step, weighted
from dcgan_eval.probes.l2svm.products import Vectors
from dcgan_eval.probes.l2svm.rows import Leading


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
        self.lengths, self.slopes = inners(column.steps, column.r)
        self.shares = np.zeros(len(column.steps))
        self.changed = 1.0
        self.d_theta: Vectors

    def weigh(self, out: Vectors) -> None:
        """12. r = 2c y h and 2c·q on the active rows of each direction, into `out` (1 + m, n)."""
        column = self.column
        column.dual_point(out[0])
        self.active = out[0] != 0
        self.square, self.pulled = weighted(
            column.step_scores, out[0], *column.costs, out[1 : 1 + len(self.shares)]
        )

    def aim(self, Z: Vectors, G: Vectors) -> Vectors:
        """13. The Newton step: θ, and γ by the Schur complement; G (1 + m, k) is Zᵀ of `weigh`."""
        column = self.column
        self.changed = column.refresh_gram(Z, self.active)
        along = self.lengths, self.slopes, self.shares, self.square, self.pulled
        self.d_theta, self.d_shares = newton_step(
            self._factor(Z), column.a, G[: 1 + len(self.shares)], along
        )
        return self.d_theta

    def _factor(self, Z: Vectors) -> Vectors:
        """L of I + 2C M = L Lᵀ; M is added up anew if up- and downdates have spoilt it."""
        column = self.column
        potrf = lapack.spotrf if column.gram.dtype == np.float32 else lapack.dpotrf
        ridge = 0.0
        for _ in range(8):
            B = column.costs[1] * column.gram
            diagonal = np.einsum("ii->i", B)
            diagonal *= 1 + ridge
            diagonal += 1
            # LAPACK reads by columns: what it takes for the upper triangle is the lower one.
            upper, failed = potrf(B.T, lower=0, clean=0, overwrite_a=1)
            if not failed:
                return np.asarray(upper.T)
            column.active = np.zeros_like(column.active)
            column.refresh_gram(Z, self.active)
            ridge = max(100 * ridge, 10 * np.finfo(B.dtype).eps)
        raise AssertionError("a positive diagonal was not positive definite")

    def go(self, d_scores: Vectors) -> None:
        """2. An exact step there; `d_scores` are those of θ."""
        column, target = self.column, self.column.target
        moved = self.lengths @ self.d_shares
        if len(self.shares):
            d_scores = d_scores + self.d_shares.astype(d_scores.dtype) @ column.step_scores
        slope = inner(column.a, self.d_theta)
        slope += float(self.slopes @ self.d_shares + self.shares @ moved)
        curvature = inner(self.d_theta, self.d_theta) + float(self.d_shares @ moved)
        accuracy = 1e-3 if d_scores.dtype == np.float32 else 1e-8
        t = exact_step(
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
        length = float(np.sqrt(inner(step, step)))
        column.r = column.r + step
        inverse = column.r.dtype.type(1 / length if length > 0 else 0)
        column.steps = (inverse * step)[None]
        column.step_scores = ((inverse * shares) @ column.step_scores)[None]
