"""The certificate of what has landed, from X itself in float64 (step 17)."""

from __future__ import annotations

import numpy as np
import torch

from dcgan_eval.probes.l2svm.columns import Landed
from dcgan_eval.probes.l2svm.problem import primal_value, relative_gap
from dcgan_eval.probes.l2svm.rows import RowBlocks
from dcgan_eval.probes.l2svm.span import SubsetSolution


def verify(
    reader: RowBlocks, landed: Landed, signs: torch.Tensor, costs: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Objective and gap of the weights as they are handed out, float64 (q,) each.

    Parameters
    ----------
    reader
        X for products in float64; it is read once.
    signs, costs : float64 (q, n); costs may be (q, 1)
    """
    weights, hinge = landed.weights.double(), landed.hinge.double()
    scores, pull = reader.scores_and_adjoint(weights, 2 * costs * hinge * signs)
    primal = primal_value((weights * weights).sum(1), scores, signs, costs)
    dual = (2 * costs * hinge - costs * hinge * hinge).sum(1) - (pull * pull).sum(1) / 2
    return primal, relative_gap(primal, dual).clamp(min=0)


def solutions(
    landed: Landed,
    primal: torch.Tensor,
    gap: torch.Tensor,
    shape: tuple[int, int, int],
    reader: RowBlocks,
) -> list[SubsetSolution]:
    """What landed, sorted by subset, C and class; `shape` counts each of them."""
    order = np.lexsort([t.cpu().numpy() for t in (landed.problem, landed.value, landed.subset)])
    kept = np.float64 if np.dtype(reader.X.dtype).itemsize == 8 else np.float32
    weights = landed.weights.cpu().numpy()[order].astype(kept, copy=False)
    coef = weights[:, : reader.d].reshape(*shape, reader.d)
    bias = weights[:, reader.d].astype(np.float64) if reader.bias > 0 else np.zeros(len(order))
    others = [t.cpu().numpy()[order].reshape(shape) for t in (primal, gap, landed.passes)]
    return [
        SubsetSolution(coef[s], bias.reshape(shape)[s], *(other[s] for other in others))
        for s in range(shape[0])
    ]
