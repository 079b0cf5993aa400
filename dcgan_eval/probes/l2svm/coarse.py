"""The coarse problem: the optimum over the leading directions and a few more (steps 12 and 13).

P is minimised over w + Uᵀθ + Σ c_j p_j of each column by Newton's method; the systems are solved
by preconditioned conjugate gradients, all columns in the same products with Z. The numbers are
those of ``docs/l2svm.md``, part 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from dcgan_eval.probes.l2svm.linesearch import exact_step

_EIGENVALUE_FLOOR = 1e-3  # of the scaled Schur complement, which a kept factor can make indefinite


@dataclass(frozen=True)
class CoarseSettings:
    """How exactly the coarse problem is solved.

    Attributes
    ----------
    newton
        Newton steps.
    cg_ratio, cg_steps
        Conjugate gradients end at this ratio of residuals, or after so many steps.
    refresh
        A factor is renewed when more than this share of its active rows has changed.
    """

    newton: int = 2
    cg_ratio: float = 0.1
    cg_steps: int = 8
    refresh: float = 0.3


@dataclass
class Factors:
    """Inverses of I + 2 Z_A diag(c) Z_Aᵀ of q columns, kept until their active rows have moved.

    Attributes
    ----------
    inverse : (q, k, k)
    active : bool (q, n)
        The active rows that each was made for; none at first.
    """

    inverse: torch.Tensor
    active: torch.Tensor

    def refresh(
        self, Z: torch.Tensor, active: torch.Tensor, costs: torch.Tensor, share: float
    ) -> None:
        """12. Renew the inverses of the columns whose active rows changed by more than `share`."""
        changed = (active ^ self.active).sum(1)
        for column in (changed > share * active.sum(1)).nonzero()[:, 0].tolist():
            rows = active[column].nonzero()[:, 0]
            root = (2 * (costs[column] if costs.shape[1] == 1 else costs[column, rows])).sqrt()
            part = Z.index_select(1, rows) * root
            matrix = part @ part.T
            matrix.diagonal().add_(1)
            # Scaled to a unit diagonal the matrix is well conditioned, for U are eigenvectors of
            # nearly the same matrix; so float32 may hold its inverse.
            scale = matrix.diagonal().rsqrt()
            factor = torch.linalg.cholesky(matrix * scale[:, None] * scale)
            self.inverse[column] = torch.cholesky_inverse(factor) * scale[:, None] * scale
            self.active[column] = active[column]


@dataclass
class CoarseStep:
    """What the coarse problem found for q columns.

    Attributes
    ----------
    theta : (q, k)
        Step along the leading directions.
    shares : (q, m)
        Step along the further directions.
    scores : (q, n)
        Scores after it.
    """

    theta: torch.Tensor
    shares: torch.Tensor
    scores: torch.Tensor


@dataclass(frozen=True)
class Directions:
    """m directions beside the leading ones, of each of q columns.

    Attributes
    ----------
    scores : (q, m, n)
        X p.
    gram : float64 (q, m, m)
        p·p'.
    slopes : float64 (q, m)
        p·w.
    """

    scores: torch.Tensor
    gram: torch.Tensor
    slopes: torch.Tensor

    @classmethod
    def of(cls, vectors: torch.Tensor, scores: torch.Tensor, w: torch.Tensor) -> Directions:
        """From the vectors p (q, m, width), their scores, and w (q, width)."""
        double = vectors.double()
        slopes = torch.bmm(double, w.double()[:, :, None])[:, :, 0]
        return cls(scores, torch.bmm(double, double.transpose(1, 2)), slopes)


def coarse_solve(
    Z: torch.Tensor,
    signs: torch.Tensor,
    costs: torch.Tensor,
    a: torch.Tensor,
    scores: torch.Tensor,
    directions: Directions,
    factors: Factors,
    settings: CoarseSettings,
) -> CoarseStep:
    """Minimise P over the leading directions and the given ones, from w with U·w = `a`.

    Parameters
    ----------
    Z : (k, n)
    signs, costs : (q, n); costs may be (q, 1)
    a : (q, k)
        Leading coordinates of w.
    scores : (q, n)
        s = Xw.
    """
    theta = torch.zeros_like(a)
    shares = torch.zeros_like(directions.slopes)
    scores = scores.clone()
    accuracy = 1e-3 if scores.dtype == torch.float32 else 1e-8
    for _ in range(settings.newton):
        hinge = (1 - signs * scores).clamp_(min=0)
        active = (hinge > 0) & (costs > 0)
        weights = 2 * costs * active
        pulled = weights * hinge * signs
        slope_theta = a + theta - pulled @ Z.T
        slope_shares = directions.slopes + _times(directions.gram, shares)
        slope_shares -= _against(directions.scores, pulled)
        factors.refresh(Z, active, costs, settings.refresh)
        system = _System(Z, weights, directions, factors.inverse)
        d_theta, d_shares, d_scores = system.solve(-slope_theta, -slope_shares, settings)
        moved = _times(directions.gram, d_shares)
        t = exact_step(
            scores,
            d_scores,
            signs,
            costs,
            slope=_dot(a + theta, d_theta)
            + (directions.slopes * d_shares).sum(1)
            + (shares * moved).sum(1),
            curvature=_dot(d_theta, d_theta) + (d_shares * moved).sum(1),
            accuracy=accuracy,
        )
        theta += t[:, None] * d_theta
        shares += t.double()[:, None] * d_shares
        scores += t[:, None] * d_scores
    return CoarseStep(theta, shares.to(scores.dtype), scores)


class _System:
    """13. H = I + 2 [Z Q]_A diag(c) [Z Q]_Aᵀ (p·p' for the directions) and its preconditioner."""

    def __init__(
        self,
        Z: torch.Tensor,
        weights: torch.Tensor,
        directions: Directions,
        inverse: torch.Tensor,
    ) -> None:
        self.Z, self.weights, self.directions, self.inverse = Z, weights, directions, inverse
        Q = directions.scores
        q, m, n = Q.shape
        weighted = weights[:, None] * Q
        self.cross = (weighted.reshape(q * m, n) @ Z.T).reshape(q, m, len(Z))
        block = directions.gram + torch.bmm(weighted.double(), Q.double().transpose(1, 2))
        self.solved_cross = torch.bmm(self.cross, inverse)  # the inverse is symmetric
        schur = block - torch.bmm(self.solved_cross, self.cross.transpose(1, 2)).double()
        self.schur_inverse = _floored_inverse(schur, block)

    def solve(
        self, right: torch.Tensor, right_shares: torch.Tensor, settings: CoarseSettings
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Steps (θ, c) with H (θ, c) ≈ right, and their scores."""
        x, y = torch.zeros_like(right), torch.zeros_like(right_shares)
        scores = torch.zeros_like(self.weights)
        r, r_shares = right, right_shares
        z, z_shares = self._precondition(r, r_shares)
        p, p_shares = z, z_shares
        rho = _dot(r, z) + (r_shares * z_shares).sum(1)
        enough = settings.cg_ratio**2 * rho
        going = rho > 0
        for _ in range(settings.cg_steps):
            p_scores = p @ self.Z + _combine(self.directions.scores, p_shares)
            pushed = self.weights * p_scores
            Hp = p + pushed @ self.Z.T
            Hp_shares = _times(self.directions.gram, p_shares)
            Hp_shares += _against(self.directions.scores, pushed)
            curvature = _dot(p, Hp) + (p_shares * Hp_shares).sum(1)
            going = going & (curvature > 0)
            step = torch.where(going, rho / curvature.clamp(min=1e-300), torch.zeros_like(rho))
            small = step.to(x.dtype)[:, None]
            x, y = x + small * p, y + step[:, None] * p_shares
            scores += small * p_scores
            r, r_shares = r - small * Hp, r_shares - step[:, None] * Hp_shares
            z, z_shares = self._precondition(r, r_shares)
            before, rho = rho, _dot(r, z) + (r_shares * z_shares).sum(1)
            going = going & (rho > enough)
            if not bool(going.any()):
                break
            grow = torch.where(going, rho / before, torch.zeros_like(rho))
            p = z + grow.to(x.dtype)[:, None] * p
            p_shares = z_shares + grow[:, None] * p_shares
        return x, y, scores

    def _precondition(
        self, r: torch.Tensor, r_shares: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The kept inverse, with the directions eliminated by the Schur complement."""
        solved = torch.bmm(self.inverse, r[:, :, None])[:, :, 0]
        left = r_shares - torch.bmm(self.cross, solved[:, :, None])[:, :, 0].double()
        z_shares = _times(self.schur_inverse, left)
        back = torch.bmm(z_shares.to(r)[:, None], self.solved_cross)[:, 0]
        return solved - back, z_shares


def _floored_inverse(schur: torch.Tensor, block: torch.Tensor) -> torch.Tensor:
    """Inverse of the Schur complement, scaled by `block`'s diagonal, eigenvalues floored."""
    diagonal = block.diagonal(dim1=1, dim2=2)
    # A direction of zeros (of a new column) has no curvature and no slope: any scale will do.
    scale = torch.where(diagonal > 0, diagonal, torch.ones_like(diagonal)).rsqrt()
    values, vectors = torch.linalg.eigh(schur * scale[:, :, None] * scale[:, None])
    inverse = (vectors / values.clamp(min=_EIGENVALUE_FLOOR)[:, None]) @ vectors.transpose(1, 2)
    scaled: torch.Tensor = inverse * scale[:, :, None] * scale[:, None]
    return scaled


def _dot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Inner products of columns, in float64."""
    return (a * b).sum(1, dtype=torch.float64)


def _times(matrices: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    """A small matrix times a vector in each column: (q, m, m), (q, m) → (q, m)."""
    return torch.bmm(matrices, vectors[:, :, None])[:, :, 0]


def _against(scores: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    """Inner products (q, m) of direction scores (q, m, n) with (q, n), in float64."""
    return (scores * vector[:, None]).sum(2, dtype=torch.float64)


def _combine(scores: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Σ_j c_j q_j: (q, n)."""
    return torch.bmm(shares.to(scores)[:, None], scores)[:, 0]
