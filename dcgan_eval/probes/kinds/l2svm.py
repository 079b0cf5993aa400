"""The L2-SVM of the DCGAN paper: squared hinge, one class against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Indices, Progress, identity
from dcgan_eval.probes.grids import half_decades_around, half_decades_beyond
from dcgan_eval.probes.l2svm import l2svm_path, predict_memory
from dcgan_eval.probes.liblinear import liblinear_memory, liblinear_path
from dcgan_eval.probes.matrix import Matrix
from dcgan_eval.probes.probe import Fits, Predicted, Probe
from dcgan_eval.probes.scores import as_scores

# C·mean‖x‖² at the C that the authors' layers 1-4 on CIFAR-10 choose (C = 1e-4, ‖x‖² about 1e4).
_CENTRE = 1.0


class L2SVMProbe(Probe):
    """``probe: l2svm``.

    Attributes
    ----------
    solver
        ``l2svc`` (ours, certified), ``liblinear`` (the reference), ``auto`` = ``l2svc``.
    tol
        Relative duality gap of ``l2svc``; liblinear's own tolerance for ``liblinear``.
    """

    engine: ClassVar[int] = 2
    parameter: ClassVar[str] = "C"
    prefer: ClassVar[Literal["small", "large"]] = "small"

    kind: Literal["l2svm"] = identity("l2svm")
    solver: Literal["auto", "l2svc", "liblinear"] = identity("auto")
    tol: float = identity(1e-3, gt=0, lt=1)

    def auto_grid(self, X: Matrix, rows: Indices, fewest: int | None = None) -> tuple[float, ...]:
        """Seven half-decade steps around C = 1/mean‖x‖²."""
        return half_decades_around(X, rows, _CENTRE)

    def extend(self, grid: Sequence[float], upwards: bool) -> tuple[float, ...]:
        """Two half-decade steps beyond an end."""
        return half_decades_beyond(grid, upwards)

    def memory_bytes(
        self, rows: int, columns: int, n_classes: int, n_values: int, n_subsets: int
    ) -> int:
        """What the solver predicts."""
        if self.solver == "liblinear":
            return liblinear_memory(rows, columns)
        return predict_memory(
            rows, columns, n_classes, n_values, subset_sizes=[rows] * n_subsets, tol=self.tol
        )

    def predict_path(self, fits: Fits, *, device: str, progress: Progress) -> Predicted:
        """Solve all values and subsets together, predict by one read of each evaluation.

        What is scored is read once more, so that no more scores are held than are kept.
        """
        X, y, Cs, subsets = fits.X, fits.y, fits.values, fits.subsets
        if self.solver == "liblinear":
            path = liblinear_path(X, y, Cs, subsets=subsets, tol=self.tol, progress=progress)
        else:
            path = l2svm_path(
                X, y, Cs, subsets=subsets, tol=self.tol, device=device, progress=progress
            )
        predictions = tuple(
            path.predict(one.X, one.rows).astype(np.int16) for one in fits.evaluations
        )
        details: dict[str, Any] = {
            "worst_gap": float(path.gap.max()),
            "mean_passes": round(float(path.passes.mean()), 2),
        }
        scores: tuple[NDArray[np.float16] | None, ...] = ()
        if fits.scored:
            one = fits.evaluations[0]
            found = path.of_first(fits.scored).decision_function(one.X, one.rows)[:, 0]
            scores = tuple(as_scores(of, path.classes, fits.n_classes) for of in found)
        return Predicted(predictions, details, scores)


PROBE = L2SVMProbe
