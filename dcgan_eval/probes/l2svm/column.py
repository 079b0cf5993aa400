"""A column in flight: one class on one subset at one C, and its certificate (step 14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.probes.l2svm import column_kernels as kernels
from dcgan_eval.probes.l2svm.products import Vectors
from dcgan_eval.probes.l2svm.rows import Target

_ROWS = 4096  # that are gathered at a time
_REBUILT = 0.6  # share of changed rows from which adding up anew is less work


def _none() -> Any:
    """Nothing yet."""
    return np.zeros(0)


@dataclass(eq=False)
class Kept:
    """What is written down of a target's column, by name."""

    target: Target

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything but the target."""
        names = [one.name for one in fields(self) if one.name != "target"]
        return {name: np.asarray(getattr(self, name)) for name in names}

    @classmethod
    def from_arrays(cls, target: Target, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What it was."""
        values: dict[str, Any] = {k: v if v.ndim else v.item() for k, v in arrays.items()}
        return cls(target, **values)


@dataclass(eq=False)
class Column(Kept):
    """What is kept of a column between two passes over X.

    Attributes
    ----------
    target, C
        What is solved.
    rung
        Place of C on the ladder.
    a : (k,)
        Leading coordinates of w, the intercept's included.
    r : (d,)
        The rest: w = aU + r, U·r = 0.
    scores : (n,)
        s = Xw, updated with w and not recomputed in flight.
    gram : (k, k)
        M = Σ ω z zᵀ over the rows of `active`; of no row at first.
    active : bool (n,)
    steps, step_scores : (m, d), (m, n)
        Directions of length one beside the leading ones, and X times them: the last step, and
        while it is taken the next one; m ≤ 2.
    birth, birth_scores : (d,), (n,)
        r of the column that this one was started from, and X times it; empty for the first rung.
    hinges, pulls : (p, n), (p, d + 1)
        The last p ≤ 2 dual points: h, and v = Xᵀ(2c y h) with its constant column.
    linear, quadratic : float64 (p,), (p, p)
        Σ α of each point; v·v' + Σ 2c h h' of each pair.
    best, best_hinge
        Largest dual value seen, and the h (n,) that gave it.
    gap
        (P − D)/P.
    passes
        Passes over X so far.
    spawned
        Whether the next rung was started from this column.
    """

    C: float
    rung: int
    a: Vectors
    r: Vectors
    scores: Vectors
    gram: Vectors
    active: NDArray[np.bool_]
    steps: Vectors = field(default_factory=_none)
    step_scores: Vectors = field(default_factory=_none)
    birth: Vectors = field(default_factory=_none)
    birth_scores: Vectors = field(default_factory=_none)
    hinges: Vectors = field(default_factory=_none)
    pulls: Vectors = field(default_factory=_none)
    linear: NDArray[np.float64] = field(default_factory=_none)
    quadratic: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    best: float = 0.0
    best_hinge: Vectors = field(default_factory=_none)
    gap: float = np.inf
    passes: float = 0.0
    spawned: bool = False

    def __post_init__(self) -> None:
        if not len(self.steps):
            self.steps = np.zeros((0, len(self.r)), self.r.dtype)
            self.step_scores = np.zeros((0, len(self.scores)), self.r.dtype)

    @property
    def costs(self) -> tuple[Vectors, np.floating[Any]]:
        """ω of the rows and 2C, in the dtype of the column: 2c is their product."""
        return self.target.costs, self.scores.dtype.type(2 * self.C)

    def refresh_gram(self, Z: Vectors, active: NDArray[np.bool_]) -> float:
        """12. Add and take off the rows that changed; their share of the active ones."""
        changed = np.flatnonzero(active != self.active)
        share = len(changed) / max(1, int(np.count_nonzero(active)))
        if share > _REBUILT:
            self.gram = np.zeros_like(self.gram)
            self._add_rows(Z, np.flatnonzero(active), np.add)
        else:
            added = active[changed]
            self._add_rows(Z, changed[added], np.add)
            self._add_rows(Z, changed[~added], np.subtract)
        self.active = active
        return share

    def _add_rows(self, Z: Vectors, rows: NDArray[np.intp], sign: np.ufunc) -> None:
        """Add Σ ω z zᵀ over some rows to M, or take it off; other columns may share the old M."""
        for start in range(0, len(rows), _ROWS):
            some = rows[start : start + _ROWS]
            part = Z[some]
            part *= np.sqrt(self.target.costs[some])[:, None]
            product = part.T @ part  # NumPy sees aᵀa and computes half of it
            self.gram = sign(self.gram, product, out=product)

    def dual_point(self, out: Vectors) -> tuple[Vectors, float, float]:
        """14. r = 2c y h into `out`; h, the loss Σ c h², and Σ 2c h."""
        hinge = np.empty_like(self.scores)
        target = self.target
        loss, total = kernels.hinges(self.scores, target.codes, target.own, *self.costs, hinge, out)
        return hinge, loss, total

    def certify(self, hinge: Vectors, pull: Vectors, loss: float, total: float) -> None:
        """14. The gap, by the best non-negative combination of this and the last dual point.

        A dual point is α = 2c·h with h ≥ 0, and any such combination is one again. The h are kept
        rather than α: a row of cost zero then needs no division.
        """
        primal = (kernels.inner(self.a, self.a) + kernels.inner(self.r, self.r)) / 2 + loss
        pairs = [(hinge, pull)]
        if len(self.hinges):
            pairs.append((self.hinges[0], self.pulls[0]))
        costs, twice_C = self.costs
        weighted = twice_C * costs * hinge
        row = [kernels.inner(h, weighted) + kernels.inner(v, pull) for h, v in pairs]
        quadratic = np.empty((len(row), len(row)))
        quadratic[1:, 1:] = self.quadratic[:1, :1]
        quadratic[0], quadratic[:, 0] = row, row
        self.hinges = np.stack([h for h, _ in pairs])
        self.pulls = np.stack([v for _, v in pairs])
        self.linear, self.quadratic = np.append(total, self.linear[:1]), quadratic
        shares, value = kernels.best_of_cone(self.linear, quadratic)
        if value > self.best or not len(self.best_hinge):
            self.best = value
            self.best_hinge = shares.astype(hinge.dtype) @ self.hinges
        self.gap = (primal - self.best) / primal if primal > 0 else 0.0
