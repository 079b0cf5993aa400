"""What a path leaves: weights, certificates, and scores of other rows for all columns at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError
from dcgan_eval.probes.l2svm.products import Products
from dcgan_eval.probes.l2svm.threads import single_threaded_workers
from dcgan_eval.probes.matrix import Matrix

_BLOCK_BYTES = 1 << 26  # scores of a block of rows, all columns


@dataclass(frozen=True)
class L2SVM:
    """One subset at one C.

    Attributes
    ----------
    C : float
    coef : (K, d)
        K is the number of classes, or 1 for two classes (positive: the second).
    intercept : (K,)
    objective, gap, passes : (K,)
        Primal objective; relative duality gap (P − D)/P, an upper bound of the relative
        suboptimality; passes over X (Newton steps when solved in the span).
    """

    C: float
    coef: NDArray[np.floating]
    intercept: NDArray[np.floating]
    objective: NDArray[np.float64]
    gap: NDArray[np.float64]
    passes: NDArray[np.float64]


@dataclass(frozen=True)
class L2SVMPath:
    """S subsets × J values of C × K one-against-the-rest problems.

    ``path[s, C]`` is one `L2SVM`; ``path[C]`` that of the only subset.

    Attributes
    ----------
    classes : (number of classes,)
    Cs : (J,)
        As asked for.
    coef : (S, J, K, d)
    intercept : (S, J, K)
    objective, gap, passes : (S, J, K)
    tol : float
    """

    classes: NDArray[Any]
    Cs: NDArray[np.float64]
    coef: NDArray[np.floating]
    intercept: NDArray[np.floating]
    objective: NDArray[np.float64]
    gap: NDArray[np.float64]
    passes: NDArray[np.float64]
    tol: float
    device: str = "cpu"

    def __getitem__(self, key: tuple[int, float] | float) -> L2SVM:
        """Subset and C, or C alone when there is one subset."""
        subset, C = key if isinstance(key, tuple) else (0, key)
        if not isinstance(key, tuple) and len(self.coef) > 1:
            raise KeyError(f"C={key}: this path has {len(self.coef)} subsets, give (subset, C)")
        at = np.flatnonzero(self.Cs == C)
        if not len(at):
            raise KeyError(f"C={C}: this path has {self.Cs.tolist()}")
        where = (subset, at[0])
        return L2SVM(
            float(C),
            self.coef[where],
            self.intercept[where],
            self.objective[where],
            self.gap[where],
            self.passes[where],
        )

    @property
    def certified(self) -> bool:
        """Whether every gap is within the tolerance."""
        return bool((self.gap <= self.tol).all())

    def of_first(self, subsets: int) -> L2SVMPath:
        """The path of the first subsets alone."""
        arrays = ("coef", "intercept", "objective", "gap", "passes")
        return replace(self, **{name: getattr(self, name)[:subsets] for name in arrays})

    def decision_function(
        self, X: Matrix, rows: NDArray[np.integer] | None = None
    ) -> NDArray[np.floating]:
        """Scores of some rows (None: all) in every column by one read: (S, J, rows, K)."""
        subsets, values, problems, _ = self.coef.shape
        n = X.shape[0] if rows is None else len(rows)
        out = np.empty((subsets, values, n, problems), dtype=self.coef.dtype)
        for start, stop, scores in self._blocks(X, rows):
            out[:, :, start:stop] = scores
        return out

    def predict(self, X: Matrix, rows: NDArray[np.integer] | None = None) -> NDArray[Any]:
        """Labels of some rows (None: all) in every subset and C by one read: (S, J, rows).

        The scores are never held for more than a block of rows.
        """
        n = X.shape[0] if rows is None else len(rows)
        out = np.empty((*self.coef.shape[:2], n), dtype=self.classes.dtype)
        for start, stop, scores in self._blocks(X, rows):
            if scores.shape[-1] == 1:
                codes = (scores[..., 0] > 0).astype(np.int64)
            else:
                codes = scores.argmax(-1)
            out[:, :, start:stop] = self.classes[codes]
        return out

    def score(
        self, X: Matrix, y: NDArray[Any], rows: NDArray[np.integer] | None = None
    ) -> NDArray[np.float64]:
        """Accuracy (0…1) in every subset and C; `y` belongs to `rows` (None: all): (S, J)."""
        labels = np.asarray(y)
        n = X.shape[0] if rows is None else len(rows)
        if labels.shape != (n,):
            raise DataError(f"labels of shape {labels.shape}: expected one per row, ({n},)")
        return np.asarray((self.predict(X, rows) == labels).mean(axis=-1), dtype=np.float64)

    def _blocks(
        self, X: Matrix, rows: NDArray[np.integer] | None
    ) -> Iterator[tuple[int, int, NDArray[np.floating]]]:
        """First row, last row + 1 and scores (S, J, rows, K) of one block after another."""
        subsets, values, problems, d = self.coef.shape
        if X.shape[1] != d:
            raise DataError(f"features have {X.shape[1]} columns: expected {d}, as fitted")
        columns = subsets * values * problems
        block_rows = max(1, _BLOCK_BYTES // (self.coef.dtype.itemsize * max(columns, d)))
        block_rows += -block_rows % 4  # the compiled loops take rows by four
        n = X.shape[0] if rows is None else len(rows)
        weights = self.coef.reshape(columns, d)
        shift = self.intercept.reshape(columns, 1)
        with single_threaded_workers() as workers:
            for start in range(0, n, block_rows):
                stop = min(start + block_rows, n)
                block = np.asarray(X[start:stop] if rows is None else X[rows[start:stop]])
                held = Products(block, workers, dtype=weights.dtype, device=self.device)
                scores = held.scores(weights) + shift
                bad = ~np.isfinite(scores).all(axis=0)
                if bad.any():
                    row = start + int(np.flatnonzero(bad)[0])
                    row = row if rows is None else int(rows[row])
                    raise DataError(
                        f"features of row {row} contain NaN or infinity: expected finite numbers"
                    )
                shaped = scores.T.reshape(-1, subsets, values, problems)
                yield start, stop, np.moveaxis(shaped, 0, 2)
