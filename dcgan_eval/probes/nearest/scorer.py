"""``NearestNeighborScorer``: the nearest of any number of samples, for queries that are fixed."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np

from dcgan_eval.core import DataError, SettingsError, digest_arrays
from dcgan_eval.probes.nearest import bound, kernels
from dcgan_eval.probes.nearest.block import Frame, prepare_block
from dcgan_eval.probes.nearest.inputs import integers, matrix, native
from dcgan_eval.probes.nearest.scan import Best, DeviceScan, Queries, Scan, cpu_scan

_NO_ID = np.iinfo(np.int64).max


class Neighbors(NamedTuple):
    """The nearest sample of every query.

    Attributes
    ----------
    distances : ndarray of float64, (queries,)
        Euclidean.
    ids, labels : ndarray of int64, (queries,)
        Of the nearest sample; of several at the same distance, the one with the lowest id.
    """

    distances: np.ndarray
    ids: np.ndarray
    labels: np.ndarray


class NearestNeighborScorer:
    """Exact nearest neighbours (Euclidean) of fixed queries in a stream of labelled samples.

    A block of samples is searched and forgotten: memory is the queries and one block. The order
    is that of squared differences summed in float64 (in whole numbers where both sides are
    uint8), ties go to the lowest id, and the answer does not depend on the size or the order of
    the blocks, nor on threads or device. Why that is so: docs/nearest.md.

    Parameters
    ----------
    queries : array, (queries, columns)
        uint8, float16, float32 or float64; finite. Must not change while the scorer lives.
    block_rows : int
        Samples that are scanned at a time; memory and speed, never the answer.
    device : str
        ``"cpu"``, or a torch device for the products.
    threads : int, optional
        Threads on the CPU; as many as NumPy's BLAS has by default. While a block is searched
        NumPy's BLAS is held at one thread, so search from one Python thread of a process.

    Attributes
    ----------
    n_samples_seen_ : int
        Samples searched so far.

    Examples
    --------
    >>> import numpy as np
    >>> from dcgan_eval import NearestNeighborScorer
    >>> scorer = NearestNeighborScorer(np.array([[0.0, 0.0], [5.0, 5.0]]))
    >>> scorer = scorer.partial_fit([[1.0, 0.0], [4.0, 4.0]], labels=[0, 1])
    >>> scorer = scorer.partial_fit([[5.0, 5.0]], labels=[2])
    >>> found = scorer.neighbors()
    >>> found.labels.tolist(), found.ids.tolist(), found.distances.tolist()
    ([0, 2], [0, 2], [1.0, 0.0])
    """

    n_samples_seen_: int
    _next_id: int
    _numbers_itself: bool

    def __init__(
        self,
        queries: Any,
        *,
        block_rows: int = 2048,
        device: str = "cpu",
        threads: int | None = None,
    ) -> None:
        self.queries = queries
        self.block_rows = block_rows
        self.device = device
        self.threads = threads

    def partial_fit(self, samples: Any, labels: Any, ids: Any = None) -> NearestNeighborScorer:
        """Search a block of samples.

        Parameters
        ----------
        samples : array, (samples, columns)
            uint8 when the queries are uint8, else float16, float32 or float64, in the same units.
        labels : array of int, (samples,)
        ids : array of int, (samples,), optional
            One number for each sample of the whole stream, not negative. By default samples are
            numbered on from the highest so far.

        Returns
        -------
        self

        Raises
        ------
        DataError
            When the samples do not fit the queries, or one is not finite (its id is named).
        """
        self._begin()
        samples = matrix(samples, "samples")
        self._check_fit(samples)
        count = len(samples)
        labels = integers(labels, count, "labels")
        if ids is None:
            self._numbers_itself = True
            ids = np.arange(self._next_id, self._next_id + count)
        ids = integers(ids, count, "ids")
        if count and int(ids.min()) < 0:
            raise DataError(f"ids go down to {int(ids.min())}, they must not be negative")
        with self._scan() as scan:
            for start in range(0, count, self.block_rows):
                part = slice(start, start + self.block_rows)
                rows = native(samples[part])
                scan(prepare_block(rows, ids[part], labels[part], self._frame), self._best)
                self.n_samples_seen_ += len(rows)
                self._next_id = max(self._next_id, int(ids[part].max()) + 1)
        return self

    def neighbors(self) -> Neighbors:
        """Return the nearest of the samples seen so far, for every query.

        Raises
        ------
        DataError
            Before any sample.
        """
        self._begin()
        if self.n_samples_seen_ == 0:
            raise DataError("no samples have been searched yet: call partial_fit first")
        best = self._best
        return Neighbors(np.sqrt(best.squared), best.ids.copy(), best.labels.copy())

    def merge(self, other: NearestNeighborScorer) -> NearestNeighborScorer:
        """Take in what another scorer found for the same queries among samples with other ids.

        Raises
        ------
        DataError
            When the queries differ, or both scorers numbered their samples themselves, from 0.
        """
        self._begin()
        other._begin()
        if self._numbers_itself and other._numbers_itself:
            raise DataError(
                "both scorers numbered their samples from 0: give ids to partial_fit, so that "
                "each sample has a number of its own"
            )
        return self._absorb(other.state_dict())

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return all that ``load_state_dict`` needs, as arrays that ``np.savez`` writes."""
        self._begin()
        return {
            "squared": self._best.squared.copy(),
            "ids": self._best.ids.copy(),
            "labels": self._best.labels.copy(),
            "counts": np.array(
                [self.n_samples_seen_, self._next_id, self._numbers_itself], dtype=np.int64
            ),
            "queries": np.frombuffer(self._digest.encode("ascii"), dtype=np.uint8).copy(),
        }

    def load_state_dict(self, state: dict[str, np.ndarray]) -> NearestNeighborScorer:
        """Go on from a state; what this scorer had found before is forgotten.

        Raises
        ------
        DataError
            When the state was made with other queries.
        """
        self._begin()
        self._forget()
        return self._absorb(state)

    def _absorb(self, state: dict[str, np.ndarray]) -> NearestNeighborScorer:
        """Keep, for every query, the nearer of the own and the given neighbour."""
        self._begin()
        if bytes(state["queries"]) != self._digest.encode("ascii"):
            raise DataError(
                "the state belongs to other queries: give the queries (values, order and dtype) "
                "that it was made with"
            )
        best = self._best
        better = (state["squared"] < best.squared) | (
            (state["squared"] == best.squared) & (state["ids"] < best.ids)
        )
        best.squared[better] = state["squared"][better]
        best.ids[better] = state["ids"][better]
        best.labels[better] = state["labels"][better]
        seen, next_id, numbers_itself = (int(value) for value in state["counts"])
        self.n_samples_seen_ += seen
        self._next_id = max(self._next_id, next_id)
        self._numbers_itself |= bool(numbers_itself)
        return self

    def _scan(self) -> AbstractContextManager[Scan]:
        """The scan of one call."""
        if self._device is None:
            return cpu_scan(self._queries, self.threads)
        return nullcontext(self._device)

    def _begin(self) -> None:
        """Check the parameters and prepare the queries, once."""
        if hasattr(self, "n_samples_seen_"):
            return
        if self.block_rows < 1 or (self.threads is not None and self.threads < 1):
            raise SettingsError(
                f"block_rows is {self.block_rows} and threads is {self.threads}: "
                "both must be at least 1"
            )
        rows = matrix(self.queries, "queries")
        if rows.size == 0:
            raise DataError(f"queries have shape {rows.shape}: at least one value is needed")
        rows = native(rows)
        self._digest = digest_arrays([("queries", rows)])
        self._frame, self._queries = _frame_of(rows)
        self._device = None if self.device == "cpu" else DeviceScan(self._queries, self.device)
        self._forget()

    def _forget(self) -> None:
        """Start with no samples seen."""
        count = len(self._queries.rows)
        self._best = Best(
            squared=np.full(count, np.inf),
            ids=np.full(count, _NO_ID, dtype=np.int64),
            labels=np.full(count, -1, dtype=np.int64),
        )
        self._next_id = 0
        self._numbers_itself = False
        self.n_samples_seen_ = 0

    def _check_fit(self, samples: np.ndarray) -> None:
        """Samples must have the queries' columns and kind of numbers."""
        rows = self._queries.rows
        if samples.shape[1] != rows.shape[1]:
            raise DataError(
                f"samples have {samples.shape[1]} columns, the queries {rows.shape[1]}: "
                "bring both to the same image size and channels"
            )
        if (samples.dtype == np.uint8) != (rows.dtype == np.uint8):
            raise DataError(
                f"samples are {samples.dtype}, the queries {rows.dtype}: "
                "give both as uint8 or both as floats in the same units"
            )


def _frame_of(rows: np.ndarray) -> tuple[Frame, Queries]:
    """Steps 3.1 to 3.5 for the queries."""
    count, columns = rows.shape
    alpha = bound.product_margin(columns)
    weights = 1.0 + np.modf(np.arange(columns) * (np.sqrt(5.0) - 1.0) / 2.0)[0]
    sums = np.empty(count)
    kernels.checksums(rows, weights, bound.MAX_VALUE, sums)
    bad = np.flatnonzero(np.isnan(sums))
    if bad.size:
        raise DataError(
            f"query {int(bad[0])} has a value that is not finite or beyond 2^300: "
            "queries must be finite"
        )
    center = rows.mean(axis=0, dtype=np.float64)
    reach = np.maximum(center - rows.min(axis=0), rows.max(axis=0) - center)
    frame = Frame(center, bound.power_of_two_scale(float(reach.max())), weights)
    factors = np.empty((count, columns + 1), dtype=np.float32)
    norms = np.empty(count)
    kernels.center_rows(
        rows,
        np.arange(count),
        center,
        np.zeros(columns),
        frame.scale,
        factors,
        norms,
        np.empty(count),
    )
    factors[:, :columns] *= np.float32(-2.0)
    factors[:, columns] = -bound.round_up(alpha * np.sqrt(norms) * bound.NORM_MARGIN)
    own = norms / frame.scale**2
    return frame, Queries(rows, factors, own, frame.scale, kernels.summation_plan(columns))
