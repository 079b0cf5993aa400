"""The problem: one class against the rest, squared hinge, weights of rows and classes (step 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import DataError, SettingsError
from dcgan_eval.probes.matrix import Matrix

ClassWeight = Mapping[Any, float] | Literal["balanced"] | None


@dataclass(frozen=True)
class OneVsRest:
    """Labels as K two-class problems; one column (positive class: the second) for two classes.

    Attributes
    ----------
    classes
        Sorted distinct labels.
    codes : int64 array, (n,)
        Index into `classes` of each row.
    sample_weight : float64 array, (n,), or None
    class_weight
        As in ``LinearSVC``: label → weight, ``"balanced"`` or None.
    """

    classes: NDArray[Any]
    codes: NDArray[np.int64]
    sample_weight: NDArray[np.float64] | None
    class_weight: ClassWeight

    @property
    def columns(self) -> int:
        """Number K of two-class problems."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    def usable(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows that count: those of weight zero are left out."""
        if self.sample_weight is None:
            return rows
        return rows[self.sample_weight[rows] > 0]

    def signs(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Targets y = ±1 of the K problems, (K, rows)."""
        if self.columns == 1:
            return np.where(self.codes[rows] == 1, 1.0, -1.0)[None, :]
        return np.where(self.codes[rows] == np.arange(self.columns)[:, None], 1.0, -1.0)

    def weights(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Weights ω of the rows in all problems, (K, rows)."""
        return np.stack([self.weight(rows, problem) for problem in range(self.columns)])

    def weight(self, rows: NDArray[np.int64], problem: int) -> NDArray[np.float64]:
        """Weights ω of the rows, (rows,), so that row i costs C·ω[i]·h² in a problem.

        As liblinear: with two classes both weights count; with more, the weight of a class counts
        in its own problem only, and the rest has weight one.
        """
        per_row = np.ones(len(rows)) if self.sample_weight is None else self.sample_weight[rows]
        if self.class_weight is None:
            return per_row
        per_class = self._class_weights(rows, per_row)
        if self.columns == 1:
            return per_row * per_class[self.codes[rows]]
        return per_row * np.where(self.codes[rows] == problem, per_class[problem], 1.0)

    def _class_weights(
        self, rows: NDArray[np.int64], per_row: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """One weight a class; "balanced" is inverse to the weighted frequency among `rows`."""
        if isinstance(self.class_weight, str):
            counts = np.bincount(self.codes[rows], per_row, minlength=len(self.classes))
            return np.asarray(counts.sum() / (len(self.classes) * counts))
        given = self.class_weight or {}
        return np.array([float(given.get(label, 1.0)) for label in self.classes])


@dataclass(frozen=True)
class Problem:
    """All that is to be solved: every C, class and subset of rows over one matrix.

    Attributes
    ----------
    X
        Features (n, d).
    targets
        Labels and weights.
    subsets
        Sorted rows of each subset, those of weight zero left out.
    Cs
        Ascending.
    bias
        Value of the constant column; 0 for none.
    tol
        Relative gap to reach.
    max_passes
        Budget of each column: passes over X, or Newton steps in the span.
    device, block_rows
        Where to compute, and how many rows are copied at a time where they must be.
    """

    X: Matrix
    targets: OneVsRest
    subsets: Sequence[NDArray[np.int64]]
    Cs: Sequence[float]
    bias: float
    tol: float
    max_passes: int
    device: str = "cpu"
    block_rows: int | None = None

    @property
    def coef_dtype(self) -> np.dtype[Any]:
        """Of the weights that are handed out."""
        return coef_dtype(self.X)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Subsets S, values of C J, two-class problems K."""
        return len(self.subsets), len(self.Cs), self.targets.columns


def coef_dtype(X: Matrix) -> np.dtype[Any]:
    """Weights are float64 for float64 and integer features, float32 for the others."""
    kind = np.dtype(X.dtype)
    return np.dtype(np.float32 if kind.kind == "f" and kind.itemsize < 8 else np.float64)


@dataclass
class Solution:
    """Solutions of all subsets at every C (ascending); of one subset without the first axis.

    Attributes
    ----------
    coef : (S, J, K, d)
    intercept : (S, J, K)
        In the dtype of `coef`, as they are handed out.
    objective, gap : float64 (S, J, K)
    passes : float64 (S, J, K)
        Passes over X, or Newton steps in the span.
    """

    coef: NDArray[np.floating]
    intercept: NDArray[np.floating]
    objective: NDArray[np.float64]
    gap: NDArray[np.float64]
    passes: NDArray[np.float64]

    @classmethod
    def empty(cls, problem: Problem) -> Solution:
        """Room for everything that is to be solved."""
        shape = problem.shape
        coef = np.empty((*shape, problem.X.shape[1]), problem.coef_dtype)
        return cls(coef, np.zeros(shape, coef.dtype), *(np.zeros(shape) for _ in range(3)))

    def put(self, subset: int, solution: Solution) -> None:
        """Write down that of one subset."""
        for name, values in vars(solution).items():
            getattr(self, name)[subset] = values


def check_problem(y: object, n: int, sample_weight: object, class_weight: ClassWeight) -> OneVsRest:
    """Labels and weights as a problem, or a DataError or SettingsError that says what is wrong."""
    labels = np.asarray(y)
    if labels.shape != (n,):
        raise DataError(f"labels of shape {labels.shape}: expected one per row, ({n},)")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise DataError("labels contain NaN or infinity: expected class labels")
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"labels have one class, {classes.tolist()}: expected at least 2 classes")
    weight = None
    if sample_weight is not None:
        weight = np.asarray(sample_weight, dtype=np.float64)
        if weight.ndim == 0:
            weight = np.full(n, float(weight))
        if weight.shape != (n,):
            raise DataError(f"sample_weight of shape {weight.shape}: expected one per row, ({n},)")
        if not (np.isfinite(weight).all() and (weight >= 0).all()):
            raise DataError("sample_weight has negative values, NaN or infinity: expected ≥ 0")
    _check_class_weight(class_weight, classes)
    return OneVsRest(classes, codes.astype(np.int64), weight, class_weight)


def _check_class_weight(class_weight: ClassWeight, classes: NDArray[Any]) -> None:
    """Refuse weights of unknown classes, and weights that are not positive."""
    if class_weight is None or class_weight == "balanced":
        return
    if not isinstance(class_weight, Mapping):
        raise SettingsError(
            f"class_weight={class_weight!r}: expected None, 'balanced' or a mapping label → weight"
        )
    unknown = [label for label in class_weight if label not in classes]
    if unknown:
        raise SettingsError(f"class_weight names {unknown[0]!r}, which is not among the labels")
    for label, weight in class_weight.items():
        if not (np.isfinite(weight) and weight > 0):
            raise SettingsError(f"class_weight of {label!r} is {weight}: expected a number > 0")


def check_subset(problem: OneVsRest, rows: NDArray[np.int64], number: int) -> None:
    """Refuse a subset that lacks a class: its one-against-the-rest problem would not exist."""
    counts = np.bincount(problem.codes[rows], minlength=len(problem.classes))
    if (counts == 0).any():
        lacking = problem.classes[counts == 0].tolist()
        raise DataError(
            f"subset {number} ({len(rows)} rows of positive weight) has none of class "
            f"'{lacking[0]}': expected at least one row of each class"
        )


def primal_value(
    squared_norm: torch.Tensor, scores: torch.Tensor, signs: torch.Tensor, costs: torch.Tensor
) -> torch.Tensor:
    """P = ½|w|² + Σ c·max(0, 1 − y s)² of each column, in float64."""
    hinge = (1 - signs * scores).clamp_(min=0)
    return squared_norm.double() / 2 + (costs * hinge * hinge).sum(1, dtype=torch.float64)


def dual_value(
    squared_norm: torch.Tensor, alpha: torch.Tensor, costs: torch.Tensor
) -> torch.Tensor:
    """D = Σ α − ½|Xᵀ(α y)|² − Σ α²/(4c) of each column, in float64; α ≥ 0."""
    quadratic = (alpha * alpha / (4 * costs)).sum(1, dtype=torch.float64)
    return alpha.sum(1, dtype=torch.float64) - squared_norm.double() / 2 - quadratic


def relative_gap(primal: torch.Tensor, dual: torch.Tensor) -> torch.Tensor:
    """(P − D)/P; P is positive unless nothing is to be lost, and then the gap is zero."""
    return torch.where(primal > 0, (primal - dual) / primal, torch.zeros_like(primal))
