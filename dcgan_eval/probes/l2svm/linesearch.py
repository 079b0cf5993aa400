"""The exact step along a direction (step 2): a scalar Newton method on a piecewise quadratic."""

from __future__ import annotations

import torch

_STEPS = 60  # bisection alone reaches float64 rounding in so many steps; 3 to 6 are usual


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
    descends = start < 0
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
