"""Compiled loops over what is kept of one column: rows, steps, its matrix M (steps 2 and 12 to 14).

Every one runs without the GIL. Step numbers are those of docs/l2svm.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from dcgan_eval.probes.l2svm.kernels import FAST

_EIGENVALUE_FLOOR = 1e-6  # of the scaled Schur complement: two directions may be nearly one


@njit(nogil=True, cache=True, fastmath=FAST)
def inner(a: Any, b: Any) -> float:
    """Inner product of two vectors, summed in float64."""
    total = 0.0
    for i in range(len(a)):
        total += np.float64(a[i]) * np.float64(b[i])
    return total


@njit(nogil=True, cache=True, fastmath=FAST)
def hinges(s: Any, codes: Any, own: Any, costs: Any, twice_C: Any, h: Any, r: Any) -> Any:
    """14. h = max(0, 1 − y s) and r = 2c·y·h of a column, c = C·costs; Σ c h² and Σ 2c h.

    y is 1 where the row's code is `own`, else −1.
    """
    one, zero = s.dtype.type(1), s.dtype.type(0)
    loss, total = 0.0, 0.0
    for i in range(len(s)):
        y = one if codes[i] == own else -one
        left = max(zero, one - y * s[i])
        alpha = twice_C * costs[i] * left
        h[i] = left
        r[i] = y * alpha
        loss += np.float64(alpha * left)
        total += np.float64(alpha)
    return loss / 2, total


@njit(nogil=True, cache=True, fastmath=FAST)
def weighted(Q: Any, r: Any, costs: Any, twice_C: Any, out: Any) -> Any:
    """12. out = 2c·Q on the rows where r is not zero; Q outᵀ and Q·r in float64."""
    m, n = Q.shape
    for i in range(n):
        weight = twice_C * costs[i] if r[i] != 0 else r.dtype.type(0)
        for k in range(m):
            out[k, i] = weight * Q[k, i]
    square, pulled = np.empty((m, m)), np.empty(m)
    for k in range(m):
        pulled[k] = inner(Q[k], r)
        for l in range(k + 1):  # noqa: E741
            square[k, l] = square[l, k] = inner(Q[l], out[k])
    return square, pulled


@njit(nogil=True, cache=True, fastmath=FAST)
def _derivatives(t: Any, s: Any, q: Any, codes: Any, own: Any, costs: Any) -> Any:
    """Σ costs·(−y q)·h and Σ costs·q² over the rows with h > 0 at s + t q."""
    one, zero = s.dtype.type(1), s.dtype.type(0)
    first, second = 0.0, 0.0
    for start in range(0, len(s), 1024):  # float32 sums of short runs, added up in float64
        a, b = zero, zero
        for i in range(start, min(len(s), start + 1024)):
            y = one if codes[i] == own else -one
            h = one - y * (s[i] + t * q[i])
            push = costs[i] * q[i] if h > 0 else zero
            a -= push * y * h
            b += push * q[i]
        first += a
        second += b
    return first, second


@njit(nogil=True, cache=True)
def exact_step(
    s: Any, q: Any, codes: Any, own: Any, costs: Any, line: Any, accuracy: float
) -> float:
    """2. Minimise φ(t) = P(w + t·p) over t ≥ 0; 0 where p does not descend.

    s = Xw, q = Xp, `line` = (C, w·p, p·p); it ends where |φ'(t)| ≤ accuracy·|φ'(0)|.
    """
    C, slope, curvature = line
    kind = s.dtype.type
    first, second = _derivatives(kind(0), s, q, codes, own, costs)
    start = slope + 2 * C * first
    if not (start < 0 and curvature > 0):  # at the optimum a direction is rounding
        return 0.0
    low, high, t = 0.0, np.inf, 1.0
    for _ in range(60):  # bisection alone reaches rounding in so many; 3 to 6 are usual
        first, second = _derivatives(kind(t), s, q, codes, own, costs)
        change = slope + t * curvature + 2 * C * first
        if abs(change) <= accuracy * abs(start):
            break
        if change < 0:
            low = t
        else:
            high = t
        # φ' is increasing and piecewise linear: Newton may leap over the root, never bisection.
        proposed = t - change / max(curvature + 2 * C * second, 1e-300)
        if low < proposed < high:
            t = proposed
        elif high == np.inf:
            t *= 2
        else:
            t = (low + high) / 2
    return t


@njit(nogil=True, cache=True, fastmath=FAST)
def inners(P: Any, r: Any) -> Any:
    """P Pᵀ and P·r of a few directions, in float64."""
    m = len(P)
    lengths, slopes = np.empty((m, m)), np.empty(m)
    for k in range(m):
        slopes[k] = inner(P[k], r)
        for l in range(k + 1):  # noqa: E741
            lengths[k, l] = lengths[l, k] = inner(P[k], P[l])
    return lengths, slopes


@njit(nogil=True, cache=True)
def newton_step(L: Any, a: Any, G: Any, along: Any) -> Any:
    """13. θ and γ of one Newton step; G (1 + m, k) is Zᵀ of r and of the weighted directions.

    B = L Lᵀ by its Cholesky factor; `along` = (P Pᵀ, slopes, γ so far, Q outᵀ, Q·r) of the m
    directions, in float64.
    """
    lengths, slopes, shares, square, pulled = along
    m = len(shares)
    X = _solved(L, a, G)
    moved = np.zeros(m)
    if m > 0:
        schur, left = lengths + square, pulled - slopes
        scale = np.ones(m)
        for i in range(m):
            # A direction of no length has no curvature and no slope: any scale will do.
            if schur[i, i] > 0:
                scale[i] = 1 / np.sqrt(schur[i, i])
        for i in range(m):
            left[i] -= inner(lengths[i], shares) + inner(G[1 + i], X[0])
            for j in range(m):
                schur[i, j] = (schur[i, j] - inner(G[1 + i], X[1 + j])) * scale[i] * scale[j]
        values, vectors = np.linalg.eigh(schur)
        for i in range(m):
            height = inner(vectors[:, i], scale * left) / max(values[i], _EIGENVALUE_FLOOR)
            moved += height * scale * vectors[:, i]
        for i in range(m):
            X[0] -= a.dtype.type(moved[i]) * X[1 + i]
    return X[0], moved


@njit(nogil=True, cache=True, fastmath=FAST)
def _solved(L: Any, a: Any, G: Any) -> Any:
    """B⁻¹ (G[0] − a) and B⁻¹ G[1:] with B = L Lᵀ, (1 + m, k)."""
    X = G.copy()
    X[0] -= a
    for x in X:
        for i in range(len(a)):
            row, total = L[i], x[i]
            for j in range(i):
                total -= row[j] * x[j]
            x[i] = total / row[i]
        for i in range(len(a) - 1, -1, -1):
            row = L[i]
            x[i] /= row[i]
            for j in range(i):
                x[j] -= x[i] * row[j]
    return X


@njit(nogil=True, cache=True)
def best_of_cone(linear: Any, quadratic: Any) -> Any:
    """14. Maximise l·t − ½ t·Q t over t ≥ 0 for one or two points: on an edge, or between them."""
    m = len(linear)
    best, value = np.zeros(m), 0.0
    for i in range(m):
        if quadratic[i, i] > 0:
            gained = linear[i] * linear[i] / (2 * quadratic[i, i])
            if linear[i] > 0 and gained > value:
                best[:] = 0
                best[i], value = linear[i] / quadratic[i, i], gained
    if m == 2:
        (p, q), (_, r) = quadratic
        determinant = p * r - q * q
        if determinant > 1e-14 * p * r:
            s = (r * linear[0] - q * linear[1]) / determinant
            t = (p * linear[1] - q * linear[0]) / determinant
            gained = s * linear[0] + t * linear[1] - (p * s * s + 2 * q * s * t + r * t * t) / 2
            if s >= 0 and t >= 0 and gained > value:
                best[0], best[1], value = s, t, gained
    return best, value
