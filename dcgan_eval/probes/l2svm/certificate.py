"""The dual bound from the last few dual points (step 14).

A dual point is α = 2c·h with h ≥ 0; any non-negative combination of such h is one again, so the
best combination of the last few is a bound at the price of a 4 × 4 problem per column. The hinge
values h are kept rather than α: a row of cost zero then needs no division.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

CONE = 4  # points kept; 8 saved no pass
_SWEEPS = 60


@dataclass
class DualCone:
    """The last dual points of q columns and the best bound that they gave.

    Attributes
    ----------
    hinges : (q, CONE, n)
        h of each point.
    pulls : (q, CONE, width)
        v = Xᵀ(2c y h) of each point.
    linear : float64 (q, CONE)
        Σ α of each point.
    quadratic : float64 (q, CONE, CONE)
        v·v' + Σ 2c h h' of each pair; 1 on the diagonal of an empty place.
    best : float64 (q,)
        Largest dual value seen.
    best_hinge : (q, n)
        The h that gave it.
    """

    hinges: torch.Tensor
    pulls: torch.Tensor
    linear: torch.Tensor
    quadratic: torch.Tensor
    best: torch.Tensor
    best_hinge: torch.Tensor

    @classmethod
    def empty(cls, q: int, n: int, width: int, like: torch.Tensor) -> DualCone:
        """A cone of no points; its bound is D(0) = 0."""
        double = like.new_zeros((), dtype=torch.float64)
        return cls(
            hinges=like.new_zeros((q, CONE, n)),
            pulls=like.new_zeros((q, CONE, width)),
            linear=double.new_zeros((q, CONE)),
            quadratic=torch.eye(CONE).to(double).repeat(q, 1, 1),
            best=double.new_zeros(q),
            best_hinge=like.new_zeros((q, n)),
        )

    def add(self, hinge: torch.Tensor, pull: torch.Tensor, costs: torch.Tensor) -> None:
        """Take in one point a column, in place of the oldest, and improve the bound."""
        self.hinges = torch.cat([hinge[:, None], self.hinges[:, :-1]], 1)
        self.pulls = torch.cat([pull[:, None], self.pulls[:, :-1]], 1)
        weighted = 2 * costs * hinge
        # Inner products of long vectors are summed in float64: they nearly cancel in D.
        row = _inner(self.pulls, pull) + _inner(self.hinges, weighted)
        quadratic = torch.empty_like(self.quadratic)
        quadratic[:, 1:, 1:] = self.quadratic[:, :-1, :-1]
        quadratic[:, 0, :] = row
        quadratic[:, :, 0] = row
        self.quadratic = quadratic
        total = weighted.sum(1, dtype=torch.float64)[:, None]
        self.linear = torch.cat([total, self.linear[:, :-1]], 1)
        shares, value = _maximise(self.linear, self.quadratic)
        better = value > self.best
        if bool(better.any()):
            self.best = torch.where(better, value, self.best)
            mixed = (shares[better][:, :, None].to(hinge) * self.hinges[better]).sum(1)
            self.best_hinge[better] = mixed


def _inner(several: torch.Tensor, one: torch.Tensor) -> torch.Tensor:
    """Inner products (q, CONE) of (q, CONE, n) with (q, n), summed in float64."""
    return (several * one[:, None]).sum(2, dtype=torch.float64)


def _maximise(linear: torch.Tensor, quadratic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Maximise l·t − ½ t·Q t over t ≥ 0 of each column by coordinate ascent."""
    shares = torch.zeros_like(linear)
    # A zero diagonal is a point without losses: it has no slope either.
    diagonal = quadratic.diagonal(dim1=1, dim2=2)
    diagonal = torch.where(diagonal > 0, diagonal, torch.ones_like(diagonal))
    for _ in range(_SWEEPS):
        for i in range(linear.shape[1]):
            slope = linear[:, i] - (quadratic[:, i] * shares).sum(1)
            shares[:, i] = (shares[:, i] + slope / diagonal[:, i]).clamp_(min=0)
    value = (linear * shares).sum(1) - torch.einsum("qi,qij,qj->q", shares, quadratic, shares) / 2
    return shares, value
