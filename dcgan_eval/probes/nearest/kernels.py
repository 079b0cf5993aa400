"""Compiled loops of the nearest-neighbour search; every one runs without the GIL.

Step numbers are those of docs/nearest.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

# NumPy sums a contiguous row in halves, down to runs of at most this many (pairwise summation).
_RUN = 128


def summation_plan(columns: int) -> np.ndarray:
    """Where the runs of NumPy's pairwise sum end, and how many sums are added up after each."""
    plan: list[list[int]] = []

    def split(start: int, count: int) -> None:
        if count <= _RUN:
            plan.append([start + count, 0])
            return
        half = count // 2
        half -= half % 8
        split(start, half)
        split(start + half, count - half)
        plan[-1][1] += 1

    split(0, columns)
    return np.array(plan, dtype=np.int64)


@njit(nogil=True, cache=True)
def _run_sum(values: Any) -> Any:
    """Sum of one run, in eight lanes as NumPy does."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    eights = values.shape[0] // 8
    for e in range(eights):
        s0 += values[8 * e]
        s1 += values[8 * e + 1]
        s2 += values[8 * e + 2]
        s3 += values[8 * e + 3]
        s4 += values[8 * e + 4]
        s5 += values[8 * e + 5]
        s6 += values[8 * e + 6]
        s7 += values[8 * e + 7]
    total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    for k in range(8 * eights, values.shape[0]):
        total += values[k]
    return total


@njit(nogil=True, cache=True)
def squared_distance(x: Any, y: Any, plan: Any, squares: Any, sums: Any) -> Any:
    """Squared differences summed in float64, in the order of ``np.sum`` on a contiguous row.

    ``squares`` (columns) and ``sums`` (64) are scratch.
    """
    for k in range(x.shape[0]):
        difference = np.float64(x[k]) - np.float64(y[k])
        squares[k] = difference * difference
    start = 0
    depth = 0
    for run in range(plan.shape[0]):
        stop = plan[run, 0]
        sums[depth] = _run_sum(squares[start:stop])
        start = stop
        for _ in range(plan[run, 1]):
            depth -= 1
            sums[depth] += sums[depth + 1]
        depth += 1
    return sums[0]


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def checksums(rows: Any, weights: Any, limit: float, sums: Any) -> None:
    """A weighted sum of each row; NaN where a value is not finite or beyond ``limit``."""
    for j in range(rows.shape[0]):
        total = 0.0
        largest = 0.0
        for k in range(rows.shape[1]):
            value = np.float64(rows[j, k])
            total += weights[k] * value
            largest += abs(value)
        sums[j] = total if largest <= limit else np.nan


@njit(nogil=True, cache=True)
def mark_repeats(rows: Any, order: Any, sums: Any, keep: Any) -> None:
    """Clear ``keep`` for rows equal to an earlier one; equal rows are neighbours in ``order``."""
    first = order[0]
    for position in range(1, order.shape[0]):
        j = order[position]
        if sums[j] == sums[first] and np.all(rows[j] == rows[first]):
            keep[j] = False
        else:
            first = j


@njit(nogil=True, cache=True)
def _scaled(value: Any, pivot: Any, scale: Any) -> Any:
    """One w of step 3.3; by itself, so that the loop's freedom to reorder does not reach it."""
    return (np.float64(value) - pivot) * scale


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def center_rows(
    rows: Any,
    members: Any,
    pivot: Any,
    shift: Any,
    scale: float,
    factors: Any,
    norms: Any,
    cross: Any,
) -> None:
    """Step 3.3: w = (y - pivot) * scale as float32, |w|^2 and 2 shift.w in float64."""
    for j in members:
        norm = 0.0
        product = 0.0
        for k in range(rows.shape[1]):
            w = _scaled(rows[j, k], pivot[k], scale)
            factors[j, k] = w
            norm += w * w
            product += shift[k] * w
        norms[j] = norm
        cross[j] = 2.0 * product


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def near_leader(rows: Any, leader: int, limits: Any, free: Any, near: Any) -> int:
    """Mark the free rows whose squared distance to the leader is at most their limit; count."""
    count = 0
    columns = rows.shape[1]
    for j in range(rows.shape[0]):
        near[j] = False
        if not free[j]:
            continue
        total = 0.0
        for start in range(0, columns, 64):
            for k in range(start, min(start + 64, columns)):
                d = np.float64(rows[j, k]) - np.float64(rows[leader, k])
                total += d * d
            if total > limits[j]:
                break
        if total <= limits[j]:
            near[j] = True
            count += 1
    return count


@njit(nogil=True, cache=True)
def _improve(
    i: int, squared: float, j: int, ids: Any, labels: Any, best: Any, best_id: Any, best_label: Any
) -> None:
    """Take sample j for query i when it is nearer, or as near with a lower id."""
    if squared < best[i] or (squared == best[i] and ids[j] < best_id[i]):
        best[i] = squared
        best_id[i] = ids[j]
        best_label[i] = labels[j]


@njit(nogil=True, cache=True)
def measure_pivots(
    queries: Any,
    first: int,
    rows: Any,
    plan: Any,
    ids: Any,
    labels: Any,
    pivots: Any,
    own: Any,
    origins: Any,
    best: Any,
    best_id: Any,
    best_label: Any,
) -> None:
    """Step 3.7: |x - p|^2 for each query of a tile and each group; a pivot is a candidate too."""
    squares = np.empty(rows.shape[1])
    sums = np.empty(64)
    for i in range(origins.shape[0]):
        for r in range(pivots.shape[0]):
            j = pivots[r]
            if j < 0:
                origins[i, r] = own[first + i]
            else:
                squared = squared_distance(queries[first + i], rows[j], plan, squares, sums)
                origins[i, r] = squared
                _improve(first + i, squared, j, ids, labels, best, best_id, best_label)


@njit(nogil=True, cache=True)
def _threshold(best: float, origin: float, margin: float, floor: float) -> Any:
    """Step 3.8, rounded up to float32: a bound above this is of a sample farther than the best."""
    limit = (best - origin) + (margin * (best + origin) + floor)
    return np.float32(limit + 2.0**-23 * abs(limit))


@njit(nogil=True, cache=True)
def _count_below(products: Any, lower: Any, threshold: Any) -> int:
    """How many bounds are not above the threshold; every pair of query and sample passes here."""
    count = 0
    for j in range(products.shape[0]):
        if products[j] + lower[j] <= threshold:
            count += 1
    return count


@njit(nogil=True, cache=True)
def _most_promising(products: Any, lower: Any) -> int:
    """Where the lowest bound is."""
    first = 0
    for j in range(1, products.shape[0]):
        if products[j] + lower[j] < products[first] + lower[first]:
            first = j
    return first


@njit(nogil=True, cache=True)
def settle(
    products: Any,
    lower: Any,
    which: Any,
    origins: Any,
    starts: Any,
    queries: Any,
    rows: Any,
    plan: Any,
    ids: Any,
    labels: Any,
    scale: float,
    margin: float,
    floor: float,
    best: Any,
    best_id: Any,
    best_label: Any,
) -> None:
    """Steps 4.1 to 4.3 for the queries ``which``, whose float32 products are given."""
    squares = np.empty(rows.shape[1])
    sums = np.empty(64)
    square = scale * scale
    for t in range(which.shape[0]):
        i = which[t]
        for r in range(starts.shape[0] - 1):
            start = starts[r]
            bounds = products[t, start : starts[r + 1]]
            own = lower[start : starts[r + 1]]
            origin = origins[t, r] * square
            threshold = _threshold(best[i] * square, origin, margin, floor)
            # 4.1 nothing here can be as near as the best
            if _count_below(bounds, own, threshold) == 0:
                continue
            # 4.2 decide the most promising sample first, so that the threshold falls
            first = _most_promising(bounds, own)
            squared = squared_distance(queries[i], rows[start + first], plan, squares, sums)
            _improve(i, squared, start + first, ids, labels, best, best_id, best_label)
            threshold = _threshold(best[i] * square, origin, margin, floor)
            # 4.3 and then every other that may still be as near
            for j in range(bounds.shape[0]):
                if bounds[j] + own[j] <= threshold and j != first:
                    squared = squared_distance(queries[i], rows[start + j], plan, squares, sums)
                    _improve(i, squared, start + j, ids, labels, best, best_id, best_label)
                    threshold = _threshold(best[i] * square, origin, margin, floor)
