"""Columns that have left: what is handed out, and its certificate from X itself (step 17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.probes.l2svm.column import Column, Kept
from dcgan_eval.probes.l2svm.products import Vectors
from dcgan_eval.probes.l2svm.rows import Rows

_TOGETHER = 64  # columns in float64 at a time


@dataclass(eq=False)
class Landed(Kept):
    """A column that has left.

    Attributes
    ----------
    C, rung, passes
        As in `Column`.
    weights : (d + 1,)
        Weights and intercept, rounded as they are handed out.
    hinge : (n,)
        h of the dual point that proved the gap.
    """

    C: float
    rung: int
    passes: float
    weights: Vectors
    hinge: Vectors


def land(rows: Rows, columns: Sequence[Column]) -> list[Landed]:
    """What columns leave."""
    if not columns:
        return []
    k = rows.leading.U.shape[0]
    W = rows.leading.U.adjoint(np.stack([column.a[:k] for column in columns]))
    W += np.stack([column.r for column in columns])
    constant = np.stack([column.a[k:].sum(keepdims=True) for column in columns])
    W = np.concatenate([W, rows.problem.bias * constant], axis=1).astype(rows.problem.coef_dtype)
    return [
        Landed(column.target, column.C, column.rung, column.passes, w, column.best_hinge)
        for column, w in zip(columns, W, strict=True)
    ]


def verify(rows: Rows, landed: Sequence[Landed]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """17. P of the weights handed out, and the gap to D of the kept h, in float64."""
    X, bias = rows.exact(), rows.problem.bias
    primal, gap = np.empty(len(landed)), np.empty(len(landed))
    for start in range(0, len(landed), _TOGETHER):
        part = landed[start : start + _TOGETHER]
        W = np.stack([one.weights for one in part]).astype(np.float64)
        S = X.scores(np.ascontiguousarray(W[:, :-1])) + W[:, -1:]
        W[:, -1] /= bias if bias > 0 else 1
        R, P, D = np.empty_like(S), np.empty(len(part)), np.empty(len(part))
        for i, one in enumerate(part):
            costs = one.C * rows.costs(one.target.subset, one.target.problem)
            signs, hinge = one.target.signs, one.hinge.astype(np.float64)
            alpha = 2 * costs * hinge
            R[i] = signs * alpha
            D[i] = alpha.sum() - alpha @ hinge / 2
            P[i] = W[i] @ W[i] / 2 + costs @ np.maximum(0, 1 - signs * S[i]) ** 2
        V = X.adjoint(R)
        D -= (np.einsum("ij,ij->i", V, V) + (bias * R.sum(axis=1)) ** 2) / 2
        primal[start : start + len(part)] = P
        gap[start : start + len(part)] = np.maximum((P - D) / np.where(P > 0, P, 1), 0)
    return primal, gap


def returned(rows: Rows, landed: Sequence[Landed]) -> list[Column]:
    """Landed columns in flight again, their scores recomputed."""
    leading, bias = rows.leading, rows.problem.bias
    W = np.stack([one.weights for one in landed]).astype(rows.dtype)
    features = np.ascontiguousarray(W[:, :-1])
    scores = rows.X.scores(features) + W[:, -1:]
    a = leading.U.scores(features)
    rest = features + leading.U.adjoint(-a)
    if bias > 0:
        a = np.concatenate([a, W[:, -1:] / rows.dtype.type(bias)], axis=1)
    columns = []
    for one, at, r, s in zip(landed, a, rest, scores, strict=True):
        gram = np.zeros((leading.width, leading.width), rows.dtype)
        column = Column(one.target, one.C, one.rung, at, r, s, gram, np.zeros(len(s), np.bool_))
        column.passes, column.spawned = one.passes + 0.5, True
        columns.append(column)
    return columns
