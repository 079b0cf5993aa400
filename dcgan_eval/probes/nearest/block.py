"""A block of samples made ready for the scan: repeats removed, tight clusters centred apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcgan_eval.core import DataError
from dcgan_eval.probes.nearest import bound, kernels

# Samples nearer to a leader than this share of their distance from the queries' centre are
# scanned relative to the leader; above it the scan tells them apart well enough (section 5).
_TIGHT = 1.0 / 32.0
_MISSES_BEFORE_STOP = 8


@dataclass(frozen=True)
class Frame:
    """Where the queries lie: centre c (float64), scale sigma, and the columns' checksum weights."""

    center: np.ndarray
    scale: float
    weights: np.ndarray


@dataclass(frozen=True)
class Block:
    """Distinct samples, runs of one pivot each, and what the scan needs of them.

    Attributes
    ----------
    rows, ids, labels
        The samples as they came, without repeats.
    factors : float32, (samples, columns + 1)
        w and a bound of |w|: the right-hand side of the product (step 3.5).
    lower : float32, (samples,)
        n' of step 3.6, to be added to the product.
    starts : int64, (runs + 1,)
        Run r is ``starts[r]:starts[r + 1]``.
    pivots : int64, (runs,)
        The sample that is the pivot of the run; -1 for the queries' centre.
    """

    rows: np.ndarray
    ids: np.ndarray
    labels: np.ndarray
    factors: np.ndarray
    lower: np.ndarray
    starts: np.ndarray
    pivots: np.ndarray


def prepare_block(rows: np.ndarray, ids: np.ndarray, labels: np.ndarray, frame: Frame) -> Block:
    """Check the samples, remove repeats, find tight clusters, centre and round to float32.

    Raises
    ------
    DataError
        When a sample is not finite or beyond 2^300.
    """
    keep = _distinct(rows, ids, frame)
    if len(keep) < len(rows):
        rows, ids, labels = rows[keep], ids[keep], labels[keep]
    count, columns = rows.shape
    factors = np.empty((count, columns + 1), dtype=np.float32)
    norms = np.empty(count)
    cross = np.empty(count)
    everyone = np.arange(count)
    nowhere = np.zeros(columns)
    kernels.center_rows(rows, everyone, frame.center, nowhere, frame.scale, factors, norms, cross)
    cluster, leaders = _tight_clusters(rows, norms / frame.scale**2)
    own = norms.copy()
    for number, leader in enumerate(leaders, start=1):
        members = np.flatnonzero(cluster == number)
        pivot = rows[leader].astype(np.float64)
        shift = (pivot - frame.center) * frame.scale
        kernels.center_rows(rows, members, pivot, shift, frame.scale, factors, norms, cross)
        with np.errstate(over="ignore", invalid="ignore"):  # step 3.2 sees to inf and NaN
            own[members] = norms[members] + 2.0 * np.linalg.norm(shift) * np.sqrt(norms[members])
    lower = _finish(factors, norms, cross, own)
    starts = np.searchsorted(np.sort(cluster), np.arange(len(leaders) + 2))
    pivots = np.array([-1, *leaders], dtype=np.int64)
    if leaders:
        order = np.argsort(cluster, kind="stable")
        place = np.empty(count, dtype=np.int64)
        place[order] = everyone
        pivots[1:] = place[pivots[1:]]
        rows, ids, labels = rows[order], ids[order], labels[order]
        factors, lower = factors[order], lower[order]
    filled = np.diff(starts) > 0
    return Block(
        rows,
        ids,
        labels,
        factors,
        lower,
        starts=np.append(starts[:-1][filled], count),
        pivots=pivots[filled],
    )


def _distinct(rows: np.ndarray, ids: np.ndarray, frame: Frame) -> np.ndarray:
    """Positions of the samples without exact repeats; of equal samples the lowest id stays."""
    sums = np.empty(len(rows))
    kernels.checksums(rows, frame.weights, bound.MAX_VALUE, sums)
    bad = np.flatnonzero(np.isnan(sums))
    if bad.size:
        worst = int(bad[np.argmin(ids[bad])])
        raise DataError(
            f"sample {int(ids[worst])} has a value that is not finite or beyond 2^300: "
            "samples must be finite, look at the generator"
        )
    keep = np.ones(len(rows), dtype=np.bool_)
    kernels.mark_repeats(rows, np.lexsort((ids, sums)), sums, keep)
    return np.flatnonzero(keep)


def _tight_clusters(rows: np.ndarray, squared_norms: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Number of each sample's cluster, 0 for none, and the leader of cluster 1, 2, ...

    k equal clusters of n samples cost a query k direct distances, and save it the n/k of the
    cluster that is nearest: clusters smaller than the square root of n are left alone.
    """
    smallest = np.sqrt(len(rows))
    cluster = np.zeros(len(rows), dtype=np.int64)
    leaders: list[int] = []
    limits = _TIGHT**2 * squared_norms
    free = np.ones(len(rows), dtype=np.bool_)
    near = np.empty(len(rows), dtype=np.bool_)
    misses = 0
    for leader in range(len(rows)):
        if misses == _MISSES_BEFORE_STOP:
            break
        if not free[leader]:
            continue
        if kernels.near_leader(rows, leader, limits, free, near) < smallest:
            misses += 1
            continue
        misses = 0
        leaders.append(leader)
        cluster[near] = len(leaders)
        free[near] = False
    return cluster, leaders


def _finish(
    factors: np.ndarray, norms: np.ndarray, cross: np.ndarray, own: np.ndarray
) -> np.ndarray:
    """Steps 3.5 and 3.6: write the bound of |w| beside w, and return n'."""
    columns = factors.shape[1] - 1
    wild = ~(own <= bound.MAX_SCALED_NORM**2)  # 3.2; inf and NaN are wild too
    norms, cross, own = (np.where(wild, 0.0, term) for term in (norms, cross, own))
    lengths = np.sqrt(norms) * bound.NORM_MARGIN
    factors[:, columns] = bound.round_up(lengths)
    tau = bound.underflow_margin(columns) * (columns + 1 + lengths)
    lower = norms + cross - bound.OWN_MARGIN * own - tau
    lower[wild] = -np.inf  # always decided directly
    factors[wild] = 0.0
    rounded: np.ndarray = lower.astype(np.float32)
    return rounded
