"""Newton's method in the span of the samples: w = Xᵀβ, everything through the Gram matrix.

The problem of one column is piecewise quadratic; with the active rows A = {i: y_i s_i < 1} held
fixed its minimum is the solution of (K_AA + diag(1/2c_A)) β_A = y_A. Newton's method solves for
the active set of the day and steps there by an exact line search, so it ends after finitely many
steps (Keerthi and DeCoste 2005; Chapelle 2007, "Training a support vector machine in the primal").
The numbers are those of ``docs/l2svm.md``, part 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from dcgan_eval.core import DataError
from dcgan_eval.probes.l2svm.problem import dual_value, primal_value, relative_gap

_STEPS = 60  # bisection alone reaches float64 rounding in so many steps; 3 to 6 are usual


@dataclass
class SpanPoint:
    """Where Newton's method stands, for K columns over n rows.

    Attributes
    ----------
    beta : (K, n)
        Coefficients of w in the rows.
    alpha : (K, n)
        The dual point, max(0, y β): feasible by construction.
    gap : (K,)
        (P − D)/P as the Gram matrix gives it, float64.
    steps : (K,)
        Newton steps taken.
    """

    beta: torch.Tensor
    alpha: torch.Tensor
    gap: torch.Tensor
    steps: torch.Tensor


def newton_in_span(
    gram: torch.Tensor,
    signs: torch.Tensor,
    costs: torch.Tensor,
    beta: torch.Tensor,
    limits: tuple[float, int],
    share: Callable[..., Any] = map,
) -> SpanPoint:
    """Minimise P(Xᵀβ) for K columns from `beta`.

    Parameters
    ----------
    gram : (n, n)
        Inner products of the rows, bias included.
    signs, costs : (K, n)
        Targets y and costs c = C·ω, in the dtype of `gram`.
    beta : (K, n)
        Start: zeros, or the solution at a neighbouring C.
    limits
        Relative gap that ends a column, and the most Newton steps.
    share
        Does something for every column, as ``map`` does.
    """
    tol, max_steps = limits
    accuracy = 1e-4 if gram.dtype == torch.float32 else 1e-12
    beta = beta.clone()
    scores = beta @ gram
    steps = torch.zeros(len(beta), dtype=torch.int64, device=gram.device)
    best = torch.full((len(beta),), torch.inf, dtype=torch.float64, device=gram.device)
    for step in range(max_steps + 1):
        # 5. Certificate: the dual point is β itself where it has the right sign.
        alpha = (signs * beta).clamp_(min=0)
        dual_scores = (signs * alpha) @ gram
        primal = primal_value((beta * scores).sum(1, dtype=torch.float64), scores, signs, costs)
        dual = dual_value((signs * alpha * dual_scores).sum(1, dtype=torch.float64), alpha, costs)
        gap = relative_gap(primal, dual)
        # A column that no longer gains has met the rounding of `gram`; it leaves as it is.
        improves = gap < best
        best = torch.minimum(best, gap)
        live = (gap > tol) & (improves | (step < 2) | (gap > 1e-4))
        if step == max_steps or not bool(live.any()):
            break
        # 6. The minimum for the active set of the day, in residual form: what float32 loses in
        #    one step, the next one corrects.
        active = (signs * scores < 1) & live[:, None]
        kept = torch.where(active, beta, torch.zeros_like(beta))
        residual = signs - kept @ gram - kept / (2 * costs)
        target = kept + _solve_active(gram, costs, active, residual, share)
        direction = torch.where(live[:, None], target - beta, torch.zeros_like(beta))
        # 7. Exact step there.
        direction_scores = direction @ gram
        curvature = (direction * direction_scores).sum(1, dtype=torch.float64)
        t = exact_step(
            scores,
            direction_scores,
            signs,
            costs,
            slope=(direction * scores).sum(1, dtype=torch.float64),
            curvature=curvature,
            accuracy=accuracy,
        )
        # A step that only moves β where K is zero changes nothing but α: it is taken whole.
        rounding = 16 * torch.finfo(gram.dtype).eps
        flat = curvature <= rounding * (beta * scores).sum(1, dtype=torch.float64)
        t = torch.where(flat, torch.ones_like(t), t)
        beta += t[:, None] * direction
        scores = beta @ gram
        steps += live
    return SpanPoint(beta, alpha, gap, steps)


def _solve_active(
    gram: torch.Tensor,
    costs: torch.Tensor,
    active: torch.Tensor,
    residual: torch.Tensor,
    share: Callable[..., Any],
) -> torch.Tensor:
    """Solve (K_AA + diag(1/2c_A)) x_A = r_A of each column by Cholesky; zero outside A."""
    solution = torch.zeros_like(residual)
    # A diagonal of a few roundings keeps the factor positive when 1/2c is far below them.
    ridge = 4 * torch.finfo(gram.dtype).eps * gram.diagonal().max()
    if bool((active == active[0]).all()) and bool((costs == costs[0]).all()):
        # From β = 0 every row is active in every column: one factor serves them all.
        rows = active[0].nonzero()[:, 0]
        factor = _factor(gram, rows, 0.5 / costs[0, rows], ridge)
        solution[:, rows] = torch.cholesky_solve(residual[:, rows].T.contiguous(), factor).T
        return solution

    def solve(column: int) -> None:
        rows = active[column].nonzero()[:, 0]
        if len(rows):
            factor = _factor(gram, rows, 0.5 / costs[column, rows], ridge)
            right = residual[column, rows][:, None]
            solution[column, rows] = torch.cholesky_solve(right, factor)[:, 0]

    list(share(solve, range(len(residual))))
    return solution


def _factor(
    gram: torch.Tensor, rows: torch.Tensor, diagonal: torch.Tensor, ridge: torch.Tensor
) -> torch.Tensor:
    """Cholesky factor of K over `rows` plus a diagonal and a ridge, raised where it must be."""
    matrix = gram.index_select(0, rows).index_select(1, rows)
    matrix.diagonal().add_(diagonal + ridge)
    for _ in range(8):
        factor: torch.Tensor
        factor, failed = torch.linalg.cholesky_ex(matrix)
        if not failed:
            return factor
        ridge = 100 * ridge
        matrix.diagonal().add_(ridge)
    raise DataError(
        f"inner products of the features reach {float(gram.diagonal().max()):.1e}, and no ridge "
        "makes their matrix positive: scale the features"
    )


def exact_step(
    scores: torch.Tensor,
    direction_scores: torch.Tensor,
    signs: torch.Tensor,
    costs: torch.Tensor,
    slope: torch.Tensor,
    curvature: torch.Tensor,
    accuracy: float,
) -> torch.Tensor:
    """Minimise φ(t) = P(w + t·p) of each column over t ≥ 0.

    Parameters
    ----------
    scores, direction_scores : (q, n)
        s = Xw and Xp of each column.
    signs, costs : (q, n)
        Targets y and costs c of the rows.
    slope, curvature : (q,)
        w·p and p·p.
    accuracy
        Stop when |φ'(t)| is this fraction of |φ'(0)|.

    Returns
    -------
    (q,)
        Steps in the dtype of `scores`; 0 where p does not descend.
    """
    slope, curvature = slope.double(), curvature.double()
    moved = signs * direction_scores
    left = 1 - signs * scores

    def derivatives(t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hinge = left - t.to(left.dtype)[:, None] * moved
        active = (hinge > 0) * costs * moved
        first = slope + t * curvature - 2 * (active * hinge).sum(1, dtype=torch.float64)
        second = curvature + 2 * (active * moved).sum(1, dtype=torch.float64)
        return first, second

    start, _ = derivatives(torch.zeros_like(slope))
    descends = (start < 0) & (curvature > 0)
    low = torch.zeros_like(slope)
    high = torch.full_like(slope, torch.inf)
    t = torch.ones_like(slope)
    for _ in range(_STEPS):
        first, second = derivatives(t)
        settled = (first.abs() <= accuracy * start.abs()) | ~descends
        if bool(settled.all()):
            break
        low = torch.where(first < 0, t, low)
        high = torch.where(first > 0, t, high)
        proposed = t - first / second.clamp(min=torch.finfo(torch.float64).tiny)
        # φ' is increasing and piecewise linear: Newton may leap over the root, never bisection.
        middle = torch.where(high.isinf(), 2 * t, (low + high) / 2)
        inside = (proposed > low) & (proposed < high)
        t = torch.where(settled, t, torch.where(inside, proposed, middle))
    return torch.where(descends, t, torch.zeros_like(t)).to(scores.dtype)
