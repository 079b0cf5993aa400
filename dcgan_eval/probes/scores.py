"""Decision values as records keep them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_scores(
    values: NDArray[Any], classes: NDArray[np.integer], n_classes: int
) -> NDArray[np.float16] | None:
    """Decision values in half precision, a column for each class of the data.

    Parameters
    ----------
    values : array, (..., columns)
        A column for each class that was fitted; of two classes also the second one's alone, whose
        negative is the first one's.
    classes : integer array
        Classes that were fitted, ascending.
    n_classes
        Number of classes of the data.

    Returns
    -------
    float16 array, (..., n_classes), optional
        What is beyond the range of float16 is its end; a class that was not fitted has the lower
        end. None where a value is NaN.

    Raises
    ------
    ValueError
        Columns are not those of the classes.

    Examples
    --------
    >>> import numpy as np
    >>> as_scores(np.array([[0.5], [-1e6]]), np.array([0, 2]), 3)
    array([[-5.00e-01, -6.55e+04,  5.00e-01],
           [ 6.55e+04, -6.55e+04, -6.55e+04]], dtype=float16)
    """
    if np.isnan(values).any():
        return None
    if len(classes) == 2 and values.shape[-1] == 1:
        values = np.concatenate([-values, values], axis=-1)
    if values.shape[-1] != len(classes):
        raise ValueError(
            f"decision values in {values.shape[-1]} columns; expected one for each of the "
            f"{len(classes)} classes that were fitted"
        )
    ends = np.finfo(np.float16)
    scores = np.full((*values.shape[:-1], n_classes), ends.min, dtype=np.float16)
    scores[..., classes] = np.clip(values, ends.min, ends.max)
    return scores
