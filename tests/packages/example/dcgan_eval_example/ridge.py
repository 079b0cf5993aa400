"""Ridge regression on indicators of the classes, by scikit-learn."""

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from sklearn.linear_model import RidgeClassifier

from dcgan_eval.core import Indices, Progress, identity
from dcgan_eval.probes import Fits, Matrix, Predicted, Probe, mean_squared_norm

BLOCK_ROWS = 1024


class Ridge(Probe):
    """``probe: ridge``."""

    parameter: ClassVar[str] = "alpha"
    prefer: ClassVar[Literal["small", "large"]] = "large"

    kind: Literal["ridge"] = identity("ridge")

    def auto_grid(self, X: Matrix, rows: Indices, fewest: int | None = None) -> tuple[float, ...]:
        """Seven decades around the mean of ‖x‖²."""
        middle = round(math.log10(mean_squared_norm(X, rows) or 1.0))
        return tuple(10.0 ** (middle + step) for step in range(-3, 4))

    def extend(self, grid: Sequence[float], upwards: bool) -> tuple[float, ...]:
        """Two decades beyond an end."""
        return (10 * grid[-1], 100 * grid[-1]) if upwards else (grid[0] / 100, grid[0] / 10)

    def memory_bytes(
        self, rows: int, columns: int, n_classes: int, n_values: int, n_subsets: int
    ) -> int:
        """Rows as they are and centred, their products, the weights, a block to predict."""
        fitted = 2 * rows * columns + min(rows, columns) ** 2
        return 8 * (fitted + n_values * n_classes * columns + BLOCK_ROWS * columns)

    def predict_path(self, fits: Fits, *, device: str, progress: Progress) -> Predicted:
        """Fit one subset after the other, predict by one read of each evaluation."""
        shape = (len(fits.subsets), len(fits.values))
        predictions = tuple(np.empty((*shape, len(one)), np.int16) for one in fits.evaluations)
        with progress.task("ridge regression", len(fits.subsets), "subsets") as advance:
            for s, rows in enumerate(fits.subsets):
                X, y = fits.X[rows].astype(np.float64), fits.y[rows]
                models = [RidgeClassifier(alpha=alpha).fit(X, y) for alpha in fits.values]
                for one, out in zip(fits.evaluations, predictions, strict=True):
                    for at, block in one.blocks(BLOCK_ROWS):
                        out[s, :, at] = [model.predict(block) for model in models]
                advance(1)
        return Predicted(predictions)
