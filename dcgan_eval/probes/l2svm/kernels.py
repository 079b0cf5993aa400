"""Compiled loops: products of a matrix with a few vectors (step 3 of docs/l2svm.md).

A BLAS multiplies a large matrix with ten vectors at a fifth of its rate, and cannot skip rows.
These loops hold 20 sums in registers and leave out the rows whose factor is zero. Every one runs
without the GIL, adds up in an order that the shapes alone decide, and takes float32 matrices for
float64 vectors, converted in registers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

GROUP = 128  # rows that are taken together: a strip of them stays within the second-level cache
_BLOCK, _STRIP = 32, 2048  # rows and columns between which the sums of `scores` are put down
# Sums may be reordered and fused, as vectors need; NaN and infinity stay what they are.
FAST = {"reassoc", "contract", "nsz", "arcp"}


@njit(nogil=True, cache=True, fastmath=FAST)
def _four_by_five(X: Any, W: Any, S: Any, at: Any, lo: int, hi: int) -> None:
    """Add to S[c…c+4, k…k+3] what columns lo…hi−1 of X's rows i…i+3 give; at = (i, k, c)."""
    i, k, c = at
    x0, x1, x2, x3 = X[i, lo:hi], X[i + 1, lo:hi], X[i + 2, lo:hi], X[i + 3, lo:hi]
    w0, w1, w2 = W[c, lo:hi], W[c + 1, lo:hi], W[c + 2, lo:hi]
    w3, w4 = W[c + 3, lo:hi], W[c + 4, lo:hi]
    zero = S.dtype.type(0)
    a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = c0 = c1 = zero
    c2 = c3 = d0 = d1 = d2 = d3 = e0 = e1 = e2 = e3 = zero
    for j in range(hi - lo):
        p0, p1, p2, p3 = x0[j], x1[j], x2[j], x3[j]
        w = w0[j]
        a0 += w * p0
        a1 += w * p1
        a2 += w * p2
        a3 += w * p3
        w = w1[j]
        b0 += w * p0
        b1 += w * p1
        b2 += w * p2
        b3 += w * p3
        w = w2[j]
        c0 += w * p0
        c1 += w * p1
        c2 += w * p2
        c3 += w * p3
        w = w3[j]
        d0 += w * p0
        d1 += w * p1
        d2 += w * p2
        d3 += w * p3
        w = w4[j]
        e0 += w * p0
        e1 += w * p1
        e2 += w * p2
        e3 += w * p3
    for v, sums in enumerate(
        ((a0, a1, a2, a3), (b0, b1, b2, b3), (c0, c1, c2, c3), (d0, d1, d2, d3), (e0, e1, e2, e3))
    ):
        for row in range(4):
            S[c + v, k + row] += sums[row]


@njit(nogil=True, cache=True, fastmath=FAST)
def _four_by_one(X: Any, W: Any, S: Any, at: Any, lo: int, hi: int) -> None:
    """The same of one column."""
    i, k, c = at
    x0, x1, x2, x3 = X[i, lo:hi], X[i + 1, lo:hi], X[i + 2, lo:hi], X[i + 3, lo:hi]
    w = W[c, lo:hi]
    a0 = a1 = a2 = a3 = S.dtype.type(0)
    for j in range(hi - lo):
        a0 += w[j] * x0[j]
        a1 += w[j] * x1[j]
        a2 += w[j] * x2[j]
        a3 += w[j] * x3[j]
    S[c, k] += a0
    S[c, k + 1] += a1
    S[c, k + 2] += a2
    S[c, k + 3] += a3


@njit(nogil=True, cache=True, fastmath=FAST)
def _one_by_one(X: Any, W: Any, S: Any, at: Any, lo: int, hi: int) -> None:
    """The same of one column and one row."""
    i, k, c = at
    x, w = X[i, lo:hi], W[c, lo:hi]
    a = S.dtype.type(0)
    for j in range(hi - lo):
        a += w[j] * x[j]
    S[c, k] += a


@njit(nogil=True, cache=True)
def add_scores(X: Any, W: Any, S: Any, start: int, stop: int, shift: int) -> None:
    """3. S[:, shift + i] += W x_i for rows start…stop−1: X (n, d), W (q, d), S (q, ≥ n).

    The same bits for any start that is a multiple of four.
    """
    d, q = X.shape[1], W.shape[0]
    fives = q - q % 5
    for first in range(start, stop, _BLOCK):
        last = min(stop, first + _BLOCK)
        fours = last - (last - first) % 4
        for lo in range(0, d, _STRIP):
            hi = min(d, lo + _STRIP)
            for c in range(0, fives, 5):
                for i in range(first, fours, 4):
                    _four_by_five(X, W, S, (i, i + shift, c), lo, hi)
            for c in range(fives, q):
                for i in range(first, fours, 4):
                    _four_by_one(X, W, S, (i, i + shift, c), lo, hi)
            for c in range(q):
                for i in range(fours, last):
                    _one_by_one(X, W, S, (i, i + shift, c), lo, hi)


@njit(nogil=True, cache=True)
def active_rows(R: Any, shift: int, n: int) -> Any:
    """Where R (q, ≥ n) is not zero among n rows from `shift`, group by group.

    Counts (groups, q) and places within the group (groups, q, GROUP).
    """
    q = len(R)
    groups = (n + GROUP - 1) // GROUP
    counts = np.zeros((groups, q), np.int64)
    places = np.zeros((groups, q, GROUP), np.uint8)
    for group in range(groups):
        first = group * GROUP
        for c in range(q):
            count, own = 0, places[group, c]
            for i in range(min(GROUP, n - first)):
                if R[c, shift + first + i] != 0:
                    own[count] = i
                    count += 1
            counts[group, c] = count
    return counts, places


@njit(nogil=True, cache=True, fastmath=FAST)
def _eight_rows(X: Any, r: Any, v: Any, first: int, places: Any, lo: int, hi: int) -> None:
    """Add Σ r_i x_i over eight rows of a group to columns lo…hi−1 of v."""
    x0, x1 = X[first + places[0], lo:hi], X[first + places[1], lo:hi]
    x2, x3 = X[first + places[2], lo:hi], X[first + places[3], lo:hi]
    x4, x5 = X[first + places[4], lo:hi], X[first + places[5], lo:hi]
    x6, x7 = X[first + places[6], lo:hi], X[first + places[7], lo:hi]
    r0, r1, r2, r3, r4, r5, r6, r7 = r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]
    u = v[lo:hi]
    for j in range(hi - lo):
        u[j] += (
            (r0 * x0[j] + r1 * x1[j]) + (r2 * x2[j] + r3 * x3[j])
        ) + ((r4 * x4[j] + r5 * x5[j]) + (r6 * x6[j] + r7 * x7[j]))  # fmt: skip


@njit(nogil=True, cache=True, fastmath=FAST)
def _eight_by_three(X: Any, R: Any, V: Any, at: Any, c: Any, lo: int, hi: int) -> None:
    """The same of X's rows i…i+7, R's k…k+7, in three columns; at = (i, k)."""
    i, k = at
    x0, x1, x2, x3 = X[i, lo:hi], X[i + 1, lo:hi], X[i + 2, lo:hi], X[i + 3, lo:hi]
    x4, x5, x6, x7 = X[i + 4, lo:hi], X[i + 5, lo:hi], X[i + 6, lo:hi], X[i + 7, lo:hi]
    r, s, t = R[c[0], k : k + 8], R[c[1], k : k + 8], R[c[2], k : k + 8]
    r0, r1, r2, r3, r4, r5, r6, r7 = r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]
    s0, s1, s2, s3, s4, s5, s6, s7 = s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
    t0, t1, t2, t3, t4, t5, t6, t7 = t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7]
    u, v, w = V[c[0], lo:hi], V[c[1], lo:hi], V[c[2], lo:hi]
    for j in range(hi - lo):
        p0, p1, p2, p3 = x0[j], x1[j], x2[j], x3[j]
        p4, p5, p6, p7 = x4[j], x5[j], x6[j], x7[j]
        u[j] += r0 * p0 + r1 * p1 + r2 * p2 + r3 * p3 + r4 * p4 + r5 * p5 + r6 * p6 + r7 * p7
        v[j] += s0 * p0 + s1 * p1 + s2 * p2 + s3 * p3 + s4 * p4 + s5 * p5 + s6 * p6 + s7 * p7
        w[j] += t0 * p0 + t1 * p1 + t2 * p2 + t3 * p3 + t4 * p4 + t5 * p5 + t6 * p6 + t7 * p7


@njit(nogil=True, cache=True)
def add_adjoint(X: Any, R: Any, V: Any, active: Any, shift: int, lo: int, hi: int) -> None:
    """3. V += R X in columns lo…hi−1, zeros of R left out: X (n, d), R (q, ≥ n), V (q, d).

    X's rows are R's from `shift`; `active` is what `active_rows` gives for them. Every number of V
    is a sum over the rows in one order, so how the columns are shared out changes nothing.
    """
    counts, places = active
    n, q = X.shape[0], R.shape[0]
    order = np.empty(q, np.int64)
    factors = np.zeros(8, R.dtype)
    for group in range((n + GROUP - 1) // GROUP):
        first = group * GROUP
        # Columns with many rows first: three of them share what is read of X.
        many, few = 0, q
        for c in range(q):
            if 5 * counts[group, c] > 2 * GROUP and first + GROUP <= n:
                order[many] = c
                many += 1
            else:
                few -= 1
                order[few] = c
        many -= many % 3
        for at in range(0, many, 3):
            for i in range(first, first + GROUP, 8):
                _eight_by_three(X, R, V, (i, i + shift), order[at : at + 3], lo, hi)
        for at in range(many, q):
            c = order[at]
            count, own = counts[group, c], places[group, c]
            for p in range(0, count, 8):
                for k in range(8):  # beyond the last row, the group's first one times zero
                    factors[k] = R[c, shift + first + own[p + k]] if p + k < count else 0
                _eight_rows(X, factors, V[c], first, own[p : p + 8], lo, hi)
