"""`Matrix`: the features that probes take."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Matrix(Protocol):
    """Rows of features: anything with a shape, a dtype, slices of rows and rows by index array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """float16, float32 or float64."""
        ...

    def __getitem__(self, rows: Any) -> NDArray[np.floating]: ...
